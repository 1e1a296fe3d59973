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
		for i, x := range c.X[0].Data {
			c.Y.Data[i] = x * c.keep(i)
		}
	},
	Backward: func(c *Call) {
		for i, dy := range c.DY.Data {
			c.DX[0].Data[i] += dy * c.keep(i)
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
		for i, dy := range c.DY.Data {
			b[i] = 4*u*abs(dy*c.keep(i)) + tiny
		}
		return [][]float64{b}, nil
	},
	Cases: []Case{{In: []ir.Shape{{5}}, Attrs: "rate: 0.5"}, {In: []ir.Shape{{33}}, Attrs: "rate: 0.1"},
		{In: []ir.Shape{{4}}, Attrs: "rate: 0.0"}},
})

// keep returns the factor of element i: 0 or 1/(1 − rate).
func (c *Call) keep(i int) float64 {
	rate := c.Layer.Node.Float("rate")
	if !c.Training {
		return 1
	}
	if c.Draw(i) < rate {
		return 0
	}
	return 1 / (1 - rate)
}

func abs(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}

// keeps returns the factors of all elements.
func keeps(c *Call) []float64 {
	k := make([]float64, len(c.Y.Data))
	for i := range k {
		k[i] = c.keep(i)
	}
	return k
}
