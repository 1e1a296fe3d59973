package onnx

import (
	"fmt"
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/ref"
)

// Array holds numbers in row-major order, examples along the first axis.
type Array struct {
	Shape []int
	Data  []float64
}

// Check runs the network in float64 on inputs of the model, in the model's layout, and returns for each output of the
// network the largest difference from what the model gave, and the largest magnitude there.
func (r *Result) Check(inputs, outputs []Array) (differences, scales []float64, err error) {
	if len(inputs) != len(r.Net.Inputs) || len(outputs) != len(r.Outputs) {
		return nil, nil, fmt.Errorf("%d inputs and %d outputs, want %d and %d", len(inputs), len(outputs), len(r.Net.Inputs), len(r.Outputs))
	}
	n := 0
	b := ref.Batch{}
	for i, x := range inputs {
		if len(x.Shape) == 0 || i > 0 && x.Shape[0] != n {
			return nil, nil, fmt.Errorf("input %d has the shape %v", i, x.Shape)
		}
		n = x.Shape[0]
		if len(x.Data) != n*r.Net.Inputs[i].Shape.Size() {
			return nil, nil, fmt.Errorf("input %d has %d numbers for %d examples of %s", i, len(x.Data), n, r.Net.Inputs[i].Shape)
		}
		b.Inputs = append(b.Inputs, moved(x, r.Inputs[i].Axes, false))
	}
	b.N = n
	network := ref.New(r.Net, 0)
	network.Params = r.Params
	pass := network.Forward(b, false, 0)
	for i, o := range r.Outputs {
		got := pass.Values[layerOf(r.Net, o)]
		want := outputs[i]
		data := moved(want, o.Axes, o.Both)
		if len(got.Data) != len(data) {
			return nil, nil, fmt.Errorf("output %q has %d numbers, the network gives %d", o.Name, len(data), len(got.Data))
		}
		worst, scale := 0.0, 0.0
		for j, v := range data {
			scale = max(scale, math.Abs(v))
			if d := math.Abs(v - got.Data[j]); !(d <= worst) {
				worst = d
			}
		}
		differences, scales = append(differences, worst), append(scales, scale)
	}
	return differences, scales, nil
}

func layerOf(network *net.Net, o Output) *op.Layer {
	i := slices.IndexFunc(network.Outputs, func(p *net.Output) bool { return p.Name == o.Layer })
	return network.Outputs[i].Layer
}

// moved returns the numbers of an array of the model in the order of the spec: axis i of an example is axis to[i] there.
// Of a pair of classes it keeps the second.
func moved(x Array, to []int, both bool) []float64 {
	if both {
		var out []float64
		for i := 1; i < len(x.Data); i += 2 {
			out = append(out, x.Data[i])
		}
		return out
	}
	if to == nil {
		return x.Data
	}
	from := make([]*atom, 0, len(to))
	target := make([]*atom, len(to))
	size := 1
	dims := slices.DeleteFunc(slices.Clone(x.Shape[1:]), func(d int) bool { return len(x.Shape)-1 > len(to) && d == 1 })
	for i, d := range dims {
		a := &atom{size: d}
		from = append(from, a)
		target[to[i]] = a
		size *= d
	}
	index := order(from, target)
	out := make([]float64, 0, len(x.Data))
	for i := 0; i < len(x.Data); i += size {
		for _, k := range index {
			out = append(out, x.Data[i+k])
		}
	}
	return out
}
