package op

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// LayerNorm normalises each example over its last axis.
//
//	forward   y  = (x − mean)/√(var + ε)·γ + β, mean and (biased) variance of the last axis
//	backward  see norm.go
//
// Shapes: x, y: n×…×c, γ, β: c. Backward needs x and the statistics.
//
// Source: Ba, Kiros and Hinton, Layer normalization, 2016.
var LayerNorm = define(Def{
	PerStep: true,
	Kind: spec.Kind{Name: "layer_norm", Doc: "Normalises each example over its last axis.", Attrs: []spec.Attr{
		{Name: "epsilon", Type: spec.Float, Default: 1e-5, Min: spec.Bound(0), OpenMin: true,
			Doc: "ε: added to the variance."},
	}},
	Params: func(l *Layer) []*ir.Param { return scaleAndShift(l) },
	Shape:  sameShape, Through: true,
	Forward: func(c *Call) {
		g := rowGroups(c)
		mean, variance := g.moments(c.X[0].Data)
		g.normalize(c.Y.Data, c.X[0].Data, c.P[0].Data, c.P[1].Data, mean, variance, c.Layer.Node.Float("epsilon"))
	},
	Backward: func(c *Call) {
		rowGroups(c).backward(c.DX[0].Data, c.DP[0].Data, c.DP[1].Data, c.DY.Data, c.X[0].Data, c.P[0].Data,
			c.Layer.Node.Float("epsilon"))
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		return b.Node(ir.LayerNormPrim, "", []*ir.Value{x[0], b.Param(l.Params[0]), b.Param(l.Params[1])}, "epsilon",
			l.Node.Float("epsilon")).Results[0]
	},
	Bound: func(c *Call) []float64 {
		return rowGroups(c).bound(c.Y.Data, c.X[0].Data, c.P[0].Data, c.P[1].Data, c.Layer.Node.Float("epsilon"))
	},
	GradBound: func(c *Call) (dx, dp [][]float64) {
		x, scale, shift := rowGroups(c).gradBound(c.DY.Data, c.X[0].Data, c.P[0].Data, c.Layer.Node.Float("epsilon"))
		return [][]float64{x}, [][]float64{scale, shift}
	},
	Cases: []Case{{In: []ir.Shape{{4}}}, {In: []ir.Shape{{33}}}, {In: []ir.Shape{{3, 8}}}},
})

func rowGroups(c *Call) groups {
	f := c.X[0].Shape[len(c.X[0].Shape)-1]
	return groups{count: len(c.X[0].Data) / f, size: f, per: 1, start: f, run: f}
}

// scaleAndShift returns γ = 1 and β = 0 for the last axis.
func scaleAndShift(l *Layer) []*ir.Param {
	s := l.InShape(0)
	f := s[len(s)-1]
	return []*ir.Param{
		{Name: "gamma", Shape: ir.Shape{f}, FanIn: 1, FanOut: 1, Init: spec.Node{Kind: "ones"}},
		{Name: "beta", Shape: ir.Shape{f}, FanIn: 1, FanOut: 1, Init: spec.Node{Kind: "zeros"}},
	}
}
