package onnx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// tiny returns a model y = f(x) of nodes over x, n×4, with constants.
func tiny(nodes []*Node, constants ...*Tensor) *Model {
	return &Model{Opsets: map[string]int64{"": 17}, Graph: &Graph{
		Nodes:        nodes,
		Initializers: constants,
		Inputs: []*Port{{Name: "x", Type: 1, Kind: "tensor", Has: true,
			Dims: []Dim{{Name: "n"}, {Size: 4, Fixed: true}}}},
		Outputs: []*Port{{Name: "y", Type: 1, Kind: "tensor", Has: true}},
	}}
}

func floats(name string, dims []int64, data ...float32) *Tensor {
	return &Tensor{Name: name, Type: 1, Dims: dims, Floats: data}
}

func int64s(name string, data ...int64) *Tensor {
	return &Tensor{Name: name, Type: 7, Dims: []int64{int64(len(data))}, Int64s: data}
}

func apply(op, name, in, out string, attrs ...*Attr) *Node {
	return &Node{Op: op, Name: name, In: strings.Fields(in), Out: strings.Fields(out), Attrs: attrs}
}

// TestOutputsInAnotherOrderAreTold: those of the network are in the order of its layers.
func TestOutputsInAnotherOrderAreTold(t *testing.T) {
	for outputs, told := range map[string]bool{"r m v": true, "v r m": false} {
		m := tiny([]*Node{apply("MatMul", "a", "x w", "e"), apply("Relu", "b", "e", "h"), apply("MatMul", "c", "h w", "m"),
			apply("MatMul", "d", "h u", "v"), apply("MatMul", "f", "m w", "s"), apply("Sigmoid", "g", "s", "r")},
			floats("w", []int64{4, 4}, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7),
			floats("u", []int64{4, 2}, 1, 2, 3, 4, 5, 6, 7, 8))
		m.Graph.Outputs = nil
		for _, name := range strings.Fields(outputs) {
			m.Graph.Outputs = append(m.Graph.Outputs, &Port{Name: name, Type: 1, Kind: "tensor", Has: true})
		}
		r, err := m.imported(Options{Name: "m"})
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		for _, o := range r.Net.Outputs {
			order = append(order, o.Name)
		}
		const line = "the outputs of the network are in the order v, r, m; the model's are r, m, v"
		if slices.Contains(r.Remarks, line) != told {
			t.Errorf("outputs %s, in the network %q: remarks %q", outputs, order, r.Remarks)
		}
	}
}

// TestAProductOverTheBatchOfAFileIsExplained has a vector made of all examples, where the file fixes how many these are.
func TestAProductOverTheBatchOfAFileIsExplained(t *testing.T) {
	for batch, want := range map[int64]string{
		1: `MatMul "d", opset 17, reads n·4, constant[4 2]: the product sums over the batch; hint: with a batch of 1 its ` +
			`axis cannot be told from others: export the model with two or more examples, or with dynamic_axes`,
		2: `the product sums over the batch; hint: export the model without it, or take it out of the graph`,
	} {
		m := tiny([]*Node{apply("Reshape", "a", "x s", "h"), apply("MatMul", "d", "h w", "y")},
			int64s("s", -1), floats("w", []int64{4 * batch, 2}, make([]float32, 8*batch)...))
		m.Graph.Inputs[0].Dims = []Dim{{Size: batch, Fixed: true}, {Size: 4, Fixed: true}}
		if _, err := m.imported(Options{Name: "m"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a batch of %d: error %v, want %q", batch, err, want)
		}
	}
}

// TestRefusalsNameEveryNode wants one error for all nodes that can't be imported, each with its operator, opset, name,
// shapes, attribute and advice.
func TestRefusalsNameEveryNode(t *testing.T) {
	_, err := tiny([]*Node{
		apply("Einsum", "e", "x w", "a", &Attr{Name: "equation", S: "ii,jk"}),
		apply("Relu", "between", "a", "b"),
		apply("Scan", "t", "b k", "c d"),
		apply("Normalizer", "n", "x", "s", &Attr{Name: "norm", S: "L1"}),
		apply("Pad", "p", "x pads", "q", &Attr{Name: "mode", S: "mirror"}),
		apply("Concat", "j", "c s q", "y", &Attr{Name: "axis", I: 1}),
	}, floats("w", []int64{4, 1}, 1, 2, 3, 4), int64s("k", 1), int64s("pads", 0, 1, 0, 1)).imported(Options{Name: "m"})
	var u *Unsupported
	if !errors.As(err, &u) || len(u.Nodes) != 4 {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{
		`Einsum "e", opset 17, reads n×4, constant[4 1]: equation: "ii,jk" has a label twice in a term, which takes a diagonal; hint: write it as products of two values`,
		`Scan "t", opset 17: no layer does what this operator does; hint: a spec has no loops: export with the loop unrolled`,
		`Normalizer "n", opset 17, reads n×4: no layer does what this operator does; hint: export the model without it`,
		`Pad "p", opset 17, reads n×4, constant[4]: mode "mirror"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
	var e *NodeError
	if !errors.As(u.Nodes[3], &e) || e.Operator != "Pad" || e.Name != "p" || e.Opset != 17 || e.Attribute != "mode" ||
		e.Shapes == "" || e.Advice == "" {
		t.Errorf("%#v", e)
	}
}

// TestDirectionsOfRecurrentOperatorsAreChecked, and that weights are of as many.
func TestDirectionsOfRecurrentOperatorsAreChecked(t *testing.T) {
	for _, c := range []struct {
		direction, activation string
		dirs                  int64
		want                  string
	}{
		{"sideways", "Relu", 1, `direction "sideways": it is forward, reverse or bidirectional`},
		{"sideways", "Tanh", 1, `direction "sideways"`},
		{"forward", "Tanh", 2, "weights [2 2 4], [2 2 2] for 2 units and an input of 3×n×4, forward"},
		{"bidirectional", "Relu", 1, "weights [1 2 4]"},
	} {
		m := tiny([]*Node{apply("RNN", "r", "x w v", "y", &Attr{Name: "direction", S: c.direction},
			&Attr{Name: "activations", Strings: slices.Repeat([]string{c.activation}, max(1, int(c.dirs)))},
			&Attr{Name: "hidden_size", I: 2})},
			floats("w", []int64{c.dirs, 2, 4}, make([]float32, 8*c.dirs)...),
			floats("v", []int64{c.dirs, 2, 2}, make([]float32, 4*c.dirs)...))
		m.Graph.Inputs[0].Dims = []Dim{{Size: 3, Fixed: true}, {Name: "n"}, {Size: 4, Fixed: true}}
		if _, err := m.imported(Options{Name: "m"}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v", c, err)
		}
	}
}

// TestLengthsThatTheFileFixesAreRefused: they are those of the examples of the export. As long as the input they are
// none.
func TestLengthsThatTheFileFixesAreRefused(t *testing.T) {
	for _, lengths := range [][]int64{{3, 3}, {3, 2}} {
		m := tiny([]*Node{apply("RNN", "r", "x w v  l", "y", &Attr{Name: "hidden_size", I: 2})},
			floats("w", []int64{1, 2, 4}, make([]float32, 8)...), floats("v", []int64{1, 2, 2}, make([]float32, 4)...),
			&Tensor{Name: "l", Type: 6, Dims: []int64{2}, Int32s: lengths})
		m.Graph.Nodes[0].In = []string{"x", "w", "v", "", "l"}
		m.Graph.Inputs[0].Dims = []Dim{{Size: 3, Fixed: true}, {Size: 2, Fixed: true}, {Size: 4, Fixed: true}}
		_, err := m.imported(Options{Name: "m"})
		want := "sequence_lens: [3 2], constants, for 3 steps: lengths that a file fixes are those of the examples of " +
			"its export"
		if lengths[1] == 3 && err != nil || lengths[1] == 2 && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("lengths %v: error %v", lengths, err)
		}
	}
}

// TestRefusalsNameTheOpsetOfTheirDomain, whether the file writes the domain of ONNX's own operators out or not.
func TestRefusalsNameTheOpsetOfTheirDomain(t *testing.T) {
	m := tiny([]*Node{{Op: "SVMClassifier", Domain: mlDomain, Name: "b", In: []string{"x"}, Out: []string{"h"}},
		{Op: "Hardmax", Domain: "ai.onnx", Name: "m", In: []string{"x"}, Out: []string{"k"}},
		apply("Concat", "j", "h k", "y", &Attr{Name: "axis", I: 1})})
	m.Opsets[mlDomain] = 2
	_, err := m.imported(Options{Name: "m"})
	for _, want := range []string{`ai.onnx.ml.SVMClassifier "b", opset 2`, `Hardmax "m", opset 17`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// TestRefusals holds what can't be said in a spec, each in words.
func TestRefusals(t *testing.T) {
	one, w := floats("one", nil, 1), floats("w", []int64{4, 2}, 1, 2, 3, 4, 5, 6, 7, 8)
	for _, c := range []struct {
		want  string
		nodes []*Node
		more  []*Tensor
	}{
		{"Loop", []*Node{apply("Loop", "l", "x", "y")}, nil},
		{"parts of a date are columns of a spec", []*Node{apply("Tan", "f", "x", "y")}, nil},
		{"floats are divided by one constant", []*Node{apply("Mod", "m", "x w", "y")}, nil},
		{"none of its keys", []*Node{apply("ArgMax", "a", "x", "k", &Attr{Name: "axis", I: 1}),
			{Op: "LabelEncoder", Domain: mlDomain, In: []string{"k"}, Out: []string{"y"}, Attrs: []*Attr{
				{Name: "keys_int64s", Ints: []int64{1, 2}}, {Name: "values_strings", Strings: []string{"a", "b"}}}}}, nil},
		{"a column of a spec fills a missing word", []*Node{apply("StringNormalizer", "s", "x", "y")}, nil},
		{"the package's Classify names the largest", []*Node{apply("Hardmax", "h", "x", "y")}, nil},
		{"its indices depend on the input", []*Node{apply("Abs", "a", "x", "i"), apply("GatherElements", "g", "x i", "y")},
			nil},
		{"one row, which is expanded over the batch", []*Node{apply("GatherElements", "g", "x i", "y",
			&Attr{Name: "axis", I: 1}), apply("Identity", "b", "x", "z")}, []*Tensor{{Name: "i", Type: 7,
			Dims: []int64{3, 2}, Int64s: []int64{0, 1, 1, 2, 3, 0}}}},
		{"export the probabilities, or a row of coefficients for each class",
			[]*Node{{Op: "LinearClassifier", Domain: mlDomain,
				In: []string{"x"}, Out: []string{"", "y"}, Attrs: []*Attr{{Name: "coefficients", Floats: []float64{1, 2, 3, 4}},
					{Name: "intercepts", Floats: []float64{1}}, {Name: "classlabels_ints", Ints: []int64{0, 1}}}}}, nil},
		{"a spec has no loops", []*Node{apply("Scan", "l", "x", "y")}, nil},
		{"training_mode", []*Node{apply("Dropout", "d", "x one t", "y")},
			[]*Tensor{{Name: "t", Type: 9, Dims: []int64{}, Int32s: []int64{1}}}},
		{"its condition depends on the input", []*Node{apply("ReduceMax", "m", "x", "m",
			&Attr{Name: "axes", Ints: []int64{1}}), apply("If", "i", "m", "y")}, nil},
		{"it goes over the batch", []*Node{apply("ReduceSum", "s", "x axes", "y")}, []*Tensor{int64s("axes", 0)}},
		{"it joins batches", []*Node{apply("Concat", "c", "x x", "y", &Attr{Name: "axis"})}, nil},
		{"the exponent is 0", []*Node{apply("Pow", "p", "x e", "y")}, []*Tensor{floats("e", nil, 0)}},
		{"the exponent is 65", []*Node{apply("Pow", "p", "x e", "y")}, []*Tensor{floats("e", nil, 65)}},
		{"NaN or infinities", []*Node{apply("Mul", "m", "x e", "y")}, []*Tensor{floats("e", nil, float32(math.Inf(1)))}},
		{"cuts fractions off", []*Node{apply("Cast", "c", "x", "y", &Attr{Name: "to", I: 7})}, nil},
		{"which no network gives", []*Node{apply("QuantizeLinear", "q", "x one", "y")}, nil},
		{"the place of the largest element", []*Node{apply("ArgMax", "a", "x", "k", &Attr{Name: "axis", I: 1}),
			apply("Neg", "n", "k", "y")}, nil},
		{"the place of the largest element", []*Node{apply("ArgMax", "a", "x", "k", &Attr{Name: "axis", I: 1}),
			apply("Gather", "g", "w k", "y")}, nil},
		{"axis: 0 goes over the examples", []*Node{apply("Softmax", "s", "x", "y", &Attr{Name: "axis"})}, nil},
		{"a reshape from n×4 to [2 2]", []*Node{apply("Reshape", "r", "x s", "y")}, []*Tensor{int64s("s", 2, 2)}},
		{"a reshape from n×4 to [2 -1]", []*Node{apply("Reshape", "r", "x s", "y")}, []*Tensor{int64s("s", 2, -1)}},
		{"a class is chosen along the features", []*Node{apply("ArgMax", "a", "x", "y", &Attr{Name: "axis"})}, nil},
		{"the largest elements are computed with", []*Node{apply("TopK", "t", "x k", "v i"), apply("Neg", "n", "v", "y")},
			[]*Tensor{int64s("k", 2)}},
		{"largest: 0 takes the smallest elements of each row, and only the largest are imported",
			[]*Node{apply("TopK", "t", "x k", "y i", &Attr{Name: "largest"})}, []*Tensor{int64s("k", 2)}},
		{"sorted: 0 leaves the order of the elements open", []*Node{apply("TopK", "t", "x k", "y i", &Attr{Name: "sorted"})},
			[]*Tensor{int64s("k", 2)}},
		{"an axis of 4 is resized by 0.5", []*Node{apply("Upsample", "u", "x s", "y")},
			[]*Tensor{floats("s", []int64{2}, 1, 0.5)}},
		{"its shape depend", []*Node{apply("Reshape", "r", "x x", "y")}, nil},
		{"nothing gives", []*Node{apply("Add", "a", "x nowhere", "y")}, nil},
		{"in a circle", []*Node{apply("Add", "a", "x y", "b"), apply("Relu", "r", "b", "y")}, nil},
		{"two nodes give", []*Node{apply("Relu", "a", "x", "y"), apply("Relu", "r", "x", "y")}, nil},
		{"does not depend on the input", []*Node{apply("Identity", "a", "one", "y")}, nil},
	} {
		_, err := tiny(c.nodes, append([]*Tensor{one, w}, c.more...)...).imported(Options{Name: "m"})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}

// TestTrainingFormOfOldNormsIsRefused: before opset 14 nothing but the outputs behind the first tells of it.
func TestTrainingFormOfOldNormsIsRefused(t *testing.T) {
	of := func(opset int64, out string) error {
		one := floats("one", []int64{4}, 1, 1, 1, 1)
		m := tiny([]*Node{apply("BatchNormalization", "b", "x one one one one", out)}, one)
		m.Opsets[""] = opset
		_, err := m.imported(Options{Name: "m"})
		return err
	}
	for _, opset := range []int64{7, 9, 13} {
		if err := of(opset, "y"); err != nil {
			t.Errorf("opset %d: error %v", opset, err)
		}
		if err := of(opset, "y mean var saved square"); err == nil || !strings.Contains(err.Error(), "as in training") {
			t.Errorf("opset %d: error %v", opset, err)
		}
	}
}

// TestRefusedSpecsNameTheNode, not a place in a file that is not written.
func TestRefusedSpecsNameTheNode(t *testing.T) {
	_, err := tiny([]*Node{apply("Elu", "e", "x", "y", &Attr{Name: "alpha", F: -0.25})}).imported(Options{Name: "m"})
	var u *Unsupported
	if want := `Elu "e", as a layer elu: alpha must be more than 0, but is -0.25`; !errors.As(err, &u) ||
		err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// TestExternalDataStaysInItsFolder reads numbers of another file, but none outside the model's folder.
func TestExternalDataStaysInItsFolder(t *testing.T) {
	var raw []byte
	for i := range 8 {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(i)))
	}
	model := func(location, offset, length string) *Model {
		return tiny([]*Node{apply("MatMul", "m", "x w", "y")}, &Tensor{Name: "w", Type: 1, Dims: []int64{4, 2},
			External: map[string]string{"location": location, "offset": offset, "length": length}})
	}
	files := fstest.MapFS{"sub/w.bin": {Data: append([]byte("head"), raw...)}}
	r, err := model("./sub/w.bin", "4", "32").imported(Options{Name: "m", Files: files})
	if err != nil {
		t.Fatal(err)
	}
	for p, v := range r.Params {
		if p.Name == "output.kernel" && v[7] != 7 {
			t.Errorf("numbers %v", v)
		}
	}
	for _, c := range []struct{ location, offset, length, want string }{
		{"../w.bin", "", "", "below the model's own folder"},
		{"./../w.bin", "", "", "below the model's own folder"},
		{".//etc/hostname", "", "", "below the model's own folder"},
		{"/etc/hostname", "", "", "below the model's own folder"},
		{"sub/../../w.bin", "", "", "below the model's own folder"},
		{"sub/w.bin", "5", "", `external data in "sub/w.bin": 32 bytes from 5 on are wanted, the file has 36`},
		{"sub/w.bin", "-4", "", "at offset"},
		{"sub/w.bin", "4", "31", "want 32"},
		{"none.bin", "", "", `initializer "w": its numbers are in "none.bin", which is not in the folder of the model`},
	} {
		if _, err := model(c.location, c.offset, c.length).imported(Options{Name: "m", Files: files}); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v", c, err)
		}
	}
	pipe := waiting{fstest.MapFS{"w.bin": {Mode: fs.ModeNamedPipe}}}
	if _, err := model("w.bin", "", "").imported(Options{Name: "m", Files: pipe}); err == nil ||
		!strings.Contains(err.Error(), "no regular file") {
		t.Errorf("of a pipe: error %v", err)
	}
}

// waiting are files that must not be opened, since that would wait for a writer.
type waiting struct{ fstest.MapFS }

func (waiting) Open(name string) (fs.File, error) { panic("it opens " + name) }

// TestFourBitsAreRead unpacks whole numbers of four bits, two in a byte, the first in the lower half.
func TestFourBitsAreRead(t *testing.T) {
	for _, c := range []struct {
		typ  int32
		want []float64
	}{{21, []float64{1, 15, 8}}, {22, []float64{1, -1, -8}}} {
		a, err := (&Tensor{Type: c.typ, Dims: []int64{3}, Raw: []byte{0xf1, 0x08}}).load(nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range c.want {
			if a.data[i] != v {
				t.Errorf("%s: %v, want %v", typeName(c.typ), a.data, c.want)
			}
		}
	}
}

// TestConstantsAreBounded: a file of some bytes that asks for large constants again and again is refused.
func TestConstantsAreBounded(t *testing.T) {
	var nodes []*Node
	for range 40 {
		name := "c" + strings.Repeat("i", len(nodes))
		nodes = append(nodes, apply("ConstantOfShape", "", "shape", name))
	}
	sum := apply("Sum", "s", "", "big")
	for _, n := range nodes {
		sum.In = append(sum.In, n.Out[0])
	}
	nodes = append(nodes, sum, apply("ReduceSum", "r", "big", "all", &Attr{Name: "keepdims"}),
		apply("Mul", "m", "x all", "y"))
	if _, err := tiny(nodes, int64s("shape", 1<<21)).imported(Options{Name: "m"}); err == nil ||
		!strings.Contains(err.Error(), "have more than") {
		t.Errorf("error %v", err)
	}
}

// TestStagesAreWritten wants of each stage what it is for.
func TestStagesAreWritten(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(fixtures, "cnn_norm_depthwise_16.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	for stage, want := range map[string]string{
		"decode": "opset ai.onnx 16", "patterns": "Silu(", "shapes": "n×", "layout": "in the model, n×",
	} {
		var out bytes.Buffer
		if _, err := Import(b, Options{Name: "m", Dump: &out, Stage: stage}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) || strings.Count(out.String(), "\n") < 5 {
			t.Errorf("%s:\n%s", stage, out.String())
		}
	}
}

// TestOpenDimensionsGetSizes: one that is not the batch needs a size, and names that the model has not are told.
func TestOpenDimensionsGetSizes(t *testing.T) {
	open := func() *Model {
		m := tiny([]*Node{apply("Relu", "r", "x", "y")})
		m.Graph.Inputs[0].Dims = []Dim{{Name: "n"}, {Name: "width"}}
		return m
	}
	if _, err := open().imported(Options{Name: "m"}); err == nil || !strings.Contains(err.Error(), "--input-dim width=N") {
		t.Errorf("error %v", err)
	}
	r, err := open().imported(Options{Name: "m", Sizes: map[string]int{"width": 7, "n": 1}})
	if err != nil || r.Net.Inputs[0].Shape.Size() != 7 {
		t.Errorf("error %v", err)
	}
	for _, size := range []int{0, -3} {
		want := fmt.Sprintf("--input-dim width=%d: a dimension has a size of 1 or more", size)
		if _, err := open().imported(Options{Name: "m", Sizes: map[string]int{"width": size}}); err == nil ||
			err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	if _, err := open().imported(Options{Name: "m", Sizes: map[string]int{"height": 7}}); err == nil ||
		!strings.Contains(err.Error(), "it has n, width") {
		t.Errorf("error %v", err)
	}
}

// TestOffsetsThatRepeatCodesAreRefused adds constants to codes that make more codes of one, or none.
func TestOffsetsThatRepeatCodesAreRefused(t *testing.T) {
	for _, c := range []struct {
		offsets []int64
		refused bool
	}{{[]int64{2}, false}, {[]int64{2, 2, 2}, true}, {nil, true}} {
		m := tiny([]*Node{apply("Add", "a", "x c", "k"), apply("Gather", "g", "table k", "e"),
			apply("ReduceSum", "r", "e axis", "y", intAttr("keepdims", 0))},
			floats("table", []int64{4, 1}, 1, 2, 3, 4), int64s("c", c.offsets...), int64s("axis", 1))
		m.Graph.Inputs[0].Type, m.Graph.Inputs[0].Dims[1].Size = 7, 1
		if _, err := m.imported(Options{Name: "m"}); (err != nil) != c.refused {
			t.Errorf("offsets %v: %v", c.offsets, err)
		}
	}
}

// TestNamesOfClassesAreAsFloat32HasThem reads classes that are numbers with a point.
func TestNamesOfClassesAreAsFloat32HasThem(t *testing.T) {
	n := &Node{Attrs: []*Attr{{Name: "values_floats", Floats: []float64{float64(float32(0.1)), 2, 1 << 27}}}}
	if got := namesIn(n, "values"); !slices.Equal(got, []string{"0.1", "2", "1.34217728e+08"}) {
		t.Errorf("%q", got)
	}
}
