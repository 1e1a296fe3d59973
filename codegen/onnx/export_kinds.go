package onnx

import (
	"errors"
	"math"

	"github.com/nngen/nngen/codegen/op"
)

// exporter of a kind: it returns the value of the layer.
type writer = func(e *exporter, l *op.Layer) (exported, error)

// exporters holds a row for each kind of layer. It is filled by init, since rows call one another.
var exporters map[string]writer

func init() {
	exporters = map[string]writer{
		"rescale": exportAffine, "standardize": exportAffine, "min_max": exportAffine, "targets": exportAffine,
		"temperature": exportAffine, "quantiles": exportQuantiles,
		"dense": exportDense, "tied_dense": exportTied,
		"conv1d": exportConv, "conv2d": exportConv, "depthwise_conv1d": exportConv, "depthwise_conv2d": exportConv,
		"separable_conv1d": exportSeparable, "separable_conv2d": exportSeparable, "conv2d_transpose": exportTransposed,
		"max_pool1d": exportPool("MaxPool"), "max_pool2d": exportPool("MaxPool"),
		"average_pool1d": exportPool("AveragePool"), "average_pool2d": exportPool("AveragePool"),
		"global_average_pool1d": exportReduce("ReduceMean"), "global_average_pool2d": exportReduce("ReduceMean"),
		"global_max_pool1d": exportReduce("ReduceMax"), "global_max_pool2d": exportReduce("ReduceMax"),

		"relu": anyLayout("Relu"), "sigmoid": anyLayout("Sigmoid"), "tanh": anyLayout("Tanh"),
		"softplus": anyLayout("Softplus"),
		"softsign": anyLayout("Softsign"), "selu": anyLayout("Selu"), "linear": anyLayout("Identity"),
		"elu": func(e *exporter, l *op.Layer) (exported, error) {
			return anyLayout("Elu", floatAttr("alpha", l.Node.Float("alpha")))(e, l)
		},
		"leaky_relu": func(e *exporter, l *op.Layer) (exported, error) {
			return anyLayout("LeakyRelu", floatAttr("alpha", l.Node.Float("negative_slope")))(e, l)
		},
		"hard_sigmoid": anyLayout("HardSigmoid", floatAttr("alpha", 1.0/6), floatAttr("beta", 0.5)),
		"hard_swish":   product2("HardSigmoid", floatAttr("alpha", 1.0/6), floatAttr("beta", 0.5)),
		"silu":         product2("Sigmoid"),
		"mish": func(e *exporter, l *op.Layer) (exported, error) {
			v := e.values[l.In[0]]
			return v.named(e.node("Mul", []string{v.name, e.node("Tanh", []string{e.node("Softplus", []string{v.name})})})), nil
		},
		"quick_gelu": func(e *exporter, l *op.Layer) (exported, error) {
			v := e.values[l.In[0]]
			return v.named(e.node("Mul", []string{v.name, e.node("Sigmoid",
				[]string{e.node("Mul", []string{v.name, e.number(1.702)})})})), nil
		},
		"gelu":  exportGelu,
		"relu6": func(e *exporter, l *op.Layer) (exported, error) { return e.clipped(l, 0, 6) },
		"clip": func(e *exporter, l *op.Layer) (exported, error) {
			return e.clipped(l, l.Node.Float("min"), l.Node.Float("max"))
		},
		"step": func(e *exporter, l *op.Layer) (exported, error) {
			v := e.values[l.In[0]]
			return v.named(e.floats(e.node("GreaterOrEqual", []string{v.name, e.number(0)}))), nil
		},
		"prelu": func(e *exporter, l *op.Layer) (exported, error) {
			v := e.in(l, 0)
			return v.named(e.node("PRelu", []string{v.name, e.param(l.Params[0])})), nil
		},
		"exp": anyLayout("Exp"), "abs": anyLayout("Abs"), "log": anyLayout("Log"), "sqrt": anyLayout("Sqrt"),
		"reciprocal": anyLayout("Reciprocal"), "sin": anyLayout("Sin"), "cos": anyLayout("Cos"), "erf": anyLayout("Erf"),
		"floor": anyLayout("Floor"), "ceil": anyLayout("Ceil"), "round": anyLayout("Round"),
		"square": func(e *exporter, l *op.Layer) (exported, error) {
			v := e.values[l.In[0]]
			return v.named(e.node("Mul", []string{v.name, v.name})), nil
		},
		"celu": func(e *exporter, l *op.Layer) (exported, error) {
			return anyLayout("Celu", floatAttr("alpha", l.Node.Float("alpha")))(e, l)
		},
		"thresholded_relu": func(e *exporter, l *op.Layer) (exported, error) {
			return anyLayout("ThresholdedRelu", floatAttr("alpha", l.Node.Float("theta")))(e, l)
		},
		"rescaling": exportRescaling, "affine": exportFactors,
		"slice": func(e *exporter, l *op.Layer) (exported, error) {
			start, size := l.Node.Int("start"), l.Node.Int("size")
			return exported{name: e.node("Slice", []string{e.in(l, 0).name, e.whole(start),
				e.whole(start + size), e.whole(-1)})}, nil
		},
		"softmax": lastAxis("Softmax"), "log_softmax": lastAxis("LogSoftmax"),

		"batch_norm": exportBatchNorm, "layer_norm": exportLayerNorm, "rms_norm": exportRMSNorm,
		"group_norm": exportGroupNorm,
		"unit_norm": func(e *exporter, l *op.Layer) (exported, error) {
			v := e.in(l, 0)
			length := e.node("ReduceL2", e.reduced(v.name), e.reduceAttrs(-1, 1)...)
			return v.named(e.node("Div", []string{v.name, e.node("Max", []string{length, e.number(l.Node.Float("epsilon"))})})),
				nil
		},

		"dropout": unchanged, "gaussian_dropout": unchanged, "gaussian_noise": unchanged, "spatial_dropout1d": unchanged,
		"spatial_dropout2d": unchanged, op.FakeQuant.Kind.Name: unchanged,

		"multiply": joined("Mul"), "subtract": joined("Sub"), "maximum": together("Max"), "minimum": together("Min"),
		"average": together("Mean"),
		"add": func(e *exporter, l *op.Layer) (exported, error) {
			if len(l.In) == 2 {
				return joined("Add")(e, l)
			}
			return together("Sum")(e, l)
		},
		"concatenate": func(e *exporter, l *op.Layer) (exported, error) {
			var names []string
			for i := range l.In {
				names = append(names, e.in(l, i).name)
			}
			return exported{name: e.node("Concat", names, intAttr("axis", -1))}, nil
		},
		"dot": exportDot,

		"flatten": reshapedTo, "reshape": reshapedTo,
		"permute": exportPermute,
		"repeat_vector": func(e *exporter, l *op.Layer) (exported, error) {
			x := e.node("Unsqueeze", []string{e.in(l, 0).name, e.whole(1)})
			return exported{name: e.node("Tile", []string{x, e.whole(1, l.Shape[0], 1)})}, nil
		},
		"zero_padding1d": exportPad, "zero_padding2d": exportPad, "cropping1d": exportCrop, "cropping2d": exportCrop,
		"up_sampling1d": exportResize, "up_sampling2d": exportResize,
		"depth_to_space": exportBlocks("DepthToSpace"), "space_to_depth": exportBlocks("SpaceToDepth"),

		"embedding":           exportEmbedding,
		"positional_encoding": exportPlaces,
		"lstm":                exportRecurrent, "gru": exportRecurrent, "simple_rnn": exportRecurrent, "state": exportState,
		"multi_head_attention": exportAttention,
		"masking":              exportMasking, "padding_mask": exportPaddingMask,
		"time_distributed": exportTimeDistributed,
	}
}

// exportPermute writes a permutation. One that moves channels to where the other layout has them takes no node: what it
// gives are the same numbers in that layout.
func exportPermute(e *exporter, l *op.Layer) (exported, error) {
	v, dims := e.values[l.In[0]], l.Node.Ints("dims")
	if op.SameInOtherLayout(dims, v.first) {
		return exported{name: v.name, first: !v.first}, nil
	}
	return exported{name: e.node("Transpose", []string{e.in(l, 0).name},
		intsAttr("perm", append([]int{0}, dims...)...))}, nil
}

// named returns the value under the name of a result of the same shape and layout.
func (v exported) named(name string) exported { v.name = name; return v }

func unchanged(e *exporter, l *op.Layer) (exported, error) { return e.values[l.In[0]], nil }

// anyLayout writes a function of elements.
func anyLayout(operator string, attrs ...*Attr) writer {
	return func(e *exporter, l *op.Layer) (exported, error) {
		v := e.values[l.In[0]]
		return v.named(e.node(operator, []string{v.name}, attrs...)), nil
	}
}

// product2 writes x·f(x).
func product2(operator string, attrs ...*Attr) writer {
	return func(e *exporter, l *op.Layer) (exported, error) {
		v := e.values[l.In[0]]
		return v.named(e.node("Mul", []string{v.name, e.node(operator, []string{v.name}, attrs...)})), nil
	}
}

func lastAxis(operator string) writer {
	return func(e *exporter, l *op.Layer) (exported, error) {
		v := e.in(l, 0)
		return v.named(e.node(operator, []string{v.name}, intAttr("axis", -1))), nil
	}
}

// exportRescaling writes a product and a sum, each only if it changes something.
func exportRescaling(e *exporter, l *op.Layer) (exported, error) {
	v := e.values[l.In[0]]
	if scale := l.Node.Float("scale"); scale != 1 {
		v = v.named(e.node("Mul", []string{v.name, e.number(scale)}))
	}
	if offset := l.Node.Float("offset"); offset != 0 {
		v = v.named(e.node("Add", []string{v.name, e.number(offset)}))
	}
	return v, nil
}

// exportFactors writes γ∘x + β over the last axis.
func exportFactors(e *exporter, l *op.Layer) (exported, error) {
	v := e.in(l, 0)
	v = v.named(e.node("Mul", []string{v.name, e.param(l.Params[0])}))
	if len(l.Params) > 1 {
		v = v.named(e.node("Add", []string{v.name, e.param(l.Params[1])}))
	}
	return v, nil
}

func (e *exporter) clipped(l *op.Layer, lo, hi float64) (exported, error) {
	v := e.values[l.In[0]]
	return v.named(e.node("Clip", []string{v.name, e.number(lo), e.number(hi)})), nil
}

func exportGelu(e *exporter, l *op.Layer) (exported, error) {
	v := e.values[l.In[0]]
	x := v.name
	mul := func(a, b string) string { return e.node("Mul", []string{a, b}) }
	var f string
	if l.Node.Word("approximate") == "tanh" {
		cubic := mul(mul(mul(x, x), x), e.number(0.044715))
		f = e.node("Tanh", []string{mul(e.node("Add", []string{x, cubic}), e.number(math.Sqrt(2/math.Pi)))})
	} else {
		f = e.node("Erf", []string{e.node("Div", []string{x, e.number(math.Sqrt2)})})
	}
	return v.named(mul(mul(x, e.node("Add", []string{f, e.number(1)})), e.number(0.5))), nil
}

// exportAffine writes (x − center)·scale.
func exportAffine(e *exporter, l *op.Layer) (exported, error) {
	v := e.in(l, 0)
	center := e.array(l.Params[0].Name, l.Shape, e.params[l.Params[0]])
	scale := e.array(l.Params[1].Name, l.Shape, e.params[l.Params[1]])
	return v.named(e.node("Mul", []string{e.node("Sub", []string{v.name, center}), scale})), nil
}

// exportQuantiles adds softplus of each block of units to the block before.
func exportQuantiles(e *exporter, l *op.Layer) (exported, error) {
	v := e.in(l, 0)
	count := l.Node.Int("count")
	block := l.Shape.Size() / count
	cut := func(j int) string {
		return e.node("Slice", []string{v.name, e.whole(j * block), e.whole((j + 1) * block), e.whole(-1)})
	}
	y := cut(0)
	parts := []string{y}
	for j := 1; j < count; j++ {
		y = e.node("Add", []string{y, e.node("Softplus", []string{cut(j)})})
		parts = append(parts, y)
	}
	return v.named(e.node("Concat", parts, intAttr("axis", -1))), nil
}

// biased adds the bias of a layer, its i-th parameter, if it has one.
func (e *exporter) biased(l *op.Layer, x string, i int) string {
	if len(l.Params) <= i {
		return x
	}
	return e.node("Add", []string{x, e.param(l.Params[i])})
}

func exportDense(e *exporter, l *op.Layer) (exported, error) {
	v := e.in(l, 0)
	name := e.kernel(l.Params[0])
	if len(l.Shape) > 1 || len(l.Params) == 1 {
		return exported{name: e.biased(l, e.node("MatMul", []string{v.name, name}), 1)}, nil
	}
	return exported{name: e.node("Gemm", []string{v.name, name, e.param(l.Params[1])})}, nil
}

func exportTied(e *exporter, l *op.Layer) (exported, error) {
	w := e.node("Transpose", []string{e.param(l.Params[0])}, intsAttr("perm", 1, 0))
	return exported{name: e.biased(l, e.node("MatMul", []string{e.in(l, 0).name, w}), 1)}, nil
}

var errKind = errors.New("no operators of ONNX are known for it")

// joined writes a chain of operators of two inputs.
func joined(operator string) writer {
	return func(e *exporter, l *op.Layer) (exported, error) {
		v := e.in(l, 0)
		for i := 1; i < len(l.In); i++ {
			v.name = e.node(operator, []string{v.name, e.in(l, i).name})
		}
		return v, nil
	}
}

// together writes an operator of any number of inputs.
func together(operator string) writer {
	return func(e *exporter, l *op.Layer) (exported, error) {
		v := e.in(l, 0)
		var names []string
		for i := range l.In {
			names = append(names, e.in(l, i).name)
		}
		return v.named(e.node(operator, names)), nil
	}
}

func exportDot(e *exporter, l *op.Layer) (exported, error) {
	side := func(i int) (string, int) {
		v, axis := e.in(l, i), l.Node.Ints("axes")[i]
		x := v.name
		if l.Node.Bool("normalize") {
			length := e.node("ReduceL2", e.reduced(x, axis), e.reduceAttrs(axis, 1)...)
			x = e.node("Div", []string{x, e.node("Max", []string{length, e.number(1e-12)})})
		}
		if len(v.shape) == 1 {
			x = e.node("Unsqueeze", []string{x, e.whole(1)})
		} else if axis == 1 {
			x = e.node("Transpose", []string{x}, intsAttr("perm", 0, 2, 1))
		}
		return x, len(v.shape)
	}
	a, rank := side(0)
	b, _ := side(1)
	y := e.node("MatMul", []string{a, e.node("Transpose", []string{b}, intsAttr("perm", 0, 2, 1))})
	if rank == 1 {
		y = e.node("Squeeze", []string{y, e.whole(1)})
	}
	return exported{name: y}, nil
}

func reshapedTo(e *exporter, l *op.Layer) (exported, error) {
	return exported{name: e.node("Reshape", []string{e.in(l, 0).name, e.whole(append([]int{0}, l.Shape...)...)})}, nil
}
