package op

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// PReLU is the leaky rectifier with a learned slope for each feature.
//
//	forward   y  = x where x > 0, else α∘x
//	backward  dx = dy where x > 0, else α∘dy;  dα = Σ dy∘x where x ≤ 0
//
// Shapes: x, y: n×…×c, α: c, of the last axis. Backward needs x.
//
// Source: He et al., Delving deep into rectifiers, 2015.
var PReLU = define(Def{
	Kind: spec.Kind{Name: "prelu",
		Doc: "The rectifier with a learned slope for each feature, of the last axis: x where x > 0, else α·x.",
		Attrs: []spec.Attr{
			{Name: "alpha_initializer", Type: spec.Nodes, Family: spec.InitializerFamily,
				Default: spec.Node{Kind: "constant", Attrs: []spec.Value{{Name: "value", V: 0.25}}}, Doc: "Initial slopes."},
		}},
	Activation: true, Initializer: "he_uniform",
	Params: func(l *Layer) []*ir.Param {
		s := l.InShape(0)
		p := &ir.Param{Name: "alpha", Shape: ir.Shape{s[len(s)-1]}, FanIn: 1, FanOut: 1}
		p.Attrs.Initializer = "alpha_initializer"
		return []*ir.Param{p}
	},
	Shape: sameShape,
	Forward: func(c *Call) {
		for i, x := range c.X[0].Data {
			c.Y.Data[i] = x
			if !(x > 0) {
				c.Y.Data[i] = x * c.P[0].Data[i%len(c.P[0].Data)]
			}
		}
	},
	Backward: func(c *Call) {
		for i, x := range c.X[0].Data {
			j := i % len(c.P[0].Data)
			if x > 0 {
				c.DX[0].Data[i] += c.DY.Data[i]
			} else {
				c.DX[0].Data[i] += c.DY.Data[i] * c.P[0].Data[j]
				c.DP[0].Data[j] += c.DY.Data[i] * x
			}
		}
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		return b.Node(ir.PReLUPrim, "", []*ir.Value{x[0], b.Param(l.Params[0])}).Results[0]
	},
	Exact: exactSums,
	Bound: func(c *Call) []float64 { return scaled(2, c.Y.Data) },
	GradBound: func(c *Call) (dx, dp [][]float64) {
		d, a := scaled(0, c.DY.Data), make([]float64, len(c.P[0].Data))
		terms := len(c.DY.Data)/len(a) + 1
		for i, x := range c.X[0].Data {
			j := i % len(a)
			d[i] += 2 * u * math.Abs(c.DY.Data[i]*c.P[0].Data[j])
			a[j] += gamma(terms)*math.Abs(c.DY.Data[i]*x) + tiny
		}
		return [][]float64{d}, [][]float64{a}
	},
	Kinks: []float64{0},
	Cases: []Case{{In: []ir.Shape{{7}}}, {In: []ir.Shape{{3, 17}}}},
})
