package op

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// TimeDistributed applies a layer to each step of a sequence, with the same weights.
//
//	forward   y[t] = f(x[t])
//	backward  dx[t] = that of f at x[t]; gradients of the weights are added over the steps
//
// Shapes: x: n×t×any, y: n×t×what the layer makes of any. Forward and backward are those of the layer on n·t examples.
//
// Source: Keras' TimeDistributed.
var TimeDistributed *Def

// perStep are the kinds that time_distributed takes.
func perStep() []*Def {
	return slices.DeleteFunc(All(), func(d *Def) bool { return !d.PerStep })
}

func init() {
	TimeDistributed = define(Def{
		Kind: spec.Kind{Name: "time_distributed", Doc: "A layer on each step of a sequence, with the same weights.",
			Short: "layer", Attrs: []spec.Attr{
				{Name: "layer", Type: spec.Nodes, Family: spec.PerStepFamily, Required: true,
					Doc: "The layer, such as {conv2d: {filters: 8, kernel_size: 3}}."},
			}},
		Params: func(l *Layer) []*ir.Param {
			if f := Inner(l); f.Def.Params != nil {
				return f.Def.Params(f)
			}
			return nil
		},
		Shape: func(l *Layer) (ir.Shape, error) {
			in := l.InShape(0)
			if len(in) < 2 {
				return nil, &shapeError{msg: fmt.Sprintf("time_distributed needs n×t×any input, but %q gives n×%s", l.In[0].Name,
					in)}
			}
			f := Inner(l)
			if _, sparse := f.Node.Node("sparsity"); sparse {
				return nil, &shapeError{at: "layer", msg: "a layer on each step cannot have a mask",
					hint: "a dense layer reads n×t×f by itself"}
			}
			s, err := f.Def.Shape(f)
			if err != nil {
				return nil, err
			}
			return append(ir.Shape{in[0]}, s...), nil
		},
		Draws:    func(l *Layer) int { return l.InShape(0)[0] * Inner(l).DrawsEach() },
		Forward:  func(c *Call) { f := innerCall(c); f.Layer.Def.Forward(f) },
		Backward: func(c *Call) { f := innerCall(c); f.Layer.Def.Backward(f) },
		Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
			f := Inner(l)
			if f.Def == Flatten {
				return b.Reshape(x[0], l.Shape)
			}
			return f.Def.Lower(b, f, x)
		},
		Exact: func(c *Call) bool {
			f := innerCall(c)
			return f.Layer.Def.Exact != nil && f.Layer.Def.Exact(f)
		},
		Bound:     func(c *Call) []float64 { f := innerCall(c); return f.Layer.Def.Bound(f) },
		GradBound: func(c *Call) (dx, dp [][]float64) { f := innerCall(c); return f.Layer.Def.GradBound(f) },
		MACs:      func(l *Layer) int64 { return int64(l.InShape(0)[0]) * Inner(l).MACs() },
		Kinks:     []float64{0},
		Cases: []Case{
			{In: []ir.Shape{{3, 4}}, Attrs: "layer: {dense: {units: 5, activation: relu}}"},
			{In: []ir.Shape{{3, 5, 4, 2}}, Attrs: "layer: {conv2d: {filters: 3, kernel_size: 2, strides: 2, padding: same}}"},
			{In: []ir.Shape{{2, 6, 3}},
				Attrs: "layer: {conv1d: {filters: 4, kernel_size: 3, padding: causal, activation: tanh}}"},
			{In: []ir.Shape{{2, 5, 4, 3}}, Attrs: "layer: {depthwise_conv2d: {kernel_size: 2}}"},
			{In: []ir.Shape{{2, 5, 4, 3}}, Attrs: "layer: {separable_conv2d: {filters: 2, kernel_size: 2}}"},
			{In: []ir.Shape{{2, 6, 3}}, Attrs: "layer: {separable_conv1d: {filters: 4, kernel_size: 3, padding: causal}}"},
			{In: []ir.Shape{{2, 3, 4}}, Attrs: "layer: {unit_norm: {epsilon: 0.5}}"},
			{In: []ir.Shape{{2, 3, 3, 2}}, Attrs: "layer: {conv2d_transpose: {filters: 3, kernel_size: 2, strides: 2}}"},
			{In: []ir.Shape{{3, 4, 6, 2}}, Attrs: "layer: {max_pool2d: {pool_size: 2}}"},
			{In: []ir.Shape{{3, 4, 2}}, Attrs: "layer: global_average_pool1d"},
			{In: []ir.Shape{{3, 2, 2, 2}}, Attrs: "layer: {up_sampling2d: {size: 2, interpolation: bilinear}}"},
			{In: []ir.Shape{{3, 2, 2}}, Attrs: "layer: flatten"},
			{In: []ir.Shape{{3, 2, 4}}, Attrs: "layer: layer_norm"},
			{In: []ir.Shape{{3, 4, 2}}, Attrs: "layer: {gru: {units: 3}}"},
			{In: []ir.Shape{{2, 3, 2}}, Attrs: "layer: {lstm: {units: 2, return_sequences: true, go_backwards: true}}"},
		},
	})
}

// Inner returns the layer that works on one step.
func Inner(l *Layer) *Layer {
	node, _ := l.Node.Node("layer")
	in := *l.In[0]
	in.Shape = in.Shape[1:]
	f := &Layer{Name: l.Name, Def: ByName(node.Kind), Node: node, In: []*Layer{&in}, Params: l.Params, Index: l.Index,
		Stream: l.Stream, Pos: l.Pos}
	if len(l.Shape) > 0 {
		f.Shape = l.Shape[1:]
	}
	return f
}

// innerCall returns the evaluation of the layer on all steps, as examples.
func innerCall(c *Call) *Call {
	f := *c
	f.Layer, f.N = Inner(c.Layer), c.N*c.X[0].Shape[1]
	steps := func(t Tensor) Tensor {
		if t.Data == nil {
			return t
		}
		return Tensor{Shape: append(ir.Shape{f.N}, t.Shape[2:]...), Data: t.Data}
	}
	f.X, f.Y, f.DY = []Tensor{steps(c.X[0])}, steps(c.Y), steps(c.DY)
	if c.DX != nil {
		f.DX = []Tensor{steps(c.DX[0])}
	}
	return &f
}
