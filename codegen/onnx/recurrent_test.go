package onnx

import (
	"fmt"
	"math"
	"testing"
)

// TestLengthsEndSequences imports an RNN without recurrent weights, which gives tanh(x) for the steps of a sequence and 0
// behind its end: in both layouts and all directions, with lengths that are an input, or sums of a mask.
func TestLengthsEndSequences(t *testing.T) {
	const steps = 25 // for some k, (k/25)·25 is above k, also if the quotient is a product with 1/25
	x, whole, mask := Array{Shape: []int{steps, steps, 1}}, Array{Shape: []int{steps}}, Array{Shape: []int{steps, steps}}
	for i := range steps {
		whole.Data = append(whole.Data, float64(i+1))
		for j := range steps {
			x.Data = append(x.Data, float64((i*7+j)%5)-1.5)
			mask.Data = append(mask.Data, truth(j <= i))
		}
	}
	for _, f := range []struct {
		layout    int
		direction string
		summed    bool
	}{
		{0, "forward", false}, {0, "reverse", false}, {0, "bidirectional", false}, {0, "forward", true},
		{1, "forward", false}, {1, "reverse", false}, {1, "bidirectional", false}, {1, "forward", true},
	} {
		t.Run(fmt.Sprintf("layout %d, %s, summed %v", f.layout, f.direction, f.summed), func(t *testing.T) {
			dirs := 1
			if f.direction == "bidirectional" {
				dirs = 2
			}
			lengths, count := whole, apply("Identity", "count", "n", "lengths")
			dims := []Dim{{Name: "n"}}
			if f.summed {
				lengths, count = mask, apply("ReduceSum", "count", "n one", "lengths", intAttr("keepdims", 0))
				dims = append(dims, Dim{Size: steps, Fixed: true})
			}
			turn, perm := "Identity", []int64{0, 1, 2, 3}
			if f.layout == 0 {
				turn, perm = "Transpose", []int64{2, 0, 1, 3} // of steps, directions, n, units
			}
			weights := make([]float32, 2)
			for d := range dirs {
				weights[d] = 1
			}
			m := tiny([]*Node{
				count,
				apply(turn, "turn", "x", "turned", &Attr{Name: "perm", Ints: []int64{1, 0, 2}}),
				{Op: "RNN", Name: "rnn", In: []string{"turned", "w", "r", "", "lengths"}, Out: []string{"steps"},
					Attrs: []*Attr{intAttr("layout", f.layout), intAttr("hidden_size", 1), wordAttr("direction", f.direction)}},
				apply("Transpose", "back", "steps", "ordered", &Attr{Name: "perm", Ints: perm}),
				apply("Reshape", "flat", "ordered shape", "y"),
			}, int64s("one", 1), int64s("shape", 0, int64(steps*dirs)),
				floats("w", []int64{int64(dirs), 1, 1}, weights[:dirs]...),
				floats("r", []int64{int64(dirs), 1, 1}, make([]float32, dirs)...))
			m.Graph.Inputs[0].Dims = []Dim{{Name: "n"}, {Size: steps, Fixed: true}, {Size: 1, Fixed: true}}
			m.Graph.Inputs = append(m.Graph.Inputs, &Port{Name: "n", Type: typeInt64, Kind: "tensor", Has: true, Dims: dims})
			r, err := m.imported(Options{Name: "m", Task: "regression"})
			if err != nil {
				t.Fatal(err)
			}
			want := Array{Shape: []int{steps, steps * dirs}}
			for i, v := range x.Data {
				for range dirs {
					want.Data = append(want.Data, math.Tanh(v)*mask.Data[i])
				}
			}
			d, _, err := r.Check([]Array{x, lengths}, []Array{want})
			if err != nil {
				t.Fatal(err)
			}
			if !(d[0] <= 1e-6) {
				t.Errorf("the steps are off by %g\n%s", d[0], r.Spec)
			}
		})
	}
}
