package op

import (
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// GaussianNoise adds normal noise in training.
//
//	forward   y  = x + stddev·z, z the normal quantile of the element's draw + 2⁻³³; y = x in inference
//	backward  dx = dy
//
// Shapes: x, y: any. No parameters. The noise is a function of seed, layer, step and element.
var GaussianNoise = define(Def{
	Kind: spec.Kind{Name: "gaussian_noise", Doc: "Adds normal noise in training; nothing in inference.",
		Short: "stddev", Attrs: []spec.Attr{
			{Name: "stddev", Type: spec.Float, Required: true, Min: spec.Bound(0), Doc: "Standard deviation of the noise."},
		}},
	Shape: sameShape, Through: true, Trains: true,
	Forward: func(c *Call) {
		for i, x := range c.X[0].Data {
			c.Y.Data[i] = x + c.noise(i)
		}
	},
	Backward: func(c *Call) {
		for i, dy := range c.DY.Data {
			c.DX[0].Data[i] += dy
		}
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		if !b.Training || l.Node.Float("stddev") == 0 {
			return x[0]
		}
		return b.Noise(x[0], l.Node.Float("stddev"), l.Stream)
	},
	Exact: func(c *Call) bool { return !c.Training && exactSums(c) },
	Bound: func(c *Call) []float64 {
		b := scaled(1, c.Y.Data)
		for i := range b {
			b[i] += 2 * u * abs(c.noise(i))
		}
		return b
	},
	GradBound: exactGrad,
	Cases: []Case{{In: []ir.Shape{{5}}, Attrs: "stddev: 0.5"}, {In: []ir.Shape{{3, 11}}, Attrs: "stddev: 0.1"},
		{In: []ir.Shape{{4}}, Attrs: "stddev: 0.0"}},
})

// noise returns what is added to element i.
func (c *Call) noise(i int) float64 {
	if !c.Training {
		return 0
	}
	return c.Layer.Node.Float("stddev") * distuv.UnitNormal.Quantile(c.Draw(i)+0x1p-33)
}
