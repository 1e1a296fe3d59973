package verify

import (
	"math"

	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/ref"
)

// rowsLimit is the largest number of examples in one step: more would only make the reference slow. stepWork bounds the
// multiply-adds of a step's predictions, and with them the time of a network with much work in an example and the
// memory of its traces; there are two examples in any case, so that those of a batch meet.
const (
	rowsLimit = 8
	stepWork  = 2e7
)

// pieceOf returns the number of examples of a step. Generated code is compiled for pieces of that size, so that all
// examples of a script are always several.
func pieceOf(network *net.Net) int {
	most := max(2, min(rowsLimit, int(stepWork/golden.Work(network))))
	if n := network.Spec.Training.BatchSize; n > 0 && n < most {
		return n
	}
	return most
}

// newScript draws examples, and parameters around their initial values, for a network: full batches
// and a partial one at the end.
func newScript(network *net.Net, o Options) script {
	s := script{Seed: o.Seed, Params: map[string][]float32{}}
	rows := pieceOf(network)
	all := 0
	for i := range max(o.Steps, 2) {
		n := rows
		if i == max(o.Steps, 2)-1 {
			n = (rows + 1) / 2
		}
		s.Rows = append(s.Rows, n)
		s.LR = append(s.LR, network.Spec.Optimizer.Float("lr")*(1-0.1*float64(i)))
		all += n
	}
	s.Part = rows + (rows+1)/2 // a whole piece and another, which is not whole if it can be
	draw := &golden.Source{Seed: o.Seed}
	for _, in := range network.Inputs {
		x := make([]float32, all*in.Shape.Size())
		for i := range x {
			x[i] = float32(2*draw.Next() - 1)
			if tokens := network.Tokens(in); tokens > 0 {
				x[i] = float32(math.Floor(float64(tokens) * draw.Next()))
			}
		}
		s.Inputs = append(s.Inputs, x)
	}
	for _, p := range network.Outputs {
		s.Targets = append(s.Targets, golden.Targets(p, all, draw))
	}
	if o.Seed%2 == 1 {
		for range all * network.Steps {
			s.Weights = append(s.Weights, float32(0.25+draw.Next()))
		}
	}
	for _, p := range network.Params {
		x := ref.Initial(p, o.Seed)
		w := make([]float32, len(x))
		for i := range x {
			v := x[i]
			if p.Role == ir.Trained || p.Role == ir.Frozen {
				v += 0.2 * (draw.Next() - 0.5) // so that biases are not all zero
			} else if p.Values == nil {
				v = 0.5 + draw.Next()
			}
			w[i] = float32(v)
		}
		s.Params[p.Name] = w
	}
	if network.Guard != nil {
		s.drawGuard(network, draw)
	}
	return s
}

// draw is what a layer draws in a step.
func draw(seed uint64, stream uint32, step uint64) func(int) float64 {
	return ref.Draw(seed, stream, step)
}
