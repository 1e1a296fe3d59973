package op

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// FakeQuant rounds numbers in training as 8-bit integers will, within a range that follows what it sees: it stands
// where quantisation-aware training wants it, and has no name in a spec.
//
//	range     (low, high, count), all 0 at first. In training (low, high) moves to (min x, max x) of the batch by
//	          max(momentum, 1/(count + 1)), and count goes up by one; once it has come to steps, if that is above 0,
//	          nothing moves
//	          low, high are then taken to hold 0;  s = (high − low)/255,  z = clamp(round(−128 − low/s))
//	forward   y  = s·(clamp(round(x/s) + z) − z), clamp being to −128 … 127; y = x in inference, where s is 0, and where
//	          x is not finite, which does not count for the range
//	backward  dx = dy where clamp does nothing, else 0: the straight-through estimator
//
// Shapes: x, y: any. round is to nearest, halves to even. Backward needs x and the range that Forward left.
//
// Source: Jacob et al., Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference,
// 2018; Bengio, Léonard and Courville, Estimating or Propagating Gradients Through Stochastic Neurons, 2013.
var FakeQuant = &Def{
	Kind:   spec.Kind{Name: "fake_quant", Doc: "Rounds numbers as 8-bit integers will, in training."},
	Inputs: 1,
	Params: func(*Layer) []*ir.Param {
		return []*ir.Param{{Name: "range", Shape: ir.Shape{3}, Role: ir.Running, Init: spec.Node{Kind: "zeros"}}}
	},
	Shape: sameShape, Through: true, Trains: true,
	Forward: func(c *Call) {
		if !c.Training {
			copy(c.Y.Data, c.X[0].Data)
			return
		}
		observe(c.P[0].Data, c.X[0].Data, c.Layer.Node.Float("momentum"), c.Layer.Node.Int("steps"))
		q := fakeGridOf(c.P[0].Data)
		for i, x := range c.X[0].Data {
			c.Y.Data[i] = q.round(x)
		}
	},
	Backward: func(c *Call) {
		q := fakeGridOf(c.P[0].Data)
		for i, dy := range c.DY.Data {
			if !c.Training || q.within(c.X[0].Data[i]) {
				c.DX[0].Data[i] += dy
			}
		}
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		if !b.Training {
			return x[0]
		}
		return b.Node(ir.FakeQuantTrain, "", []*ir.Value{x[0], b.Param(l.Params[0])}, "momentum", l.Node.Float("momentum"),
			"steps", l.Node.Int("steps")).Results[0]
	},
	Bound: func(c *Call) []float64 {
		b := make([]float64, len(c.Y.Data))
		if !c.Training {
			return b
		}
		q := fakeGridOf(c.P[0].Data)
		for i, x := range c.X[0].Data {
			if b[i] = 8*u*math.Abs(c.Y.Data[i]) + tiny; q.undecided(x) {
				b[i] += q.scale
			}
		}
		return b
	},
	GradBound: func(c *Call) (dx, dp [][]float64) {
		b := make([]float64, len(c.DY.Data))
		q := fakeGridOf(c.P[0].Data)
		for i, dy := range c.DY.Data {
			if c.Training && q.undecided(c.X[0].Data[i]) {
				b[i] = math.Abs(dy)
			}
		}
		return [][]float64{b}, [][]float64{make([]float64, 3)}
	},
}

// observe moves a range by what it sees.
func observe(r, x []float64, momentum float64, steps int) {
	if steps > 0 && r[2] >= float64(steps) || len(x) == 0 {
		return
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range x {
		if v-v == 0 {
			low, high = math.Min(low, v), math.Max(high, v)
		}
	}
	if low <= high {
		w := math.Max(momentum, 1/(r[2]+1))
		r[0] += w * (low - r[0])
		r[1] += w * (high - r[1])
	}
	r[2]++
}

// fakeGrid is the numbers that 256 steps of a range stand for; all numbers if scale is 0.
type fakeGrid struct {
	scale, zero float64
	tied        bool // whether an evaluation in float32 may have another zero
}

func fakeGridOf(r []float64) fakeGrid {
	low, high := math.Min(r[0], 0), math.Max(r[1], 0)
	s := (high - low) / 255
	if s == 0 {
		return fakeGrid{}
	}
	z := -128 - low/s
	return fakeGrid{s, math.Max(-128, math.Min(math.RoundToEven(z), 127)), tiedAt(z)}
}

// tiedAt tells whether a number of steps is so close to a half that float32 may round it to either side: that of a
// quotient whose divisor took some roundings.
func tiedAt(t float64) bool { return math.Abs(t-math.Floor(t)-0.5) < 8*u*math.Abs(t) }

// step returns the number of the step that is nearest to x, which may be beyond the range.
func (q fakeGrid) step(x float64) float64 { return math.RoundToEven(x/q.scale) + q.zero }

func (q fakeGrid) round(x float64) float64 {
	if q.scale == 0 || x-x != 0 {
		return x
	}
	return q.scale * (math.Max(-128, math.Min(q.step(x), 127)) - q.zero)
}

func (q fakeGrid) within(x float64) bool {
	return q.scale == 0 || q.step(x) >= -128 && q.step(x) <= 127
}

// undecided tells whether an evaluation in float32 may take x to another step.
func (q fakeGrid) undecided(x float64) bool {
	if q.scale == 0 {
		return false
	}
	k := q.step(x)
	return tiedAt(x/q.scale) || q.tied && (k <= -127 || k >= 126)
}

// Quotients returns the numbers of a FakeQuant in training over the step of their range, which it rounds; and whether
// float32 may round one of them otherwise, even if all that it reads is exact. Numbers that are not rounded count as 0.
func Quotients(c *Call) (t []float64, undecided bool) {
	q := fakeGridOf(c.P[0].Data)
	t = make([]float64, len(c.X[0].Data))
	for i, x := range c.X[0].Data {
		if q.scale != 0 && x-x == 0 {
			t[i] = x / q.scale
			undecided = undecided || q.undecided(x)
		}
	}
	return t, undecided
}

// FakeQuantized returns weights as 8-bit integers of as many channels as stand side by side, each with a scale, hold
// them, and how far float32 may be off.
//
//	s = max|w| of the channel / 127;  y = s·round(w/s)
//
// Of a channel of float32 numbers, each operation is rounded as float32 does: the scale of a package is such a number,
// and the bound is 0.
func FakeQuantized(w []float64, channels int) (y, bound []float64) {
	y, bound = make([]float64, len(w)), make([]float64, len(w))
	for j := range channels {
		most, exact := 0.0, true
		for i := j; i < len(w); i += channels {
			most = math.Max(most, math.Abs(w[i]))
			exact = exact && float64(float32(w[i])) == w[i]
		}
		s := most / 127
		if exact {
			s = float64(float32(s))
		}
		for i := j; i < len(w) && s != 0; i += channels {
			if exact {
				y[i] = float64(float32(s * math.RoundToEven(float64(float32(w[i]/s)))))
				continue
			}
			y[i] = s * math.RoundToEven(w[i]/s)
			if bound[i] = 4 * u * math.Abs(y[i]); tiedAt(w[i] / s) {
				bound[i] += s
			}
		}
	}
	return y, bound
}
