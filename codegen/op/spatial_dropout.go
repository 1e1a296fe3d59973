package op

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// SpatialDropout2D drops whole channels of an image at random in training, and scales the others so that the mean
// stays.
//
//	forward   y  = x/(1 − rate) where the draw of the example's channel is at least rate, else 0; y = x in inference
//	backward  dx = dy/(1 − rate) where it is, else 0
//
// Shapes: x, y: n×h×w×c. No parameters. The mask is a function of seed, layer, step, example and channel.
//
// Source: Tompson et al., Efficient object localization using convolutional networks, 2015, §3.2.
var SpatialDropout2D = defineSpatial(Def{
	Kind: spec.Kind{Name: "spatial_dropout2d",
		Doc: "Drops whole channels of an image in training; nothing in inference."},
	Cases: []Case{{In: []ir.Shape{{2, 3, 5}}, Attrs: "rate: 0.5"}, {In: []ir.Shape{{1, 1, 70}}, Attrs: "rate: 0.3"},
		{In: []ir.Shape{{2, 1, 3}}, Attrs: "rate: 0.0"}},
}, 3)

// SpatialDropout1D drops whole channels of a sequence: spatial_dropout2d with height 1.
//
// Shapes: x, y: n×t×c.
var SpatialDropout1D = defineSpatial(Def{
	Kind: spec.Kind{Name: "spatial_dropout1d",
		Doc: "Drops whole channels of a sequence in training; nothing in inference."},
	Cases: []Case{{In: []ir.Shape{{4, 5}}, Attrs: "rate: 0.4"}},
}, 2)

// defineSpatial adds a kind that drops the channels of an example of some axes.
func defineSpatial(d Def, rank int) *Def {
	d.Kind.Short, d.Through, d.Trains = "rate", true, true
	d.Kind.Attrs = []spec.Attr{{Name: "rate", Type: spec.Float, Required: true, Min: spec.Bound(0), Max: spec.Bound(1),
		OpenMax: true, Doc: "Share of the channels that is dropped."}}
	d.Draws = func(l *Layer) int { return l.Shape[len(l.Shape)-1] }
	// factor returns the factor of element i.
	factor := func(c *Call, i int) float64 {
		channels, size := lastOf(c.Y.Shape), len(c.Y.Data)/c.N
		return c.keep(i/size*channels+i%channels, c.Layer.Node.Float("rate"))
	}
	d.Shape = func(l *Layer) (ir.Shape, error) {
		if in := l.InShape(0); len(in) != rank {
			return nil, &shapeError{msg: fmt.Sprintf("%s needs an input of %d axes, but %q gives n×%s",
				l.Def.Kind.Name, rank, l.In[0].Name, in)}
		}
		return l.InShape(0), nil
	}
	d.Forward = func(c *Call) {
		for i, x := range c.X[0].Data {
			c.Y.Data[i] = x * factor(c, i)
		}
	}
	d.Backward = func(c *Call) {
		for i, dy := range c.DY.Data {
			c.DX[0].Data[i] += dy * factor(c, i)
		}
	}
	d.Lower = func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		if !b.Training || l.Node.Float("rate") == 0 {
			return x[0]
		}
		return b.DropChannels(x[0], l.Node.Float("rate"), l.Stream)
	}
	d.Factors = func(c *Call) []float64 {
		k := make([]float64, len(c.Y.Data))
		for i := range k {
			k[i] = factor(c, i)
		}
		return k
	}
	d.Exact = func(c *Call) bool { return exactFactors(c.X[0].Data, d.Factors(c), c.Y.Data) }
	d.Bound = func(c *Call) []float64 { return scaled(4, c.Y.Data) }
	d.GradBound = func(c *Call) (dx, dp [][]float64) {
		b := make([]float64, len(c.DY.Data))
		for i, dy := range c.DY.Data {
			b[i] = 4*u*abs(dy*factor(c, i)) + tiny
		}
		return [][]float64{b}, nil
	}
	return define(d)
}
