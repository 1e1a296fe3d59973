package onnx

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// tokens returns a model y = f(t) of nodes over whole numbers t, n×size, that reads float32 f computed from whole
// numbers i.
func tokens(size int64, nodes []*Node, constants ...*Tensor) *Model {
	m := tiny(append(nodes, apply("Cast", "end", "i", "f", intAttr("to", typeFloat)), apply("Relu", "out", "f", "y")),
		constants...)
	m.Graph.Inputs = []*Port{{Name: "t", Type: typeInt64, Kind: "tensor", Has: true,
		Dims: []Dim{{Name: "n"}, {Size: size, Fixed: true}}}}
	return m
}

// TestQuotientsOfWholeNumbersAreRefused: they are cut off in the model, and no layer does that. Sums and products of the
// same numbers are exact, and quotients behind a cast to float are those of float32.
func TestQuotientsOfWholeNumbersAreRefused(t *testing.T) {
	count := []*Node{
		apply("Greater", "a", "t none", "bits"),
		apply("Cast", "b", "bits", "wholes", intAttr("to", typeInt64)),
		apply("ReduceSum", "c", "wholes one", "s"),
	}
	float := apply("Cast", "e", "s", "g", intAttr("to", typeFloat))
	hot := []*Node{apply("OneHot", "a", "t depth values", "s")}
	depth := &Tensor{Name: "depth", Type: typeInt64, Int64s: []int64{4}}
	table := &Tensor{Name: "table", Type: typeInt64, Dims: []int64{4, 1}, Int64s: []int64{1, 3, 5, 7}}
	for name, c := range map[string]struct {
		nodes []*Node
		want  []float64 // of the tokens 1, 0, 3; nil for a refusal
	}{
		"one hot":      {nodes: append(hot, apply("Div", "d", "s two", "i"))},
		"table":        {nodes: []*Node{apply("Gather", "a", "table t", "s"), apply("Div", "d", "s two", "i")}},
		"count":        {nodes: append(count, apply("Div", "d", "s two", "i"))},
		"count below":  {nodes: append(count, apply("Add", "e", "s two", "u"), apply("Div", "d", "s u", "i"))},
		"mean":         {nodes: append(count, apply("ReduceMean", "d", "wholes", "i"))},
		"choice":       {nodes: append(count, apply("Where", "e", "bits three two", "u"), apply("Div", "d", "u two", "i"))},
		"sum":          {append(count, apply("Add", "d", "s two", "u"), apply("Mul", "e", "u two", "i")), []float64{8}},
		"float":        {append(count, float, apply("Div", "d", "g half", "i")), []float64{4}},
		"count to int": {append(count, apply("Cast", "d", "s", "i", intAttr("to", typeInt64))), []float64{2}},
		"bits":         {append(count, apply("Mul", "d", "wholes two", "i")), []float64{2, 0, 2}},
		"hot product": {append(hot, apply("Mul", "d", "s two", "i")),
			[]float64{0, 6, 0, 0, 6, 0, 0, 0, 0, 0, 0, 6}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := tokens(3, c.nodes, depth, table, int64s("values", 0, 3), int64s("one", 1), int64s("none", 0),
				int64s("two", 2), int64s("three", 3), floats("half", nil, 0.5)).imported(Options{Name: "m", Task: "regression"})
			if c.want == nil {
				if err == nil || !strings.Contains(err.Error(), `"d"`) ||
					!strings.Contains(err.Error(), "quotients of whole numbers are cut off") {
					t.Errorf("%v, want that the quotient is refused", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			shape := []int{1, len(c.want)}
			if len(c.want) > 3 { // one hot
				shape = []int{1, 3, 4}
			}
			d, _, err := r.Check([]Array{{Shape: []int{1, 3}, Data: []float64{1, 0, 3}}},
				[]Array{{Shape: shape, Data: c.want}})
			if err != nil || !(d[0] <= 1e-6) {
				t.Errorf("off by %v, %v\n%s", d, err, r.Spec)
			}
		})
	}
}

// TestWhatIsNoTokenIsNamed: the network has no row for it, though OneHot and Gather count negative ones from the end.
func TestWhatIsNoTokenIsNamed(t *testing.T) {
	table := floats("table", []int64{4, 1}, 1, 3, 5, 7)
	depth := &Tensor{Name: "depth", Type: typeInt64, Int64s: []int64{4}}
	for name, c := range map[string]struct {
		node *Node
		want []Array
	}{
		"OneHot": {apply("OneHot", "a", "t depth values", "i"), []Array{{Shape: []int{2, 3, 4}, Data: make([]float64, 24)}}},
		"Gather": {apply("Gather", "a", "table t", "i"), []Array{{Shape: []int{2, 3, 1}, Data: make([]float64, 6)}}},
	} {
		r, err := tokens(3, []*Node{c.node}, depth, table, floats("values", []int64{2}, 0, 1)).
			imported(Options{Name: "m", Task: "regression"})
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []float64{-1, 4, 0.5, math.NaN()} {
			x := Array{Shape: []int{2, 3}, Data: []float64{0, 1, 3, 2, bad, 0}}
			want := fmt.Sprintf(`example 2: number 2, %v, is no token of input "t": those are the whole numbers from 0 to 3`, bad)
			if _, _, err := r.Check([]Array{x}, c.want); err == nil || err.Error() != want {
				t.Errorf("%s: %v, want %s", name, err, want)
			}
		}
	}
}
