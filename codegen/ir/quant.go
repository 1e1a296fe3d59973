package ir

import (
	"fmt"
	"slices"
)

// The primitives of quantised networks: package quant of the runtime. Activations are int8 numbers with a scale and a
// zero, which stand in parameters as all that a calibration finds, so that the code does not depend on it.
//
//	multiplier, shift  int32 for each channel: what brings a sum to the scale of the result
//	range              int32: the zero of x and of y, the lowest and the highest y
//	scale, zero        float32 and int32: of one value; scale of a product with a float32 result: one for each channel
//	table              int8 for each of 256 numbers
//	state              int32: what makes the outputs of a recurrent layer, and the fractional bits of its cells
var (
	QuantizePrim = row(Prim{Name: "quantize", Stream: StreamNever, NoVJP: true, Integer: true, DType: Int8,
		Doc: "y = clamp(round(x/scale) + zero)", Args: 3, Infer: like(0)})

	DequantizePrim = row(Prim{Name: "dequantize", Stream: StreamNever, NoVJP: true, Integer: true,
		Doc: "y = scale·(x − zero)", Args: 3, Infer: like(0)})

	// QuantDense reads x, w, bias, multiplier, shift and range; QuantDenseFloat x, w, bias and scale.
	QuantDense = row(Prim{Name: "quant.dense", Stream: StreamNever, NoVJP: true, Integer: true, DType: Int8,
		Doc: "y = x·W + b in integers, rescaled and clamped", Args: 6, Infer: quantProduct})

	QuantDenseFloat = row(Prim{Name: "quant.dense_float", Stream: StreamNever, NoVJP: true, Integer: true,
		Doc: "y = scale·(x·W + b), the sum in integers", Args: 4, Infer: quantProduct})

	// QuantConv and QuantDepthwise read x, w, bias, multiplier, shift and range; those with a float32 result x, w,
	// bias, scale and the zero of x.
	QuantConv = row(Prim{Name: "quant.conv", Stream: StreamNever, NoVJP: true, Integer: true, DType: Int8, Geometry: true,
		Doc: "y = x ∗ w + b in integers, rescaled and clamped", Args: 6, Attrs: convAttrs,
		Infer: quantFilter(filterIn, filterOut)})

	QuantConvFloat = row(Prim{Name: "quant.conv_float", Stream: StreamNever, NoVJP: true, Integer: true, Geometry: true,
		Doc: "y = scale·(x ∗ w + b), the sum in integers", Args: 5, Attrs: convAttrs,
		Infer: quantFilter(filterIn, filterOut)})

	QuantDepthwise = row(Prim{Name: "quant.depthwise", Stream: StreamNever, NoVJP: true, Integer: true,
		DType: Int8, Geometry: true,
		Doc: "quant.conv with filters for each channel of x", Args: 6, Attrs: convAttrs,
		Infer: quantFilter(depthwiseIn, depthwiseOut)})

	QuantDepthwiseFloat = row(Prim{Name: "quant.depthwise_float", Stream: StreamNever, NoVJP: true,
		Integer: true, Geometry: true,
		Doc: "quant.conv_float with filters for each channel of x", Args: 5, Attrs: convAttrs,
		Infer: quantFilter(depthwiseIn, depthwiseOut)})

	QuantMaxPool = row(Prim{Name: "quant.pool_max", Stream: StreamNever, NoVJP: true, Integer: true, DType: Int8,
		Doc: "the largest number of each window", Args: 1, Attrs: poolAttrs, Infer: planeSized})

	QuantAveragePool = row(Prim{Name: "quant.pool_average", Stream: StreamNever, NoVJP: true, Integer: true, DType: Int8,
		Doc: "the rounded mean of each window", Args: 1, Attrs: poolAttrs, Infer: planeSized})

	// QuantPad reads x and the number that stands for 0.
	QuantPad = row(Prim{Name: "quant.pad", Stream: StreamNever, NoVJP: true, Integer: true, DType: Int8,
		Doc: "x with a border of zeros", Args: 2, Attrs: borderAttrs, Infer: planeSized})

	QuantCrop = row(Prim{Name: "quant.crop", Stream: StreamNever, NoVJP: true, Integer: true, DType: Int8,
		Doc: "x without a border", Args: 1, Attrs: borderAttrs, Infer: planeSized})

	QuantNearest = row(Prim{Name: "quant.nearest", Stream: StreamNever, NoVJP: true, Integer: true, DType: Int8,
		Doc: "x grown by a factor, by repeating pixels", F: []string{"nearest"}, Args: 1,
		Attrs: []string{"axes int", "size shape"}, Infer: planeSized})

	QuantTranspose = row(Prim{Name: "quant.transpose", Stream: StreamNever, NoVJP: true, Integer: true, DType: Int8,
		Doc: "x with the axes of an example in another order", Args: 1, Attrs: []string{"perm shape"},
		Infer: TransposePrim.Infer})

	// QuantAdd reads a, b and the numbers of a quant.Add.
	QuantAdd = row(Prim{Name: "quant.add", Stream: StreamNever, NoVJP: true, Integer: true, DType: Int8,
		Doc: "y = a + b, each with its own scale", Args: 3, InPlace: []int{0, 1}, Infer: like(0)})

	// QuantConcat reads pairs of a value and the table that brings it to the scale of the result.
	QuantConcat = row(Prim{Name: "quant.concat", Stream: StreamNever, NoVJP: true, Integer: true, DType: Int8,
		Doc: "values side by side along the last axis, each by way of a table", Args: -1,
		Infer: func(n *Node) ([]Shape, error) {
			if len(n.Args)%2 != 0 {
				return nil, fmt.Errorf("%d arguments, want pairs", len(n.Args))
			}
			values := &Node{}
			for i := 0; i < len(n.Args); i += 2 {
				values.Args = append(values.Args, n.Args[i])
			}
			return concatShape(values)
		}})

	QuantLookup = row(Prim{Name: "quant.lookup", Stream: StreamNever, NoVJP: true, Integer: true, DType: Int8,
		Doc: "y = table[x]", Args: 2, InPlace: []int{0}, Infer: like(0)})

	// QuantRows reads tokens, in float32, and a table.
	QuantRows = row(Prim{Name: "quant.rows", Stream: StreamNever, NoVJP: true, Integer: true, DType: Int8,
		Doc: "y[i] = w[x[i]]", Args: 2,
		Infer: func(n *Node) ([]Shape, error) {
			return []Shape{append(slices.Clone(n.Args[0].Shape), n.Args[1].Shape[1])}, nil
		}})

	// Recurrent layers read x, w, v, bias, multiplier, shift and state, and perhaps a mask in float32; see package rnn
	// for the cells. With all, the result has all steps, else the last that is taken.
	QuantLSTM = row(Prim{Name: "quant.lstm", Stream: StreamNever, NoVJP: true, Integer: true, DType: Int8,
		Doc: "h of a long short-term memory, its products in 8 bits, its state in 16", Args: -1, Attrs: quantCellAttrs,
		Infer: quantCell(4)})

	QuantGRU = row(Prim{Name: "quant.gru", Stream: StreamNever, NoVJP: true, Integer: true, DType: Int8,
		Doc: "h of a gated recurrent unit, reset after the product, its products in 8 bits, its state in 16", Args: -1,
		Attrs: quantCellAttrs, Infer: quantCell(3)})

	QuantGRUBefore = row(Prim{Name: "quant.gru_before", Stream: StreamNever, NoVJP: true, Integer: true, DType: Int8,
		Doc: "h of a gated recurrent unit, reset before the product, its products in 8 bits, its state in 16", Args: -1,
		Attrs: quantCellAttrs, Infer: quantCell(3)})

	QuantSimple = row(Prim{Name: "quant.simple_rnn", Stream: StreamNever, NoVJP: true, Integer: true, DType: Int8,
		Doc: "h = tanh(x·w + h·v + b) over the steps of x, in integers", Args: -1, Attrs: quantCellAttrs,
		Infer: quantCell(1)})
)

var quantCellAttrs = []string{"reverse flag?", "all flag?"}

// quantCell is the shape rule of a recurrent layer with a number of gates.
func quantCell(gates int) func(n *Node) ([]Shape, error) {
	return func(n *Node) ([]Shape, error) {
		if len(n.Args) != 7 && len(n.Args) != 8 {
			return nil, fmt.Errorf("%d arguments, want 7 or 8", len(n.Args))
		}
		x, w, v := n.Args[0].Shape, n.Args[1].Shape, n.Args[2].Shape
		if len(x) != 3 || len(w) != 2 || len(v) != 2 || x[2] != w[0] || w[1] != v[1] || v[1] != gates*v[0] {
			return nil, fmt.Errorf("a sequence %s with weights %s and %s", x, w, v)
		}
		if len(n.Args) == 8 && !slices.Equal(n.Args[7].Shape, x[:2]) {
			return nil, fmt.Errorf("a mask %s of %s", n.Args[7].Shape, x)
		}
		if n.Bool("all") {
			return []Shape{{x[0], x[1], v[0]}}, nil
		}
		return []Shape{{x[0], v[0]}}, nil
	}
}

// quantProduct is the shape rule of x·W.
func quantProduct(n *Node) ([]Shape, error) {
	return gemmShape(&Node{Args: n.Args[:2]}, 0)
}

// quantFilter is the shape rule of a convolution.
func quantFilter(read, made convChannels) func(n *Node) ([]Shape, error) {
	shape := convShape(read, made, false)
	return func(n *Node) ([]Shape, error) {
		return shape(&Node{Prim: n.Prim, Args: slices.Clone(n.Args[:2]), Attrs: n.Attrs})
	}
}

// QuantConvNode appends a convolution with the extents of like, a node of one in float32, and other arguments.
func (b *Builder) QuantConvNode(prim *Prim, like *Node, args []*Value) *Value {
	n := &Node{Prim: prim, Args: args, Layer: b.Layer, Pos: b.Pos}
	for _, name := range []string{"size", "pad", "stride", "dilation", "groups"} {
		if v := like.Attr(name); v != nil {
			n.Set(name, v)
		}
	}
	return b.Append(n).Results[0]
}
