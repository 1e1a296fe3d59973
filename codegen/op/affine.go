package op

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Affine multiplies each feature by a factor of its own, and adds a summand of its own: what a norm does behind its
// statistics, and what is called LayerScale without the summand.
//
//	forward   y  = γ∘x + β
//	backward  dx = γ∘dy;  dγ = Σ dy∘x, dβ = Σ dy
//
// Shapes: x, y: n×…×c, γ, β: c, of the last axis. Backward needs x.
//
// Source: Touvron et al., Going deeper with image transformers, 2021; ResMLP, 2021.
var Affine = define(Def{
	Kind: spec.Kind{Name: "affine", Doc: "A factor and a summand for each feature: γ∘x + β.", Attrs: []spec.Attr{
		{Name: "use_bias", Type: spec.Bool, Default: true, Doc: "Whether summands are added."},
		{Name: "gamma_initializer", Type: spec.Nodes, Family: spec.InitializerFamily, Default: spec.Node{Kind: "ones"},
			Doc: "Initial factors; LayerScale begins with a small constant."},
		{Name: "beta_initializer", Type: spec.Nodes, Family: spec.InitializerFamily,
			Default: spec.Node{Kind: "zeros"}, Doc: "Initial summands."},
	}},
	PerStep: true,
	Shape:   sameShape,
	Params: func(l *Layer) []*ir.Param {
		c := lastOf(l.InShape(0))
		gamma := &ir.Param{Name: "gamma", Shape: ir.Shape{c}, FanIn: 1, FanOut: 1}
		gamma.Attrs.Initializer = "gamma_initializer"
		if !l.Node.Bool("use_bias") {
			return []*ir.Param{gamma}
		}
		beta := &ir.Param{Name: "beta", Shape: ir.Shape{c}, FanIn: 1, FanOut: 1}
		beta.Attrs.Initializer = "beta_initializer"
		return []*ir.Param{gamma, beta}
	},
	Forward: func(c *Call) {
		for i, x := range c.X[0].Data {
			c.Y.Data[i] = x * c.feature(0, i)
			if len(c.P) > 1 {
				c.Y.Data[i] += c.feature(1, i)
			}
		}
	},
	Backward: func(c *Call) {
		for i, dy := range c.DY.Data {
			j := i % len(c.P[0].Data)
			c.DX[0].Data[i] += dy * c.P[0].Data[j]
			c.DP[0].Data[j] += dy * c.X[0].Data[i]
			if len(c.P) > 1 {
				c.DP[1].Data[j] += dy
			}
		}
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		y := b.ScaleRow(x[0], b.Param(l.Params[0]))
		if len(l.Params) > 1 {
			y = b.Bias(y, b.Param(l.Params[1]))
		}
		return y
	},
	Exact: exactSums,
	Bound: func(c *Call) []float64 {
		b := make([]float64, len(c.Y.Data))
		for i, x := range c.X[0].Data {
			b[i] = 2*u*math.Abs(x*c.feature(0, i)) + u*math.Abs(c.Y.Data[i]) + tiny
		}
		return b
	},
	GradBound: func(c *Call) (dx, dp [][]float64) {
		dp = zerosLike(c.DP)
		d := make([]float64, len(c.DY.Data))
		terms := len(c.DY.Data)/len(c.P[0].Data) + 1
		for i, dy := range c.DY.Data {
			j := i % len(c.P[0].Data)
			d[i] = 2*u*math.Abs(dy*c.P[0].Data[j]) + tiny
			dp[0][j] += gamma(terms) * math.Abs(dy*c.X[0].Data[i])
			if len(dp) > 1 {
				dp[1][j] += gamma(terms) * math.Abs(dy)
			}
		}
		return [][]float64{d}, dp
	},
	Cases: []Case{{In: []ir.Shape{{7}}}, {In: []ir.Shape{{3, 17}},
		Attrs: "use_bias: false, gamma_initializer: {constant: {value: 0.1}}"}},
})

// feature returns the number of parameter k for element i.
func (c *Call) feature(k, i int) float64 { return c.P[k].Data[i%len(c.P[k].Data)] }
