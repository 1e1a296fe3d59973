package op

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// GaussianDropout multiplies by normal numbers of mean 1 in training.
//
//	forward   y  = x·(1 + σ·z), z the normal quantile of the element's draw + 2⁻³³, σ = √(rate/(1 − rate)); y = x in inference
//	backward  dx = dy·(1 + σ·z)
//
// Shapes: x, y: any. No parameters. The factors are a function of seed, layer, step and element, so nothing is saved
// for the backward pass. Mean and variance are those of dropout.
//
// Source: Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, 2014, §10.
var GaussianDropout = define(Def{
	Kind: spec.Kind{Name: "gaussian_dropout",
		Doc: "Multiplies by normal numbers of mean 1 in training; nothing in inference.", Short: "rate", Attrs: []spec.Attr{
			{Name: "rate", Type: spec.Float, Required: true, Min: spec.Bound(0), Max: spec.Bound(1), OpenMax: true,
				Doc: "As that of dropout: the factors deviate by √(rate/(1 − rate))."},
		}},
	Shape: sameShape, Through: true, Trains: true,
	Forward: func(c *Call) {
		for i, x := range c.X[0].Data {
			c.Y.Data[i] = x * c.factor(i)
		}
	},
	Backward: func(c *Call) {
		for i, dy := range c.DY.Data {
			c.DX[0].Data[i] += dy * c.factor(i)
		}
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		if !b.Training || l.Node.Float("rate") == 0 {
			return x[0]
		}
		return b.GaussianDropout(x[0], deviation(l), l.Stream)
	},
	Exact: func(c *Call) bool { return !c.Training && exactSums(c) },
	Bound: func(c *Call) []float64 { return scaled(3, c.Y.Data) },
	GradBound: func(c *Call) (dx, dp [][]float64) {
		b := make([]float64, len(c.DY.Data))
		for i, dy := range c.DY.Data {
			b[i] = 3*u*abs(dy*c.factor(i)) + tiny
		}
		return [][]float64{b}, nil
	},
	Cases: []Case{{In: []ir.Shape{{5}}, Attrs: "rate: 0.5"}, {In: []ir.Shape{{3, 11}}, Attrs: "rate: 0.1"},
		{In: []ir.Shape{{4}}, Attrs: "rate: 0.0"}},
})

// deviation returns σ.
func deviation(l *Layer) float64 {
	rate := l.Node.Float("rate")
	return math.Sqrt(rate / (1 - rate))
}

// factor returns what element i is multiplied by.
func (c *Call) factor(i int) float64 {
	if !c.Training {
		return 1
	}
	return 1 + deviation(c.Layer)*distuv.UnitNormal.Quantile(c.Draw(i)+0x1p-33)
}
