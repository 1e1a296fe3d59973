package onnx

import (
	"math"
	"strings"
	"testing"
)

// mostRefusing is the memory that a refusal of a file of some hundred bytes may take.
const mostRefusing = 256 << 20

// TestHostileFilesAreRefused imports small files that ONNX's schemas forbid, or that ask for arrays beyond all memory:
// each is an error, without a panic and before anything large is allocated.
func TestHostileFilesAreRefused(t *testing.T) {
	sized := func(m *Model, dims ...int64) *Model {
		p := m.Graph.Inputs[0]
		p.Dims = []Dim{{Name: "n"}}
		for _, d := range dims {
			p.Dims = append(p.Dims, Dim{Size: d, Fixed: true})
		}
		return m
	}
	single := func(m *Model) *Model {
		m.Graph.Inputs[0].Type, m.Graph.Inputs[0].Dims = typeInt64, nil
		return m
	}
	one := func(op, in string, attrs ...*Attr) *Model { return tiny([]*Node{apply(op, "a", in, "y", attrs...)}) }
	with := func(m *Model, constants ...*Tensor) *Model {
		m.Graph.Initializers = append(m.Graph.Initializers, constants...)
		return m
	}
	absent := func(m *Model) *Model {
		m.Graph.Nodes[0].In = append(m.Graph.Nodes[0].In, "")
		return m
	}
	empty := func(name string, dims ...int64) *Tensor { return floats(name, dims) }
	for name, c := range map[string]struct {
		m       *Model
		noBatch bool
		want    string
	}{
		"one operand":       {one("Sub", "x"), false, "its first 2 inputs must be there"},
		"an absent operand": {absent(one("Mul", "x")), false, "its first 2 inputs must be there"},
		"an absent part":    {absent(one("Concat", "x")), false, "its first 2 inputs must be there"},
		"a third operand":   {with(one("Div", "x k k"), floats("k", []int64{1}, 2)), false, "it has 2 inputs"},
		"no weights":        {one("LSTM", "x w"), false, "its first 3 inputs must be there"},
		"one operand in a graph": {one("If", "x", &Attr{Name: "then_branch", G: one("Sub", "x").Graph}), false,
			"its first 2 inputs"},
		"one operand in a function": {&Model{Opsets: map[string]int64{"": 17}, Graph: one("F", "x").Graph,
			Functions: []*Function{{Name: "F", Nodes: one("Sub", "x").Graph.Nodes}}}, false, "its first 2 inputs"},
		"no result": {tiny([]*Node{apply("Relu", "a", "x", "y"), apply("Relu", "b", "x", "")}), false,
			"gives no value"},
		"an operator of patterns": {tiny([]*Node{{Op: "MaskedSteps", Domain: internal, In: []string{"x"},
			Out: []string{"y"}}}), false, `operators of "nngen" are not those of ONNX`},
		"constants alone": {with(tiny([]*Node{apply("Mean", "a", "k k", "z"), apply("Add", "b", "x z", "y")}),
			floats("k", []int64{2}, 1, 2)), false, "all that it reads is constant"},
		"an empty constant": {with(one("QuantizeLinear", "x k z"), floats("k", []int64{}, 1),
			&Tensor{Name: "z", Type: 3, Dims: []int64{0}}), false, "has no elements"},
		"a range twice": {with(one("Slice", "x s e k"), int64s("s", 1, 2), int64s("e", 4, 4), int64s("k", 1, 1)), false,
			"two ranges of axis 1"},
		"another layout": {with(sized(one("GRU", "x w r e l", intAttr("layout", 7)), 4, 1),
			floats("w", []int64{1, 3, 1}, 1, 2, 3), floats("r", []int64{1, 3, 1}, 1, 2, 3),
			floats("e", []int64{1, 6}, 1, 2, 3, 4, 5, 6), int64s("l", 4)), false,
			"layout 7"},
		"slopes of one number": {single(with(one("PRelu", "x k"), floats("k", []int64{2}, 1, 2))), true, ""},
		"an axis twice":        {with(one("Unsqueeze", "x k"), int64s("k", 2, 2)), false, "one is there twice"},
		"a table of one number": {single(with(one("Gather", "k x"), floats("k", []int64{2, 1}, 1, 2))), true,
			"an embedding reads tokens"},
		"filters without taps": {with(one("Conv", "x k"), floats("k", []int64{1, 4}, 1, 2, 3, 4)), false, "filters of [1 4]"},
		"pools of a table":     {one("MaxPool", "x"), false, "no axes behind the channels"},
		"a huge axis":          {sized(one("Relu", "x"), 1<<40), false, "at most"},
		"huge axes":            {sized(one("Relu", "x"), 1<<20, 1<<20, 1<<20, 1<<20), false, "1 to 549755813888 elements"},
		"a wide norm": {sized(with(one("LayerNormalization", "x k"), floats("k", []int64{1}, 1)), 1<<27), false,
			errLarge.Error()},
		"a wide padding":    {sized(one("Pad", "x", &Attr{Name: "pads", Ints: []int64{0, 1, 0, 0}}), 1<<27), false, ""},
		"a wide local norm": {sized(one("LRN", "x", &Attr{Name: "size", I: 3}), 1<<20, 2, 2), false, "at most 1024"},
		"gaps far apart": {sized(one("MaxPool", "x", &Attr{Name: "kernel_shape", Ints: []int64{1 << 30}},
			&Attr{Name: "dilations", Ints: []int64{1 << 30}}), 1, 8), false, "its windows are of"},
		"axes of nothing":            {with(one("MatMul", "x k"), empty("k", 0, 1<<28, 1<<28)), false, "more than"},
		"numbers that are not there": {with(one("MatMul", "x k"), empty("k", 4, 1<<25)), false, "0 numbers for"},
		"repeats": {with(tiny([]*Node{apply("Tile", "a", "k t", "z"), apply("MatMul", "b", "x z", "y")}),
			empty("k", 0, 4), int64s("t", 1<<20, 1<<20)), false, ""},
		"columns without end": {sized(tiny([]*Node{{Op: "Imputer", Domain: "ai.onnx.ml", In: []string{"x"},
			Out: []string{"y"},
			Attrs: []*Attr{{Name: "imputed_value_floats", Floats: []float64{1}},
				floatAttr("replaced_value_float", math.NaN())}}}), 1<<27), false, "at most 65536"},
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			peak := peakOf(func() { _, err = c.m.imported(Options{Name: "m", NoBatch: c.noBatch}) })
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if peak > mostRefusing {
				t.Errorf("it took %d MiB", peak>>20)
			}
		})
	}
}
