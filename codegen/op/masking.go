package op

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Masking tells which steps of a sequence of features count: those of which some feature is not the value that stands
// for padding. It gives the mask alone, for recurrent layers and attention to read beside the sequence.
//
//	forward   y = 1 where |x − mask_value| > 0 for some feature of the step, else 0; a step with a NaN counts
//	backward  none: the derivative is 0 wherever it exists
//
// Shapes: x: n×t×f, y: n×t. No parameters that are learned.
//
// Source: Keras' Masking, which hands on the same mask with the sequence.
var Masking = define(Def{
	Kind: spec.Kind{Name: "masking",
		Doc: "1 for each step with a feature that is not mask_value, which is padding: a mask for recurrent layers and " +
			"attention.", Short: "mask_value", Attrs: []spec.Attr{
			{Name: "mask_value", Type: spec.Float, Default: 0.0,
				Doc: "What all features of a step of padding are, after the preprocessing of the input."},
		}},
	Params: func(l *Layer) []*ir.Param {
		constant := func(name string, v float64) *ir.Param {
			return &ir.Param{Name: name, Shape: ir.Shape{1}, Role: ir.Constant,
				Init: spec.Node{Kind: "zeros"}, Values: []float64{v}}
		}
		return []*ir.Param{constant("padding", l.Node.Float("mask_value")), constant("one", 1),
			constant("zero", 0), constant("minus", -1)}
	},
	Shape: func(l *Layer) (ir.Shape, error) {
		in := l.InShape(0)
		if len(in) != 2 {
			return nil, &shapeError{msg: fmt.Sprintf("masking needs n×t×f input, but %q gives n×%s", l.In[0].Name, in),
				hint: "padding_mask is for tokens"}
		}
		return in[:1], nil
	},
	Forward: func(c *Call) {
		f, padding := c.X[0].Shape[2], float64(float32(c.Layer.Node.Float("mask_value")))
		for i := range c.Y.Data {
			c.Y.Data[i] = 0
			for _, x := range c.X[0].Data[i*f:][:f] {
				if x != padding {
					c.Y.Data[i] = 1
				}
			}
		}
	},
	Backward: func(*Call) {},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		affine := func(x *ir.Value, center, scale int) *ir.Value {
			return b.Node(ir.AffinePrim, "", []*ir.Value{x, b.Param(l.Params[center]), b.Param(l.Params[scale])}).Results[0]
		}
		const padding, one, zero, minus = 0, 1, 2, 3
		t, f := l.InShape(0)[0], l.InShape(0)[1]
		distance := b.Reshape(b.Map("abs", affine(x[0], padding, one)), ir.Shape{t, f, 1})
		largest := b.Reshape(b.Pool(ir.MaxPool, distance, 2, [2]int{1, 1}, [2]int{1, f}, [2]int{0, 0}, [2]int{1, f}),
			ir.Shape{t})
		return affine(b.Map("step", affine(largest, zero, minus)), one, minus) // 1 − (−largest ≥ 0)
	},
	Exact:     exactSums,
	Bound:     exact,
	GradBound: func(c *Call) (dx, dp [][]float64) { return zerosLike(c.DX), zerosLike(c.DP) },
	MACs:      func(*Layer) int64 { return 0 },
	Cases: []Case{
		{In: []ir.Shape{{5, 3}}},
		{In: []ir.Shape{{4, 1}}, Attrs: "mask_value: -1"},
		{In: []ir.Shape{{1, 17}}, Attrs: "mask_value: 0.5"},
	},
})
