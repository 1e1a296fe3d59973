package op

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Dropout drops elements at random in training, and scales the others so that the mean stays.
//
//	forward   y  = x/(1 − rate) where the draw is at least rate, else 0; y = x in inference
//	backward  dx = dy/(1 − rate) where the draw is at least rate, else 0
//
// Shapes: x, y: any. No parameters. The mask is a function of seed, layer, step and element, so
// nothing is saved for the backward pass.
//
// Source: Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, 2014.
var Dropout = define(Def{
	Kind: spec.Kind{Name: "dropout", Doc: "Drops elements at random in training; nothing in inference.",
		Short: "rate", Attrs: []spec.Attr{
			{Name: "rate", Type: spec.Float, Required: true, Min: spec.Bound(0), Max: spec.Bound(1), OpenMax: true,
				Doc: "Share of the elements that is dropped."},
		}},
	Shape: sameShape, Through: true, Trains: true,
	Forward: func(c *Call) {
		for i, k := range keeps(c) {
			c.Y.Data[i] = c.X[0].Data[i] * k
		}
	},
	Backward: func(c *Call) {
		for i, k := range keeps(c) {
			c.DX[0].Data[i] += c.DY.Data[i] * k
		}
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		if !b.Training || l.Node.Float("rate") == 0 {
			return x[0]
		}
		return b.Dropout(x[0], l.Node.Float("rate"), l.Stream)
	},
	Exact:   func(c *Call) bool { return exactFactors(c.X[0].Data, keeps(c), c.Y.Data) },
	Factors: keeps,
	Bound:   func(c *Call) []float64 { return scaled(4, c.Y.Data) },
	GradBound: func(c *Call) (dx, dp [][]float64) {
		b := make([]float64, len(c.DY.Data))
		for i, k := range keeps(c) {
			b[i] = 4*u*abs(c.DY.Data[i]*k) + tiny
		}
		return [][]float64{b}, nil
	},
	Cases: []Case{{In: []ir.Shape{{5}}, Attrs: "rate: 0.5"}, {In: []ir.Shape{{33}}, Attrs: "rate: 0.1"},
		{In: []ir.Shape{{4}}, Attrs: "rate: 0.0"}},
})

// keep returns the factor of element i, given the rate: 0 or 1/(1 − rate) in training, else 1.
func (c *Call) keep(i int, rate float64) float64 {
	switch {
	case !c.Training:
		return 1
	case c.Draw(i) < rate:
		return 0
	}
	return 1 / (1 - rate)
}

// keeps returns the factors of all elements.
func keeps(c *Call) []float64 {
	rate, k := c.Layer.Node.Float("rate"), make([]float64, len(c.Y.Data))
	for i := range k {
		k[i] = c.keep(i, rate)
	}
	return k
}

func abs(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}
