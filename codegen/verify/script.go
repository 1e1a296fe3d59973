package verify

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/ref"
)

// rowsLimit is the largest number of examples in one step: more would only make the reference slow.
const rowsLimit = 8

// exampleStream is the stream of random numbers that examples are drawn from.
const exampleStream = 9 << 16

// newScript draws examples, and parameters around their initial values, for a network: full batches
// and a partial one at the end.
func newScript(network *net.Net, o Options) script {
	s := script{Seed: o.Seed, Params: map[string][]float32{}}
	rows := network.Spec.Training.BatchSize
	if rows == 0 || rows > rowsLimit {
		rows = rowsLimit
	}
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
	draw := &source{seed: o.Seed}
	for _, in := range network.Inputs {
		x := make([]float32, all*in.Shape.Size())
		for i := range x {
			x[i] = float32(2*draw.next() - 1)
			if tokens := network.Tokens(in); tokens > 0 {
				x[i] = float32(math.Floor(float64(tokens) * draw.next()))
			}
		}
		s.Inputs = append(s.Inputs, x)
	}
	for _, p := range network.Outputs {
		s.Targets = append(s.Targets, targets(p, all, draw))
	}
	if o.Seed%2 == 1 {
		for range all * network.Steps {
			s.Weights = append(s.Weights, float32(0.25+draw.next()))
		}
	}
	for _, p := range network.Params {
		x := ref.Initial(p, o.Seed)
		w := make([]float32, len(x))
		for i := range x {
			v := x[i]
			if p.Role == ir.Trained {
				v += 0.2 * (draw.next() - 0.5) // so that biases are not all zero
			} else if p.Values == nil {
				v = 0.5 + draw.next()
			}
			w[i] = float32(v)
		}
		s.Params[p.Name] = w
	}
	return s
}

// targets draws the targets of an output, of the kind that its loss wants.
func targets(o *net.Output, n int, draw *source) []float32 {
	width, rows := o.Width(), n*o.Steps()
	t := make([]float32, rows*width)
	for r := range rows {
		row := t[r*width:][:width]
		switch {
		case o.Loss.Soft:
			sum := float32(0)
			for j := range row {
				row[j] = float32(0.1 + draw.next())
				sum += row[j]
			}
			for j := range row {
				row[j] /= sum
			}
		case o.Task == "multiclass":
			row[int(draw.next()*float64(width))%width] = 1
		default:
			for j := range row {
				row[j] = float32(4*draw.next() - 2)
				if o.Task == "binary" {
					row[j] = float32(math.Floor(2 * draw.next()))
				}
				if o.Loss.Positive {
					row[j] = float32(math.Floor(5 * draw.next()))
				}
			}
		}
	}
	return t
}

// source is a sequence of random numbers in [0, 1).
type source struct {
	seed uint64
	i    int
}

func (s *source) next() float64 {
	s.i++
	return ref.Uniform(s.seed, exampleStream, s.i)
}

// draw is what a layer draws in a step.
func draw(seed uint64, stream uint32, step uint64) func(int) float64 {
	return ref.Draw(seed, stream, step)
}
