package op

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Rescaling multiplies by a given number and adds another.
//
//	forward   y  = scale·x + offset
//	backward  dx = scale·dy
//
// Shapes: x, y: any. No parameters.
//
// Source: Keras' Rescaling.
var Rescaling = define(Def{
	Kind: spec.Kind{Name: "rescaling", Doc: "Given numbers as factor and summand: scale·x + offset.",
		Short: "scale", Attrs: []spec.Attr{
			{Name: "scale", Type: spec.Float, Default: 1.0, Doc: "What elements are multiplied by."},
			{Name: "offset", Type: spec.Float, Default: 0.0, Doc: "What is added after the product."},
		}},
	PerStep: true,
	Shape:   sameShape,
	Forward: func(c *Call) {
		scale, offset := c.rescaling()
		for i, x := range c.X[0].Data {
			c.Y.Data[i] = scale*x + offset
		}
	},
	Backward: func(c *Call) {
		scale, _ := c.rescaling()
		for i, dy := range c.DY.Data {
			c.DX[0].Data[i] += scale * dy
		}
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		y, offset := x[0], l.Node.Float("offset")
		if scale := l.Node.Float("scale"); scale != 1 {
			y = b.Scale(y, scale)
		}
		if offset != 0 {
			y = b.Shift(y, offset)
		}
		return y
	},
	Exact: func(c *Call) bool {
		return isGrid(c.Layer.Node.Float("scale")) && isGrid(c.Layer.Node.Float("offset")) && exactSums(c)
	},
	Bound: func(c *Call) []float64 {
		scale, offset := c.rescaling()
		b := make([]float64, len(c.Y.Data))
		for i, x := range c.X[0].Data {
			b[i] = 3*u*(math.Abs(scale*x)+math.Abs(offset)) + tiny
		}
		return b
	},
	GradBound: func(c *Call) (dx, dp [][]float64) {
		scale, _ := c.rescaling()
		return [][]float64{scaled(2*math.Abs(scale), c.DY.Data)}, nil
	},
	Cases: []Case{{In: []ir.Shape{{5}}, Attrs: "scale: -1, offset: 1"}, {In: []ir.Shape{{3, 17}}, Attrs: "scale: 0.1"},
		{In: []ir.Shape{{2}}, Attrs: "offset: -0.3"}},
})

// rescaling returns the attributes as float32 code has them.
func (c *Call) rescaling() (scale, offset float64) {
	return float64(float32(c.Layer.Node.Float("scale"))), float64(float32(c.Layer.Node.Float("offset")))
}
