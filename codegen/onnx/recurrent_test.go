package onnx

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestLengthsEndSequences imports an RNN without recurrent weights, which gives tanh(x) for the steps of a sequence and
// 0 behind its end: in both layouts and all directions, with lengths that are an input, or sums of a mask.
func TestLengthsEndSequences(t *testing.T) {
	const steps = 25 // for some k, (k/25)·25 is above k, also if the quotient is a product with 1/25
	x, mask := Array{Shape: []int{steps, steps, 1}}, Array{Shape: []int{steps, steps}}
	whole := Array{Shape: []int{steps}}
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
					Attrs: []*Attr{intAttr("layout", f.layout), intAttr("hidden_size", 1),
						wordAttr("direction", f.direction)}},
				apply("Transpose", "back", "steps", "ordered", &Attr{Name: "perm", Ints: perm}),
				apply("Reshape", "flat", "ordered shape", "y"),
			}, int64s("one", 1), int64s("shape", 0, int64(steps*dirs)),
				floats("w", []int64{int64(dirs), 1, 1}, weights[:dirs]...),
				floats("r", []int64{int64(dirs), 1, 1}, make([]float32, dirs)...))
			m.Graph.Inputs[0].Dims = []Dim{{Name: "n"}, {Size: steps, Fixed: true}, {Size: 1, Fixed: true}}
			m.Graph.Inputs = append(m.Graph.Inputs,
				&Port{Name: "n", Type: typeInt64, Kind: "tensor", Has: true, Dims: dims})
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

// TestSpacingsOfCounts: multiples of two factors are apart by a multiple of what both have in common, if that is exact.
func TestSpacingsOfCounts(t *testing.T) {
	for _, c := range []struct{ a, b, want float64 }{
		{1, 1, 1}, {0.5, -1, 0.5}, {-0.75, 0.5, 0.25}, {6, 4, 2}, {1.0 / 3, -1.0 / 3, 1.0 / 3}, {3, 0, 0}, {0, 1.0 / 3, 0},
	} {
		if got, err := spacing(c.a, c.b); err != nil || got != c.want {
			t.Errorf("%g and %g: %g, %v, want %g", c.a, c.b, got, err, c.want)
		}
	}
	if _, err := spacing(1.0/3, 1); err == nil || !strings.Contains(err.Error(), "times 0.3333333333333333 are compared") {
		t.Errorf("1/3 and 1: %v", err)
	}
}

// TestCountsAreComparedAsWholeNumbers compares sums of a mask with each place, from both sides, with others and with a
// fraction. What a layer gives for them is a rounding above or below some whole numbers.
func TestCountsAreComparedAsWholeNumbers(t *testing.T) {
	const most, fewest = 49, 41 // (1/49)·49 is below 1, (k/49)·49 above k for some k, and (k/41)·41 for others
	mask, fewer := Array{Shape: []int{most, most}}, Array{Shape: []int{most, fewest}}
	var places []float32
	for i := range most {
		places = append(places, float32(i))
		for j := range most {
			mask.Data = append(mask.Data, truth(j <= i))
			if j < fewest {
				fewer.Data = append(fewer.Data, truth(i%2 == 0 && j <= i || i%2 == 1 && j*j <= i*most))
			}
		}
	}
	count := func(a Array, i int) (n float64) {
		width := a.Shape[1]
		for _, v := range a.Data[i*width : (i+1)*width] {
			n += v
		}
		return n
	}
	const third = float32(1.0 / 3)
	for _, c := range []struct {
		op, in string
		want   func(count, other, place float64) bool
	}{
		{"Less", "places sum", func(n, _, p float64) bool { return p < n }},
		{"LessOrEqual", "places sum", func(n, _, p float64) bool { return p <= n }},
		{"Less", "sum places", func(n, _, p float64) bool { return n < p }},
		{"Greater", "sum places", func(n, _, p float64) bool { return n > p }},
		{"GreaterOrEqual", "sum places", func(n, _, p float64) bool { return n >= p }},
		{"Equal", "sum places", func(n, _, p float64) bool { return n == p }},
		{"Less", "halves sum", func(n, _, p float64) bool { return p-0.5 < n }},
		{"GreaterOrEqual", "sum other", func(n, m, _ float64) bool { return n >= m }},
		{"Equal", "sum other", func(n, m, _ float64) bool { return n == m }},
		{"Less", "third thirds", func(n, _, p float64) bool { return n < p }},
		{"GreaterOrEqual", "third thirds", func(n, _, p float64) bool { return n >= p }},
		{"Greater", "thirds third", func(n, _, p float64) bool { return p > n }},
		{"LessOrEqual", "thirds third", func(n, _, p float64) bool { return p <= n }},
		{"Less", "minus negatives", func(n, _, p float64) bool { return n > p }},
		{"LessOrEqual", "negatives minus", func(n, _, p float64) bool { return n <= p }},
		{"GreaterOrEqual", "half half2", func(n, m, _ float64) bool { return n >= m }},
		{"Less", "half half2", func(n, m, _ float64) bool { return n < m }},
		{"Equal", "half half2", func(n, m, _ float64) bool { return n == m }},
		{"GreaterOrEqual", "half other", func(n, m, _ float64) bool { return n/2 >= m }},
		{"Less", "half other", func(n, m, _ float64) bool { return n/2 < m }},
		{"GreaterOrEqual", "third third2", func(n, m, _ float64) bool { return n >= m }},
		{"GreaterOrEqual", "minus minus2", func(n, m, _ float64) bool { return n <= m }},
		{"LessOrEqual", "minus minus2", func(n, m, _ float64) bool { return n >= m }},
		{"Greater", "third minus2", func(n, m, _ float64) bool { return n+m > 0 }},
		{"Less", "half quarters", func(n, _, p float64) bool { return n/2 < p-0.25 }}, // which are no whole numbers
	} {
		t.Run(c.op+" "+c.in, func(t *testing.T) {
			var halves, quarters, thirds, negatives []float32
			for _, p := range places {
				halves, quarters = append(halves, p-0.5), append(quarters, p-0.25)
				thirds, negatives = append(thirds, p*third), append(negatives, -p*third)
			}
			row := []int64{1, most}
			m := tiny([]*Node{
				apply("Cast", "a", "x", "bits", intAttr("to", typeBool)),
				apply("Cast", "b", "bits", "whole", intAttr("to", typeFloat)),
				apply("ReduceSum", "c", "whole one", "sum"),
				apply("Cast", "d", "z", "bits2", intAttr("to", typeBool)),
				apply("Cast", "e", "bits2", "whole2", intAttr("to", typeFloat)),
				apply("ReduceSum", "f", "whole2 one", "other"),
				apply("Mul", "g", "sum factor", "half"),
				apply("Mul", "m", "other factor", "half2"),
				apply("Mul", "n", "other t", "third2"),
				apply("Mul", "o", "other u", "minus2"),
				apply("Mul", "k", "sum t", "third"),
				apply("Mul", "l", "sum u", "minus"),
				apply(c.op, "h", c.in, "is"),
				apply("Cast", "i", "is", "numbers", intAttr("to", typeFloat)),
				apply("Mul", "j", "numbers ones", "y"),
			}, int64s("one", 1), floats("places", row, places...), floats("halves", row, halves...),
				floats("quarters", row, quarters...), floats("factor", nil, 0.5), floats("t", nil, third), floats("u", nil, -third),
				floats("thirds", row, thirds...), floats("negatives", row, negatives...),
				floats("ones", row, slices.Repeat([]float32{1}, most)...))
			port := func(name string, size int64) *Port {
				return &Port{Name: name, Type: 1, Kind: "tensor", Has: true,
					Dims: []Dim{{Name: "n"}, {Size: size, Fixed: true}}}
			}
			m.Graph.Inputs = []*Port{port("x", most), port("z", fewest)}
			r, err := m.imported(Options{Name: "m", Task: "regression"})
			if err != nil {
				t.Fatal(err)
			}
			want := Array{Shape: []int{most, most}}
			for i := range most {
				for p := range most {
					want.Data = append(want.Data, truth(c.want(count(mask, i), count(fewer, i), float64(p))))
				}
			}
			d, _, err := r.Check([]Array{mask, fewer}, []Array{want})
			if err != nil {
				t.Fatal(err)
			}
			if d[0] != 0 {
				t.Errorf("off by %g\n%s", d[0], r.Spec)
			}
		})
	}
}
