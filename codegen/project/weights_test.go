package project

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/weights"
	"github.com/nngen/nngen/runtime/safetensors"
)

// TestWeightsKnowFiles edits what a spec names after its weights were written: what a file means counts, not its name,
// its ends of lines or its spaces.
func TestWeightsKnowFiles(t *testing.T) {
	const masked = `version: 1
name: net
input: {name: x, shape: [2]}
task: regression
layers: [dense: {units: 3, sparsity: {mask: {file: FILE}}}, output]
`
	const words = `version: 1
name: net
input: {name: x, shape: [2], tokens: {vocabulary: FILE}}
task: regression
layers: [embedding: {output_dim: 2}, flatten, output]
`
	for _, c := range []struct {
		name, spec, file, old, new string
		same                       bool
	}{
		{"mask as it was", masked, "m.csv", "0,1,1\n1,0,1\n", "0,1,1\n1,0,1\n", true},
		{"mask with spaces", masked, "m.csv", "0,1,1\n1,0,1\n", "0, 1, 1\r\n1, 0, 1", true},
		{"mask of another name", masked, "n.csv", "0,1,1\n1,0,1\n", "0,1,1\n1,0,1\n", true},
		{"edited mask", masked, "m.csv", "0,1,1\n1,0,1\n", "1,0,1\n0,1,1\n", false}, // of as many connections
		{"words as they were", words, "m.csv", "a\nb\nc\n", "a\nb\nc\n", true},
		{"words with other ends of lines", words, "m.csv", "a\nb\nc\n", "a\r\nb\r\nc", true},
		{"words of another file", words, "n.csv", "a\nb\nc\n", "a\nb\nc\n", true},
		{"sorted words", words, "m.csv", "a\nb\nc\n", "c\nb\na\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "net")
			write(t, dir, "go.mod", "module example.com/net\n\ngo 1.24\n")
			write(t, dir, "net.yaml", strings.ReplaceAll(c.spec, "FILE", "m.csv"))
			write(t, dir, "m.csv", c.old)
			p := open(t, dir)
			network, err := p.Network()
			if err != nil {
				t.Fatal(err)
			}
			save := func(sum string) { write(t, dir, output.Weights, string(weightsFor(t, network, sum))) }
			save(network.ModelSum())

			write(t, dir, "net.yaml", strings.ReplaceAll(c.spec, "FILE", c.file))
			write(t, dir, c.file, c.new)
			p = open(t, dir)
			kept, err := p.weights()
			if err != nil {
				t.Fatal(err)
			}
			if (kept != nil) != c.same {
				t.Errorf("weights kept: %t, want %t", kept != nil, c.same)
			}
			if notes := fmt.Sprint(p.Notes); c.same != (len(p.Notes) == 0) || !c.same &&
				!strings.Contains(notes, "or what m.csv holds") {
				t.Errorf("notes: %s", notes)
			}

			save(p.Spec.ModelSum(nil)) // that of a version which took the name for the file
			p = open(t, dir)
			if kept, err = p.weights(); err != nil || kept != nil {
				t.Fatalf("weights of an older version are kept: %t, error %v", kept != nil, err)
			}
			if notes := fmt.Sprint(p.Notes); !strings.Contains(notes, "did not note what "+c.file+" held") {
				t.Errorf("notes on older weights: %s", notes)
			}
		})
	}
}

func open(t *testing.T, dir string) *Project {
	t.Helper()
	p, err := Open(filepath.Join(dir, "net.yaml"), "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// weightsFor returns a file of zeros for a network, with a checksum.
func weightsFor(t *testing.T, network *net.Net, sum string) []byte {
	t.Helper()
	var tensors []safetensors.Tensor
	for _, q := range network.Params {
		tensors = append(tensors, safetensors.Tensor{Name: q.Name, Shape: q.Shape, Data: make([]float32, q.Size())})
	}
	b, err := safetensors.Encode(map[string]string{"spec": sum}, tensors)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestConstantsOfTheSpecAreThoseOfTheFile has a file of weights whose scale is not that of the spec.
func TestConstantsOfTheSpecAreThoseOfTheFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "net")
	write(t, dir, "go.mod", "module example.com/net\n\ngo 1.24\n")
	write(t, dir, "net.yaml",
		"version: 1\nname: net\ninput: {name: x, shape: [2]}\npreprocess: [{rescale: {scale: 0.1}}, standardize]\n"+
			"task: regression\nlayers: [output]\n")
	network, err := open(t, dir).Network()
	if err != nil {
		t.Fatal(err)
	}
	for _, scale := range []float32{0.1, 0.2} {
		var tensors []safetensors.Tensor
		for _, q := range network.Params {
			x := make([]float32, q.Size())
			if q.Name == "x.rescale.scale" {
				x[0], x[1] = 0.1, scale
			}
			tensors = append(tensors, safetensors.Tensor{Name: q.Name, Shape: q.Shape, Data: x})
		}
		b, err := safetensors.Encode(map[string]string{"spec": network.ModelSum()}, tensors)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Tensors(network, b)
		if want := `tensor "x.rescale.scale" is a constant of the spec, but its element 1 is 0.2 there, want 0.1`; (scale == 0.1) != (err == nil) || err != nil && err.Error() != want {
			t.Errorf("with a scale of %v: %v", scale, err)
		}
	}
}

// TestNumbersThatAreNotFiniteAreNamed has weights that no prediction comes of.
func TestNumbersThatAreNotFiniteAreNamed(t *testing.T) {
	for _, bad := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
		dir := filepath.Join(t.TempDir(), "net")
		write(t, dir, "go.mod", "module example.com/net\n\ngo 1.24\n")
		write(t, dir, "net.yaml",
			"version: 1\nname: net\ninput: {shape: [3]}\ntask: regression\n"+
				"layers: [dense: {name: h, units: 2}, output: {name: y}]\n")
		p := open(t, dir)
		network, err := p.Network()
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, output.Weights, string(weightsFor(t, network, network.ModelSum())))
		b, err := p.weights()
		if err != nil {
			t.Fatal(err)
		}
		data, err := Tensors(network, b)
		if err != nil {
			t.Fatal(err)
		}
		name := network.Params[0].Name
		data[name][4] = float32(bad)
		if b, err = WithTensors(network, b, data); err != nil {
			t.Fatal(err)
		}
		write(t, dir, output.Weights, string(b))
		want := fmt.Sprintf("tensor %q of shape 3×2 holds %v at element 4", name, bad)
		for door, try := range map[string]func(p *Project) error{
			"compile": func(p *Project) error { return p.Write(nil, "") },
			"export":  func(p *Project) error { _, err := p.ONNX(ONNXOptions{}); return err },
		} {
			if err := try(open(t, dir)); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", door, err, want)
			}
		}
		good := filepath.Join(dir, "good.safetensors")
		write(t, dir, "good.safetensors", string(weightsFor(t, network, network.ModelSum())))
		if _, err := open(t, dir).ImportWeights(good, weights.Options{}); err != nil {
			t.Errorf("import in place of %v: %v", bad, err)
		}
		file := filepath.Join(dir, "bad.safetensors")
		write(t, dir, "bad.safetensors", string(b))
		if _, err := open(t, dir).ImportWeights(file, weights.Options{}); err == nil ||
			!strings.HasPrefix(err.Error(), file+": "+want) {
			t.Errorf("import: %v, want %s: %s", err, file, want)
		}
	}
}

// TestWeightsOutliveAGuard takes out of a spec what a training fits beside the layers, and puts it in: what the layers
// know stays in the package, or is said to be had by a training that begins with it; files of either are imported.
func TestWeightsOutliveAGuard(t *testing.T) {
	const plain = "version: 1\nname: net\ninput: {name: x, shape: [2]}\npreprocess: [standardize]\ntask: regression\n" +
		"layers: [dense: 3, output]\n"
	const guarded = plain + "generate: {guard: true}\n"
	const interval = "version: 1\nname: net\ninput: {name: x, shape: [2]}\npreprocess: [standardize]\ntask: regression\n" +
		"layers: [dense: 3, output: {interval: 0.8765}]\n"
	for _, c := range []struct{ was, is, note, refusal string }{
		{interval, plain, "left out output1.interval, which the spec no longer asks for", ""},
		{interval, guarded, "these weights lack what a training fits for generate: {guard: true}, and nothing else",
			"nothing gives guard.low"},
		{guarded, plain, "left out guard.high, guard.limit, guard.low, and 3 more, which the spec no longer asks for", ""},
		{plain, guarded, "these weights lack what a training fits for generate: {guard: true}, and nothing else",
			"nothing gives guard.low, guard.high, guard.mean, guard.whiten, guard.limit, guard.rate: the file lacks it"},
	} {
		dir := filepath.Join(t.TempDir(), "net")
		write(t, dir, "go.mod", "module example.com/net\n\ngo 1.24\n")
		write(t, dir, "net.yaml", c.was)
		p := open(t, dir)
		before, err := p.Network()
		if err != nil {
			t.Fatal(err)
		}
		b := weightsFor(t, before, before.ModelSum())
		meta := map[string]string{}
		if SetBesides(meta, before); c.was == interval { // else the checksum alone tells
			if b, err = WithFitted(before, b, nil, meta); err != nil {
				t.Fatal(err)
			}
		}
		write(t, dir, output.Weights, string(b))
		write(t, dir, "net.yaml", c.is)
		p = open(t, dir)
		network, err := p.Network()
		if err != nil {
			t.Fatal(err)
		}
		kept, err := p.weights()
		if err != nil || len(p.Notes) != 1 || !strings.Contains(p.Notes[0], c.note) {
			t.Errorf("%q, %v, want %q", p.Notes, err, c.note)
		}
		f, err := weights.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		r, err := weights.Match(network, f, weights.Options{})
		if c.refusal != "" {
			if kept != nil || err == nil || !strings.HasPrefix(err.Error(), c.refusal) {
				t.Errorf("%v, want %q", err, c.refusal)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := Tensors(network, kept)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range network.Params {
			if !slices.Equal(data[q.Name], r.Params[q.Name]) {
				t.Errorf("%s: %v in the package, imported %v", q.Name, data[q.Name], r.Params[q.Name])
			}
		}
	}
}
