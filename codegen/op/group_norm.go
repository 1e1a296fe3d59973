package op

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// GroupNorm normalises groups of neighbouring channels of each example, over all its rows and columns or steps.
//
//	forward   y  = (x − mean)/√(var + ε)·γ + β, mean and (biased) variance of the group
//	backward  see norm.go
//
// Shapes: x, y: n×…×c, γ, β: c. The batch plays no part, in training neither. Backward needs x and the statistics.
//
// Source: Wu and He, Group normalization, 2018.
var GroupNorm = define(Def{
	Kind: spec.Kind{Name: "group_norm", Doc: "Normalises groups of channels of each example.",
		Short: "groups", Attrs: []spec.Attr{
			{Name: "groups", Type: spec.Int, Default: 32, Min: spec.Bound(1), Doc: "Parts that the channels are cut into."},
			{Name: "epsilon", Type: spec.Float, Default: 1e-5, Min: spec.Bound(0), OpenMin: true,
				Doc: "ε: added to the variance."},
			{Name: "center", Type: spec.Bool, Default: true, Doc: "Whether β is added."},
			{Name: "scale", Type: spec.Bool, Default: true, Doc: "Whether to multiply by γ."},
		}},
	Through: true,
	Params: func(l *Layer) []*ir.Param {
		var p []*ir.Param
		for i, name := range []string{"scale", "center"} {
			if l.Node.Bool(name) {
				p = append(p, scaleAndShift(l)[i])
			}
		}
		return p
	},
	Shape: func(l *Layer) (ir.Shape, error) {
		s := l.InShape(0)
		if g := l.Node.Int("groups"); lastOf(s)%g != 0 {
			return nil, &shapeError{at: "groups", msg: fmt.Sprintf("%d groups do not divide the %d channels of %q, n×%s", g,
				lastOf(s), l.In[0].Name, s)}
		}
		return s, nil
	},
	Forward: func(c *Call) {
		g, v := channelGroups(c), affineOf(c)
		mean, variance := g.moments(c.X[0].Data)
		g.normalize(c.Y.Data, c.X[0].Data, v.scale, v.shift, mean, variance, c.Layer.Node.Float("epsilon"))
	},
	Backward: func(c *Call) {
		v := affineOf(c)
		channelGroups(c).backward(c.DX[0].Data, v.dscale, v.dshift, c.DY.Data, c.X[0].Data, v.scale,
			c.Layer.Node.Float("epsilon"))
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		args := []*ir.Value{x[0]}
		for _, p := range l.Params {
			args = append(args, b.Param(p))
		}
		return b.Node(ir.GroupNormPrim, "", args, "groups", l.Node.Int("groups"), "steps", l.Shape.Size()/lastOf(l.Shape),
			"scale", l.Node.Bool("scale"), "center", l.Node.Bool("center"), "epsilon", l.Node.Float("epsilon")).Results[0]
	},
	Shut:  groupShut,
	Exact: groupShut,
	ExactGrad: func(c *Call) (dx, dp []bool) {
		if !groupShut(c) {
			return nil, nil
		}
		return shutGrad(c)
	},
	Bound: func(c *Call) []float64 {
		v := affineOf(c)
		return channelGroups(c).bound(c.Y.Data, c.X[0].Data, v.scale, v.shift, c.Layer.Node.Float("epsilon"))
	},
	GradBound: func(c *Call) (dx, dp [][]float64) {
		x, scale, shift := channelGroups(c).gradBound(c.DY.Data, c.X[0].Data, affineOf(c).scale,
			c.Layer.Node.Float("epsilon"))
		for i, name := range []string{"scale", "center"} {
			if c.Layer.Node.Bool(name) {
				dp = append(dp, [][]float64{scale, shift}[i])
			}
		}
		return [][]float64{x}, dp
	},
	Cases: []Case{
		{In: []ir.Shape{{3, 2, 8}}, Attrs: "groups: 2"},
		{In: []ir.Shape{{5, 17}}, Attrs: "groups: 1, epsilon: 0.01, center: false"},
		{In: []ir.Shape{{2, 3, 6}}, Attrs: "groups: 3, scale: false"},
		{In: []ir.Shape{{64}}, Attrs: "center: false, scale: false"},
	},
})

// channelGroups returns the groups of each example.
func channelGroups(c *Call) groups {
	f, per, size := lastOf(c.X[0].Shape), c.Layer.Node.Int("groups"), len(c.X[0].Data)/c.N
	return groups{count: c.N * per, size: size / per, per: per, start: size, stride: f, run: f / per}
}

// affine holds γ and β with their gradients; ones and zeros, and nothing that is kept, where the layer has none.
type affine struct{ scale, shift, dscale, dshift []float64 }

func affineOf(c *Call) affine {
	f := lastOf(c.X[0].Shape)
	v := affine{make([]float64, f), make([]float64, f), make([]float64, f), make([]float64, f)}
	for i := range v.scale {
		v.scale[i] = 1
	}
	at := 0
	for i, name := range []string{"scale", "center"} {
		if !c.Layer.Node.Bool(name) {
			continue
		}
		*[]*[]float64{&v.scale, &v.shift}[i] = c.P[at].Data
		if c.DP != nil {
			*[]*[]float64{&v.dscale, &v.dshift}[i] = c.DP[at].Data
		}
		at++
	}
	return v
}

// groupShut tells whether there is a scale, of 0.
func groupShut(c *Call) bool { return c.Layer.Node.Bool("scale") && isShut(c) }
