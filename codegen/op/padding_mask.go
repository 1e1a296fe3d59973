package op

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// PaddingMask tells which tokens count: token 0 stands for padding, as with Keras' mask_zero.
//
//	forward   y = 1 where x ≥ ½, else 0
//	backward  none: tokens have no gradient
//
// Shapes: x, y: n×t (or any), tokens. The result is a mask for recurrent layers and attention. Masking is for features.
var PaddingMask = define(Def{
	Kind: spec.Kind{Name: "padding_mask",
		Doc: "1 for each token but 0, which is padding: a mask for recurrent layers and attention.", Attrs: []spec.Attr{
			{Name: "input_dim", Type: spec.Int, Min: spec.Bound(1), Max: spec.Bound(1 << 24),
				Doc: "Size of the vocabulary; that of the input's tokens, or any, if left out."},
		}},
	Params: func(*Layer) []*ir.Param {
		constant := func(name string, v float64) *ir.Param {
			return &ir.Param{Name: name, Shape: ir.Shape{1}, Role: ir.Constant,
				Init: spec.Node{Kind: "zeros"}, Values: []float64{v}}
		}
		return []*ir.Param{constant("center", 0.5), constant("scale", 1)}
	},
	Shape: func(l *Layer) (ir.Shape, error) {
		if l.In[0].Def != Input {
			return nil,
				&shapeError{msg: fmt.Sprintf("padding_mask reads tokens, which are whole numbers, but %q computes what it gives",
					l.In[0].Name), hint: "name an input: from: …"}
		}
		return l.InShape(0), nil
	},
	Tokens: func(l *Layer) int {
		if n := vocabularySize(l); n > 0 {
			return n
		}
		return 1 << 24
	},
	Forward: func(c *Call) {
		for i, x := range c.X[0].Data {
			c.Y.Data[i] = 0
			if x >= 0.5 {
				c.Y.Data[i] = 1
			}
		}
	},
	Backward: func(*Call) {},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		above := b.Node(ir.AffinePrim, "", []*ir.Value{x[0], b.Param(l.Params[0]), b.Param(l.Params[1])}).Results[0]
		return b.Map("step", above)
	},
	Exact:     exactSums,
	Bound:     exact,
	GradBound: func(c *Call) (dx, dp [][]float64) { return zerosLike(c.DX), zerosLike(c.DP) },
	MACs:      func(*Layer) int64 { return 0 },
	Cases: []Case{
		{In: []ir.Shape{{6}}, Attrs: "input_dim: 3"},
		{In: []ir.Shape{{2, 3}}, Attrs: "input_dim: 2"},
	},
})
