package golden

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/runtime/golden"
)

// exampleStream is the stream of random numbers that examples are drawn from.
const exampleStream = 9 << 16

// Source is a sequence of random numbers in [0, 1), two of each block of random bits.
type Source struct {
	Seed  uint64
	i     int
	block [4]uint32
	signs [4]uint32 // random bits of Sign
	word  uint32    // those that are left of 32
	taken int       // of all, over all blocks
}

// signStep is the step of the stream of examples whose blocks Sign takes, a bit at a time.
const signStep = 1

// Sign returns 1 or -1, each as likely.
func (s *Source) Sign() float64 {
	if s.taken%32 == 0 {
		s.draw()
	}
	bit := uint64(s.word & 1)
	s.taken, s.word = s.taken+1, s.word>>1
	// without a branch, which would be guessed wrong half the time
	return math.Float64frombits(math.Float64bits(1) | bit<<63)
}

// draw takes the next 32 bits of signs.
func (s *Source) draw() {
	if s.taken%128 == 0 {
		s.signs = op.Block(s.Seed, exampleStream, signStep, uint32(s.taken/128))
	}
	s.word = s.signs[s.taken/32%4]
}

// Next returns the next number: number i of the stream of examples, from i = 1 on.
func (s *Source) Next() float64 {
	s.i++
	if s.i%2 == 0 || s.i == 1 {
		s.block = op.Block(s.Seed, exampleStream, 0, uint32(s.i/2))
	}
	bits := uint64(s.block[s.i%2*2])<<32 | uint64(s.block[s.i%2*2+1])
	return float64(bits>>11) / (1 << 53)
}

// examples draws inputs such that they are about 1 in size after preprocessing.
func examples(n *ref.Network, rows int, draw *Source) ref.Batch {
	b := ref.Batch{N: rows}
	for _, in := range n.Net.Inputs {
		size := in.Shape.Size()
		x := make([]float64, rows*size)
		center, scale := preprocessing(n, in)
		for i := range x {
			x[i] = float64(float32((2*draw.Next()-1)/scale[i%len(scale)] + center[i%len(center)]))
			if tokens := n.Net.Tokens(in); tokens > 0 {
				x[i] = math.Floor(float64(tokens) * draw.Next())
			}
		}
		b.Inputs = append(b.Inputs, x)
	}
	return b
}

// preprocessing returns the constants right behind an input; 0 and 1 if there are none, or they are not known.
func preprocessing(n *ref.Network, in *op.Layer) (center, scale []float64) {
	for _, l := range n.Net.Layers {
		if len(l.In) == 1 && l.In[0] == in && len(l.Params) == 2 && l.Params[0].Role == ir.Constant &&
			n.Params[l.Params[0]] != nil {
			return n.Params[l.Params[0]], n.Params[l.Params[1]]
		}
	}
	return []float64{0}, []float64{1}
}

// Targets draws the targets of an output, of the kind that its loss wants.
func Targets(o *net.Output, n int, draw *Source) []float32 {
	width, rows := o.Width(), n*o.Steps()
	t := make([]float32, rows*width)
	for r := range rows {
		row := t[r*width:][:width]
		switch {
		case o.Loss.Soft:
			sum := float32(0)
			for j := range row {
				row[j] = float32(0.1 + draw.Next())
				sum += row[j]
			}
			for j := range row {
				row[j] /= sum
			}
		case o.Task == "multiclass":
			row[int(draw.Next()*float64(width))%width] = 1
		default:
			for j := range row {
				row[j] = float32(4*draw.Next() - 2)
				if o.Task == "binary" {
					row[j] = float32(math.Floor(2 * draw.Next()))
				}
				if o.Scaling == "log" {
					row[j] = float32(0.5 + 3*draw.Next())
				}
				if o.Loss.Positive {
					row[j] = float32(math.Floor(5 * draw.Next()))
				}
			}
		}
	}
	return t
}

// Draw returns the center and the radius of the uniform numbers that stand for a parameter in vectors of a network
// without trained weights: those of its initializer's Spread. They have the size of initial weights, but biases, which
// begin at 0, are not 0, and factors that begin at 1 differ, so that one that is left out or taken twice shows.
func Draw(p *ir.Param) [2]float64 {
	center, radius := op.InitializerByName(p.Init.Kind).Spread(p)
	return [2]float64{center, radius}
}

// drawn returns the numbers that a rule gives a parameter, in the memory of to if there is some.
func drawn(to []float64, p *ir.Param, seed uint64, rule []float32) []float64 {
	if len(to) != p.Size() {
		to = make([]float64, p.Size())
	}
	key := golden.Key(seed, p.Name)
	for i := range to {
		to[i] = float64(golden.Uniform(key, rule, i))
	}
	return to
}
