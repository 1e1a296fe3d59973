package op

import (
	"fmt"
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Clip keeps elements between two limits.
//
//	forward   y  = min(max(x, min), max)
//	backward  dx = dy where min < x < max, else 0
//
// Shapes: x, y: any. No parameters. Backward needs y. With its defaults it is PyTorch's Hardtanh.
var Clip = defineClip(spec.Kind{Name: "clip", Doc: "Elements between two limits: min(max(x, min), max).",
	Attrs: []spec.Attr{
		{Name: "min", Type: spec.Float, Default: -1.0, Min: spec.Bound(-3e38),
			Max: spec.Bound(3e38), Doc: "The lower limit."},
		{Name: "max", Type: spec.Float, Default: 1.0, Min: spec.Bound(-3e38), Max: spec.Bound(3e38), Doc: "The upper limit."},
	}}, "", func(n spec.Node) (lo, hi float64) { return n.Float("min"), n.Float("max") },
	"", "min: -0.3, max: 1.7", "min: 0.5, max: 0.75")

// defineClip adds an activation that keeps elements between the limits that a use of it has. The initializer is that of
// weights in front; the cases are attributes.
func defineClip(k spec.Kind, initializer string, limits func(n spec.Node) (lo, hi float64), cases ...string) *Def {
	rounded := func(c *Call) (lo, hi float64) {
		lo, hi = limits(c.Layer.Node)
		return float64(float32(lo)), float64(float32(hi))
	}
	d := Def{
		Kind: k, Activation: true, Initializer: initializer,
		Shape: func(l *Layer) (ir.Shape, error) {
			if lo, hi := limits(l.Node); lo >= hi {
				return nil, &shapeError{at: "max", msg: fmt.Sprintf("the limit max %v is not above min %v", hi, lo)}
			}
			return l.InShape(0), nil
		},
		Forward: func(c *Call) {
			lo, hi := rounded(c)
			for i, x := range c.X[0].Data {
				c.Y.Data[i] = math.Min(math.Max(x, lo), hi)
			}
		},
		Backward: func(c *Call) {
			lo, hi := rounded(c)
			for i, x := range c.X[0].Data {
				if lo < x && x < hi {
					c.DX[0].Data[i] += c.DY.Data[i]
				}
			}
		},
		Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
			lo, hi := limits(l.Node)
			return b.Clip(x[0], lo, hi)
		},
		Exact: func(c *Call) bool {
			lo, hi := rounded(c)
			return isGrid(lo) && isGrid(hi) && exactSums(c)
		},
		Bound:     exact,
		GradBound: exactGrad,
		Kinks:     []float64{-1, -0.3, 0, 0.5, 0.75, 1, 1.7, 6},
	}
	for i, attrs := range cases {
		d.Cases = append(d.Cases, Case{In: []ir.Shape{{1 + 16*i}}, Attrs: attrs})
	}
	return define(d)
}
