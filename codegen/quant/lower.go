package quant

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

// prims are the primitives of the kinds of units, with an int8 and with a float32 result.
var prims = map[Kind][2]*ir.Prim{
	Dense:       {ir.QuantDense, ir.QuantDenseFloat},
	Conv:        {ir.QuantConv, ir.QuantConvFloat},
	Depthwise:   {ir.QuantDepthwise, ir.QuantDepthwiseFloat},
	MaxPool:     {ir.QuantMaxPool},
	AveragePool: {ir.QuantAveragePool},
	Add:         {ir.QuantAdd},
	Lookup:      {ir.QuantLookup},
	Embedding:   {ir.QuantRows},
	SimpleRNN:   {ir.QuantSimple},
	LSTM:        {ir.QuantLSTM},
	GRU:         {ir.QuantGRU},
	GRUBefore:   {ir.QuantGRUBefore},
	ToInt8:      {ir.QuantizePrim},
	ToFloat:     {0: ir.DequantizePrim, 1: ir.DequantizePrim},
}

// movers are the primitives that move int8 numbers, by those that move float32 numbers.
var movers = map[*ir.Prim]*ir.Prim{ir.PadPrim: ir.QuantPad, ir.CropPrim: ir.QuantCrop, ir.SlicePrim: ir.QuantCrop,
	ir.EnlargePrim: ir.QuantNearest, ir.TransposePrim: ir.QuantTranspose}

// prim returns the primitive of a unit.
func (u *Unit) prim() *ir.Prim {
	if u.Integer() {
		return prims[u.Kind][0]
	}
	return prims[u.Kind][1]
}

// Lower returns the graph of predictions.
func (q *Network) Lower() *ir.Graph {
	b := ir.NewBuilder(q.Net.Spec.Name)
	values := map[*Unit]*ir.Value{}
	for _, u := range q.Units {
		b.Layer, b.Pos = u.Name, u.pos()
		in := u.inputs(values)
		v := u.lower(b, in)
		if len(in) == 0 || v != in[0] {
			v.Label = u.Name
			if u.Kind == ToInt8 || u.Kind == ToFloat {
				v.Label += ", " + v.DType().String()
			}
		}
		values[u] = v
		for _, l := range u.Layers {
			b.Graph.Layers = append(b.Graph.Layers, ir.Output{Name: l.Name, Value: v})
		}
	}
	for i, o := range q.Net.Outputs {
		b.Graph.Outputs = append(b.Graph.Outputs, ir.Output{Name: o.Name, Value: values[q.outputs[i]]})
	}
	return b.Graph
}

// inputs returns the values that a unit reads.
func (u *Unit) inputs(values map[*Unit]*ir.Value) (in []*ir.Value) {
	for _, x := range u.In {
		in = append(in, values[x])
	}
	return in
}

// lower appends the primitives of a unit and returns its result.
func (u *Unit) lower(b *ir.Builder, in []*ir.Value) *ir.Value {
	args := in
	if u.Kind.Recurrent() {
		args = in[:1:1] // a mask comes last
	}
	for i, p := range u.Params {
		if u.Kind == Concat { // each value with its table
			if i == 0 {
				args = nil
			}
			args = append(args, in[i])
		}
		args = append(args, b.Param(p))
	}
	switch u.Kind {
	case Float:
		return u.Layers[0].Def.Lower(b, u.Layers[0], in)
	case View:
		return b.Reshape(in[0], u.shape)
	case Conv, Depthwise:
		return b.QuantConvNode(u.prim(), u.node, args)
	case MaxPool, AveragePool:
		n := &ir.Node{Prim: u.prim(), Args: in, Attrs: u.node.Attrs, Layer: b.Layer, Pos: b.Pos}
		y := b.Append(n).Results[0]
		if !y.Shape.Row().Equal(u.shape) {
			y = b.Reshape(y, u.shape)
		}
		return y
	case Move:
		return u.move(b, args)
	case SimpleRNN, LSTM, GRU, GRUBefore:
		var attrs []any
		if u.node.Bool("reverse") {
			attrs = append(attrs, "reverse", true)
		}
		if len(u.shape) == 2 {
			attrs = append(attrs, "all", true)
		}
		return b.Node(u.prim(), "", append(args, in[1:]...), attrs...).Results[0]
	case Concat:
		return b.Node(ir.QuantConcat, "", args).Results[0]
	}
	return b.Node(u.prim(), "", args).Results[0]
}

// move appends what moves numbers. Columns are taken by a primitive of images, with a number in each pixel.
func (u *Unit) move(b *ir.Builder, args []*ir.Value) *ir.Value {
	n := &ir.Node{Prim: movers[u.node.Prim], F: u.node.F, Attrs: u.node.Attrs, Layer: b.Layer, Pos: b.Pos}
	shape := u.node.Args[0].Shape.Row()
	if u.node.Prim == ir.SlicePrim {
		cols := shape[len(shape)-1]
		shape = ir.Shape{shape.Size() / cols, cols, 1}
		n.Attrs = nil
		n.Set("axes", 3)
		n.Set("size", ir.Shape{shape[0], u.node.Int("width")}.String())
		n.Set("before", ir.Shape{0, u.node.Int("offset")}.String())
	}
	n.Args = append([]*ir.Value{b.Reshape(args[0], shape)}, args[1:]...)
	return b.Reshape(b.Append(n).Results[0], u.shape)
}

// kernel returns the layer that holds the weights of a product.
func (u *Unit) kernel() *op.Layer { return u.Layers[0] }
