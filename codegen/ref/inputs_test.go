package ref_test

import (
	"math"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/spec"
)

// TestInputGradientsAreThoseOfDifferences compares gradients of weighted sums of outputs with central differences, of
// networks whose outputs have layers that no spec writes.
func TestInputGradientsAreThoseOfDifferences(t *testing.T) {
	for _, output := range []string{"{units: 2, quantiles: [0.05, 0.5, 0.95]}",
		"{task: multiclass, units: 3, calibrate: temperature}", "{task: binary, calibrate: temperature}"} {
		s, problems := spec.Parse("m.yaml",
			[]byte("version: 1\nname: m\ninput: {shape: [3]}\nlayers:\n  - dense: {units: 5, activation: tanh}\n  - output: "+
				output+"\n"), op.Schema())
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		network, problems := net.Build(s, nil)
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		n := ref.New(network, 4)
		for _, o := range network.Outputs {
			if o.Temperature != nil {
				for i := range n.Params[o.Temperature.Params[1]] {
					n.Params[o.Temperature.Params[1]][i] = 0.6
				}
			}
		}
		o, x := network.Outputs[0].Layer, []float64{0.3, -1.2, 0.7}
		sum := func(x []float64) float64 {
			total := 0.0
			for j, v := range n.Forward(ref.Batch{N: 1, Inputs: [][]float64{x}}, false, 0).Values[o].Data {
				total += float64(j+1) * v
			}
			return total
		}
		seed := make([]float64, o.Shape.Size())
		for j := range seed {
			seed[j] = float64(j + 1)
		}
		pass := n.Forward(ref.Batch{N: 1, Inputs: [][]float64{x}}, false, 0)
		got := n.InputGradients(pass, map[*op.Layer][]float64{o: seed})[0]
		for i := range x {
			const h = 1e-5
			up, down := []float64{x[0], x[1], x[2]}, []float64{x[0], x[1], x[2]}
			up[i] += h
			down[i] -= h
			if want := (sum(up) - sum(down)) / (2 * h); math.Abs(got[i]-want) > 1e-8 {
				t.Errorf("%s: gradient %d is %v, differences give %v", output, i, got[i], want)
			}
		}
	}
}
