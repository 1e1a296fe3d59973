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

	// QuantConv and QuantDepthwise read x, w, bias, multiplier, shift and range; those with a float32 result x, w, bias,
	// scale and the zero of x.
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
)

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
