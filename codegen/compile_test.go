package codegen_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// compile compiles a spec that must be fine.
func compile(t *testing.T, file string, src []byte) *codegen.Output {
	t.Helper()
	return compileAs(t, file, src, "v0")
}

// compileAs compiles as a version of nngen does.
func compileAs(t *testing.T, file string, src []byte, version string) *codegen.Output {
	t.Helper()
	s, problems := spec.Parse(file, src, op.Schema())
	if problems.Err() != nil {
		t.Fatalf("%s: %v", file, problems)
	}
	out, problems := codegen.Compile(s, os.DirFS(filepath.Dir(file)),
		codegen.Options{ImportPath: "example.com/" + s.Name, Version: version})
	if problems.Err() != nil {
		t.Fatalf("%s: %v", file, problems)
	}
	return out
}

// TestEveryKindHasAGolden shows for each kind of layer what becomes of its first case: the graph of a
// training step, the forward pass for one example, the gradient. NNGEN_UPDATE=1 writes what the
// compiler gives; that it computes the right thing is what codegen/verify tests.
func TestEveryKindHasAGolden(t *testing.T) {
	for _, d := range op.All() {
		t.Run(d.Kind.Name, func(t *testing.T) {
			file := filepath.Join("..", "testdata", "op", d.Kind.Name+".txtar")
			src := caseSpec(d)
			s, problems := spec.Parse(d.Kind.Name+".yaml", []byte(src), op.Schema())
			if problems.Err() != nil {
				t.Fatal(problems)
			}
			out, problems := codegen.Compile(s, os.DirFS("."), codegen.Options{ImportPath: "example.com/m",
				Runtime: "example.com/nnrt"})
			if problems.Err() != nil {
				t.Fatal(problems)
			}
			got := &txtar.Archive{Comment: []byte(d.Kind.Doc + "\n"), Files: []txtar.File{
				{Name: "spec.yaml", Data: []byte(src)},
				{Name: "want:ir", Data: []byte(out.Step.String())},
				{Name: "want:forward.go", Data: function(t, out.Files["forward.go"], "func (m *Model) forward1(")},
				{Name: "want:gradient.go", Data: function(t, out.Files["mtrain/gradient.go"], "func (t *Trainer) gradient(")},
			}}
			text := txtar.Format(got)
			if os.Getenv("NNGEN_UPDATE") != "" {
				if err := os.WriteFile(file, text, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v; NNGEN_UPDATE=1 writes it", err)
			}
			if diff := cmp.Diff(string(want), string(text)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
}

// caseSpec returns the text of a network around the first case of a kind.
func caseSpec(d *op.Def) string {
	c := d.Cases[0]
	var b strings.Builder
	b.WriteString("version: 1\nname: m\ntask: regression\ninputs:\n")
	var from []string
	for j, s := range c.In {
		dims := make([]string, len(s))
		for k, e := range s {
			dims[k] = fmt.Sprint(e)
		}
		fmt.Fprintf(&b, "  - {name: in%d, shape: [%s]}\n", j, strings.Join(dims, ", "))
		from = append(from, fmt.Sprintf("in%d", j))
	}
	from, fronts := c.Fronts(from)
	fmt.Fprintf(&b, "layers:\n%s  - %s: {%s}\n  - flatten\n  - output: {name: out, units: 2}\n", fronts,
		d.Kind.Name, c.Keys("it", from))
	return b.String()
}

// function returns the lines of a function of a file.
func function(t *testing.T, src []byte, head string) []byte {
	t.Helper()
	start := bytes.Index(src, []byte(head))
	if start < 0 {
		t.Fatalf("no %s in\n%s", head, src)
	}
	end := bytes.Index(src[start:], []byte("\n}\n"))
	return src[start : start+end+3]
}

func TestTheSameSpecGivesTheSameBytes(t *testing.T) {
	for _, file := range models(t) {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		a, b := compile(t, file, src), compile(t, file, src)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(a.Files)), slices.Sorted(maps.Keys(b.Files))); diff != "" {
			t.Errorf("%s: other files:\n%s", file, diff)
		}
		for name := range a.Files {
			if !bytes.Equal(a.Files[name], b.Files[name]) {
				t.Errorf("%s: %s differs from one compilation to the next", file, name)
			}
		}
	}
}

// TestGeneratedLinesAreShort bounds the lines of what is written for a network; copies of the runtime
// are as their authors have them.
func TestGeneratedLinesAreShort(t *testing.T) {
	for _, file := range models(t) {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range compile(t, file, src).Files {
			if strings.HasPrefix(name, "internal/") {
				continue
			}
			for i, line := range strings.Split(string(text), "\n") {
				if n := len([]rune(line)); n > 120 {
					t.Errorf("%s: %s:%d has %d characters:\n%s", file, name, i+1, n, line)
				}
			}
		}
	}
}

// TestAChangeOfTheTrainingTouchesFewFiles changes the epochs of each model, and nothing else.
func TestAChangeOfTheTrainingTouchesFewFiles(t *testing.T) {
	epochs := regexp.MustCompile(`\bepochs: [0-9]+`)
	for _, file := range models(t) {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		changed := epochs.ReplaceAll(src, []byte("epochs: 12345"))
		if bytes.Equal(src, changed) {
			t.Errorf("%s: no epochs", file)
			continue
		}
		before, after := compile(t, file, src).Files, compile(t, file, changed).Files
		var touched []string
		for name := range after {
			if !bytes.Equal(before[name], after[name]) {
				touched = append(touched, name)
			}
		}
		if slices.Sort(touched); len(touched) == 0 || len(touched) > 3 {
			t.Errorf("%s: other epochs touch %q, want one to three files", file, touched)
		}
	}
}

// TestHeadersStayOnOneLine compiles with the version of a commit that has no tag.
func TestHeadersStayOnOneLine(t *testing.T) {
	header := regexp.MustCompile(`^// Code generated .* DO NOT EDIT\.$`)
	for _, file := range models(t) {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range compileAs(t, file, src, "v0.0.0-20261123235959-0123456789ab+incompatible.dirty").Files {
			if line, _, _ := strings.Cut(string(text), "\n"); !strings.HasSuffix(name, ".safetensors") &&
				!header.MatchString(line) {
				t.Errorf("%s: %s begins with %q", file, name, line)
			}
		}
	}
}

func models(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../generated/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no models: %v", err)
	}
	return files
}

// TestBatchNormCostsNothingInPredictions shows the forward pass of a convolution, a batch norm and a rectifier: one
// call.
func TestBatchNormCostsNothingInPredictions(t *testing.T) {
	out := compile(t, "m.yaml", []byte("version: 1\nname: m\ntask: regression\ninput: {shape: [6, 6, 3]}\nlayers:\n"+
		"  - conv2d: {name: conv, filters: 8, kernel_size: 3, use_bias: false}\n  - batch_norm: {name: norm}\n"+
		"  - relu: {name: act}\n  - flatten\n  - output: {units: 2}\n"))
	want := `func (m *Model) forward1(x *[InputSize]float32, y *[OutputSize]float32, a *workspace1) {
	// conv: 6×6×3 → 4×4×8, relu
	conv.ForwardPacked(1, &convGeometry, a.s1[:], x[:], m.normW[:], gemm.BiasAct(m.normB[:], gemm.ReLU))

	// output1: 128 → 2
	m.output1Layer.Apply(a.s1[:], y[:])
}
`
	if diff := cmp.Diff(want, string(function(t, out.Files["forward.go"], "func (m *Model) forward1("))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLayersCalledLikeGradientsAreNone compiles networks whose layers or blocks begin with what values of gradients are
// called by.
func TestLayersCalledLikeGradientsAreNone(t *testing.T) {
	for _, layer := range []string{
		"dense: {name: d, units: 3}",
		"bidirectional: {name: d, layer: {gru: {units: 3, return_sequences: true}}}",
		"conv1d: {name: d, filters: 3, kernel_size: 3, activation: prelu}",
		"multi_head_attention: {name: d, num_heads: 1, key_dim: 2}",
		"d: {name: d, repeat: 1}",
	} {
		out := compile(t, "m.yaml", []byte("version: 1\nname: m\ntask: regression\ninput: {shape: [6, 4]}\n"+
			"blocks: {d: [{dense: {name: h, units: 3}}]}\nlayers:\n  - "+layer+"\n  - flatten\n  - output: {units: 2}\n"))
		if b := out.Files["forward.go"]; bytes.Contains(b, []byte("gradient")) {
			t.Errorf("%s: forward.go speaks of a gradient:\n%s", layer, b)
		}
	}
}
