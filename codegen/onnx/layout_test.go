package onnx

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/spec"
)

// firsts imports a file with its channels first.
func firsts(t *testing.T, file []byte) *Result {
	t.Helper()
	r, err := Import(file, Options{Name: "model", Layout: spec.ChannelsFirst})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// keepsChannels tells whether an import has an input with its channels first.
func keepsChannels(r *Result) bool {
	return slices.ContainsFunc(r.Net.Spec.Inputs, func(in spec.Input) bool { return in.Layout == spec.ChannelsFirst })
}

// outputsOf runs the network of an import on rows that lie as the model has them.
func outputsOf(r *Result, x Array) (all [][]float64) {
	n := x.Shape[0]
	network := ref.New(r.Net, 0)
	network.Params = r.Params
	pass := network.Forward(ref.Batch{N: n, Inputs: [][]float64{r.Inputs[0].moved(x, n)}}, false, 0)
	for _, o := range r.Net.Outputs {
		all = append(all, pass.Values[o.Layer].Data)
	}
	return all
}

// TestChannelsFirstKeepsTheModelsRows imports each model of images or sequences with its channels first: it takes the
// rows of the file as they are, gives the stored outputs, and on them the bits of the network that has them last, with
// the same weights.
func TestChannelsFirstKeepsTheModelsRows(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(fixtures, "*_16.onnx"))
	images, sequences, several := 0, 0, 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, last := firsts(t, b), imported(t, file)
		if !keepsChannels(r) {
			if !bytes.Equal(r.Spec, last.Spec) ||
				!strings.Contains(strings.Join(r.Remarks, "\n"), "--layout channels_first changes nothing") {
				t.Errorf("%s has no channels first, but with the layout it becomes\n%s%s", file, r.Spec, r.Remarks)
			}
			continue
		}
		base := strings.TrimSuffix(file, "_16.onnx")
		x := readNPY(t, base+".x.npy")
		if got := r.Net.Inputs[0].Shape; !slices.Equal(got, x.Shape[1:]) || r.Inputs[0].Moved != "" ||
			!slices.Equal(r.Inputs[0].moved(x, x.Shape[0]), x.Data) {
			t.Errorf("%s: rows of %v are moved for an input of %s", file, x.Shape, got)
		}
		if last.Inputs[0].Moved != "" { // of one channel no number moves
			several++
		}
		if told := strings.Join(last.Report, "\n"); last.Inputs[0].Moved != "" &&
			!strings.Contains(told, "--layout channels_first keeps the model's") {
			t.Errorf("%s: the report does not name the flag:\n%s", file, told)
		}
		switch len(x.Shape) {
		case 4:
			images++
		case 3:
			sequences++
		}
		var want []Array
		for i := range r.Outputs {
			want = append(want, readNPY(t, base+".y"+strconv.Itoa(i)+".npy"))
		}
		differences, scales, err := r.Check([]Array{x}, want)
		if err != nil {
			t.Fatal(file, err)
		}
		for i, d := range differences {
			if !(d <= 2e-6*max(1, scales[i])) {
				t.Errorf("%s: output %d is off by %g of %g", file, i, d, scales[i])
			}
		}
		for i, p := range r.Net.Params {
			if q := last.Net.Params[i]; p.Name != q.Name || !slices.Equal(r.Params[p], last.Params[q]) {
				t.Errorf("%s: %s has other numbers than %s of the other layout", file, p.Name, q.Name)
			}
		}
		mine, others := outputsOf(r, x), outputsOf(last, x)
		for i := range mine {
			if !slices.Equal(mine[i], others[i]) {
				t.Errorf("%s: output %d has other bits than with channels last", file, i)
			}
		}
	}
	if images < 4 || sequences < 1 || several < 2 {
		t.Errorf("%d models of images and %d of sequences, %d of several channels", images, sequences, several)
	}
}

const firstSpec = `version: 1
name: first
input: {name: x, shape: [3, 5, 4], layout: channels_first}
preprocess: [standardize]
task: regression
layers:
  - conv2d: {name: c, filters: 2, kernel_size: 3, activation: relu}
  - flatten: {name: f}
  - output: {name: y, units: 2}
`

// TestExportsTakeChannelsFirst: the file takes rows as the network does, with no transposition before its convolution,
// and is the same network again by the text that it holds. By its nodes alone it is one of the same bits in either
// layout, numbers for each pixel among them, and numbers go back into it.
func TestExportsTakeChannelsFirst(t *testing.T) {
	s, problems := spec.Parse("first.yaml", []byte(firstSpec), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	network, list := net.Build(s, nil)
	if list.Err() != nil {
		t.Fatal(list)
	}
	weights := ref.New(network, 1)
	for _, p := range network.Params {
		for i := range weights.Params[p] {
			weights.Params[p][i] = float64(float32(0.5 + math.Sin(float64(3*i+len(p.Name)))/4))
		}
	}
	file, err := Export(network, weights.Params, ExportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	var dims []int64
	for _, d := range m.Graph.Inputs[0].Dims[1:] {
		dims = append(dims, d.Size)
	}
	if !slices.Equal(dims, []int64{3, 5, 4}) {
		t.Errorf("the file takes %v", dims)
	}
	for _, n := range m.Graph.Nodes {
		if n.Op == "Conv" {
			break
		}
		if n.Op == "Transpose" {
			t.Errorf("%s moves what a convolution could read as it is", n)
		}
	}
	x := Array{Shape: []int{3, 3, 5, 4}}
	for i := range 3 * 60 {
		x.Data = append(x.Data, math.Cos(float64(i*i)))
	}
	want := weights.Forward(ref.Batch{N: 3, Inputs: [][]float64{x.Data}}, false, 0).Values[network.Outputs[0].Layer].Data

	own := again(t, file)
	if !strings.Contains(string(own.Spec), "input: {name: x, shape: [3, 5, 4], layout: channels_first}") {
		t.Errorf("the file tells the spec\n%s", own.Spec)
	}
	bare := bytes.Replace(file, []byte(originKey), []byte("nngen.sourcx"), 1)
	first, last := firsts(t, bare), again(t, bare)
	turned, err := Import(file, Options{Name: "model", Layout: spec.ChannelsLast})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(turned.Remarks, layoutRemark) {
		t.Errorf("remarks %q do not tell that the layout of the spec is not kept", turned.Remarks)
	}
	for _, r := range []*Result{own, first, last, turned} {
		if kept := r == own || r == first; kept != keepsChannels(r) {
			t.Errorf("channels are kept first: %v, want %v\n%s", !kept, kept, r.Spec)
		}
		if got := outputsOf(r, x)[0]; !slices.Equal(got, want) {
			t.Errorf("outputs %v, want %v\n%s", got, want, r.Spec)
		}
	}

	params := disturbed(first)
	changed, err := Into(bare, first.Net, params, Options{Name: "model"})
	if err != nil {
		t.Fatal(err)
	}
	back := firsts(t, changed)
	for i, p := range back.Net.Params {
		for k, v := range back.Params[p] {
			if w := params[first.Net.Params[i]][k]; math.Abs(v-w) > 1e-6*max(1, math.Abs(w)) {
				t.Fatalf("%s[%d] is %g, want %g", p.Name, k, v, w)
			}
		}
	}
}

// TestKerasKeepsChannelsFirst: so does a configuration of Keras whose layers have them there.
func TestKerasKeepsChannelsFirst(t *testing.T) {
	b, err := os.ReadFile("../../testdata/keras/channels_first_3.json")
	if err != nil {
		t.Fatal(err)
	}
	last, err := Keras(b, "model", "")
	if err != nil {
		t.Fatal(err)
	}
	first, err := Keras(b, "model", spec.ChannelsFirst)
	if err != nil {
		t.Fatal(err)
	}
	in := first.Net.Spec.Inputs[0]
	if in.Layout != spec.ChannelsFirst || !slices.Equal(in.LayersShape(), last.Net.Spec.Inputs[0].Shape) {
		t.Errorf("input %v of layout %s, and %v with channels last", in.Shape, in.Layout, last.Net.Spec.Inputs[0].Shape)
	}
	if a, b := len(first.Net.Layers), len(last.Net.Layers); a != b+1 {
		t.Errorf("%d layers, and %d with channels last", a, b)
	}
}
