package vec

// brief lists functions whose expressions are long and which networks call for a few numbers of a batch, such as the
// sums of its rows: text counts more than what a call of less than 8 elements takes. They go through memory to the loop
// of one register, whose steps a core overlaps by itself, and there is no wider one.
var brief = map[string]bool{"log": true}

// narrow lists kernels without a part for AVX-512: what they work on at a time fits in one or two registers of AVX2.
var narrow = map[string]bool{
	"softmax8": true, "softmax16": true, "crossEntropy8": true, "crossEntropy16": true, "spreadRows": true, "narrow": true,
	"tapsRow": true,
}

func unary(name, file string, f func(e *Expr, x Val) Val) Elementwise {
	return Elementwise{name, file, "y", []string{"x"}, nil, func(e *Expr, in, _ []Val) Val { return f(e, in[0]) }}
}

func unaryWith(name, file, out, scalar string, f func(e *Expr, x, alpha Val) Val) Elementwise {
	return Elementwise{name, file, out, []string{"x"}, []string{scalar},
		func(e *Expr, in, s []Val) Val { return f(e, in[0], s[0]) }}
}

func grad(name, file, saved string, f func(e *Expr, dy, s Val) Val) Elementwise {
	return Elementwise{name + "Grad", file + "_grad", "dx", []string{"dy", saved}, nil,
		func(e *Expr, in, _ []Val) Val { return f(e, in[0], in[1]) }}
}

func gradWith(name, file string, f func(e *Expr, dy, y, alpha Val) Val) Elementwise {
	return Elementwise{name + "Grad", file + "_grad", "dx", []string{"dy", "y"}, []string{"alpha"},
		func(e *Expr, in, s []Val) Val { return f(e, in[0], in[1], s[0]) }}
}

func binary(name string, f func(e *Expr, a, b Val) Val) Elementwise {
	return Elementwise{name, name, "dst", []string{"a", "b"}, nil,
		func(e *Expr, in, _ []Val) Val { return f(e, in[0], in[1]) }}
}

// Elementwises is the table of elementwise kernels.
var Elementwises = []Elementwise{
	unary("relu", "relu", (*Expr).relu),
	unaryWith("leakyReLU", "leaky_relu", "y", "alpha", (*Expr).leakyReLU),
	unaryWith("elu", "elu", "y", "alpha", (*Expr).elu),
	unary("selu", "selu", (*Expr).selu),
	unary("sigmoid", "sigmoid", (*Expr).sigmoid),
	unary("tanh", "tanh", (*Expr).tanh),
	unary("gelu", "gelu", (*Expr).gelu),
	unary("geluTanh", "gelu_tanh", (*Expr).geluTanh),
	unary("erf", "erf", (*Expr).erf),
	unary("silu", "silu", (*Expr).silu),
	unary("quickGELU", "quick_gelu", (*Expr).quickGELU),
	unary("softplus", "softplus", (*Expr).softplus),
	unary("logCosh", "log_cosh", (*Expr).logCosh),
	unary("softsign", "softsign", func(e *Expr, x Val) Val { return e.Div(x, e.Add(e.C(1), e.Abs(x))) }),
	unary("hardSigmoid", "hard_sigmoid", (*Expr).hardSigmoid),
	unary("hardSwish", "hard_swish", func(e *Expr, x Val) Val { return e.Mul(x, e.hardSigmoid(x)) }),
	unary("mish", "mish", (*Expr).mish),
	unary("step", "step", (*Expr).step),
	unary("exp", "exp", (*Expr).exp),
	unary("log", "log", (*Expr).log),
	unary("sqrt", "sqrt", (*Expr).Sqrt),
	unary("square", "square", func(e *Expr, x Val) Val { return e.Mul(x, x) }),
	unary("reciprocal", "reciprocal", func(e *Expr, x Val) Val { return e.Div(e.C(1), x) }),
	unary("abs", "abs", (*Expr).Abs),
	unary("sign", "sign", (*Expr).sign),
	unary("sin", "sin", (*Expr).sin),
	unary("cos", "cos", (*Expr).cos),
	unary("floor", "floor", (*Expr).floor),
	unary("ceil", "ceil", (*Expr).ceil),
	unary("round", "round", (*Expr).roundEven),

	grad("relu", "relu", "y", (*Expr).reluGrad),
	gradWith("leakyReLU", "leaky_relu", (*Expr).leakyReLUGrad),
	gradWith("elu", "elu", (*Expr).eluGrad),
	grad("selu", "selu", "y", (*Expr).seluGrad),
	grad("sigmoid", "sigmoid", "y", (*Expr).sigmoidGrad),
	grad("tanh", "tanh", "y", (*Expr).tanhGrad),
	grad("softplus", "softplus", "y", (*Expr).softplusGrad),
	grad("softsign", "softsign", "y", (*Expr).softsignGrad),
	grad("exp", "exp", "y", (*Expr).Mul),
	grad("sqrt", "sqrt", "y", func(e *Expr, dy, y Val) Val { return e.Div(e.Mul(e.C(0.5), dy), y) }),
	grad("gelu", "gelu", "x", (*Expr).geluGrad),
	grad("geluTanh", "gelu_tanh", "x", (*Expr).geluTanhGrad),
	grad("erf", "erf", "x", (*Expr).erfGrad),
	grad("silu", "silu", "x", (*Expr).siluGrad),
	grad("quickGELU", "quick_gelu", "x", (*Expr).quickGELUGrad),
	grad("hardSigmoid", "hard_sigmoid", "x", (*Expr).hardSigmoidGrad),
	grad("hardSwish", "hard_swish", "x", (*Expr).hardSwishGrad),
	grad("mish", "mish", "x", (*Expr).mishGrad),
	grad("log", "log", "x", (*Expr).Div),
	grad("square", "square", "x", func(e *Expr, dy, x Val) Val { return e.Mul(e.Add(dy, dy), x) }),
	grad("reciprocal", "reciprocal", "y", func(e *Expr, dy, y Val) Val { return e.Neg(e.Mul(dy, e.Mul(y, y))) }),
	grad("abs", "abs", "x", func(e *Expr, dy, x Val) Val { return e.Mul(dy, e.sign(x)) }),
	grad("sin", "sin", "x", func(e *Expr, dy, x Val) Val { return e.Mul(dy, e.cos(x)) }),
	grad("cos", "cos", "x", func(e *Expr, dy, x Val) Val { return e.Neg(e.Mul(dy, e.sin(x))) }),

	binary("add", (*Expr).Add),
	binary("sub", (*Expr).Sub),
	binary("mul", (*Expr).Mul),
	binary("div", (*Expr).Div),
	binary("max", (*Expr).maxNaN),
	binary("min", (*Expr).minNaN),
	{"whereAtLeast", "where_at_least", "dst", []string{"x", "a", "b"}, nil, func(e *Expr, in, _ []Val) Val {
		return e.And(e.Cmp(cmpGE, in[1], in[2]), in[0])
	}},
	{"whereLess", "where_less", "dst", []string{"x", "a", "b"}, nil, func(e *Expr, in, _ []Val) Val {
		return e.AndNot(e.Cmp(cmpGE, in[1], in[2]), in[0])
	}},
	{"axpy", "axpy", "dst", []string{"x", "y"}, []string{"alpha"}, func(e *Expr, in, s []Val) Val {
		return e.FMA(s[0], in[0], in[1])
	}},
	{"penalty", "penalty", "dst", []string{"dw", "w"}, []string{"l1", "twice"}, func(e *Expr, in, s []Val) Val {
		return e.penalty(in[0], in[1], s[0], s[1])
	}},
	unaryWith("scale", "scale", "dst", "alpha", (*Expr).Mul),
	unaryWith("addScalar", "add_scalar", "dst", "alpha", (*Expr).Add),
	{"clip", "clip_value", "y", []string{"x"}, []string{"lo", "hi"}, func(e *Expr, in, s []Val) Val {
		return e.Lower(s[1], e.Upper(s[0], in[0]))
	}},
	{"clipGrad", "clip_grad", "dx", []string{"dy", "y"}, []string{"lo", "hi"}, func(e *Expr, in, s []Val) Val {
		return e.AndNot(e.Or(e.Cmp(cmpLE, in[1], s[0]), e.Cmp(cmpGE, in[1], s[1])), in[0])
	}},
}

var rowKernels = []kernel{
	{"softmax8", "softmax8", softmaxSignature, emitShortSoftmax(1, "softmax8"), []int{1}, 0},
	{"softmax16", "softmax16", softmaxSignature, emitShortSoftmax(2, "softmax16"), []int{1}, 0},
	{"softmaxRows", "softmax_rows", softmaxSignature, emitSoftmax, []int{4, 3, 2, 1}, 0},
	{"logSoftmax", "log_softmax", softmaxSignature, emitLogSoftmax, []int{4, 3, 2, 1}, 0},
	{"softmaxGrad", "softmax_grad", "func(n, f int, dx, dy, y *float32)", emitSoftmaxGrad, []int{4, 3, 2, 1}, 0},
	{"penaltySums", "penalty_loss", penaltySumsSignature, emitPenaltySums, []int{1}, 0},
	{"sumCols", "sum", reduceSignature([]string{"x"}), emitReduceCols("sumCols",
		[]string{"x"}, func(e *Expr, in []Val) acc {
			return acc{kind: accAdd, a: in[0]}
		}), []int{4}, 0},
	{"dotCols", "dot", reduceSignature([]string{"a", "b"}), emitReduceCols("dotCols",
		[]string{"a", "b"}, func(e *Expr, in []Val) acc {
			return acc{accFMA, in[0], in[1]}
		}), []int{4}, 0},
	{"sumRowsAcc", "sum_rows", "func(n, f int, dst, x *float32)", emitSumRowsAcc, []int{4, 2, 1}, 0},
	{"mulAddRow", "mul_add_row", "func(n, f int, y, x, gain *float32)", emitMulAddRow, []int{4, 2, 1}, 0},
	{"dotRowsAcc", "dot_rows", "func(n, f int, dst, a, b *float32)", emitDotRowsAcc, []int{4, 2, 1}, 0},
	{"preluGradAcc", "prelu_grad", "func(n, f int, dx, dalpha, dy, x, alpha *float32)", emitPReLUGradAcc, []int{4, 2, 1}, 0},
	{"logSoftmaxGrad", "log_softmax_grad", "func(n, f int, dx, dy, y *float32)", emitLogSoftmaxGrad, []int{4, 3, 2, 1}, 0},
}

var lossKernels = []kernel{
	{"crossEntropy8", "cross_entropy8", crossEntropySignature, emitShortCrossEntropy(1, "crossEntropy8"), []int{1}, 0},
	{"crossEntropy16", "cross_entropy16", crossEntropySignature, emitShortCrossEntropy(2, "crossEntropy16"), []int{1}, 0},
	{"squaredError", "squared_error", squaredErrorSignature, emitSquaredError, []int{1}, 0},
	{"crossEntropyRows", "cross_entropy_rows", crossEntropySignature, emitCrossEntropy, []int{3, 2, 1}, 0},
}

var normKernels = []kernel{
	{"layerNorm", "layer_norm", layerNormSignature, emitLayerNorm, []int{1}, 0},
	{"layerNormGrad", "layer_norm_grad", layerNormGradSignature, emitLayerNormGrad, []int{1}, 0},
	{"batchNormDX", "batch_norm_dx", batchNormDXSignature, emitBatchNormDX, []int{4, 2, 1}, 0},
	{"normalize", "normalize", normalize.Signature(), normalize.emit, []int{4, 2, 1}, 0},
	{"batchNormInfer", "batch_norm_infer", batchNormInferSignature, emitBatchNormInfer, []int{4, 2, 1}, 0},
	{"deviations", "deviations", deviationsSignature, emitDeviations, []int{4, 2, 1}, 0},
	{"gradSums", "grad_sums", gradSumsSignature, emitGradSums, []int{4, 2, 1}, 0},
	{"groupNormDX", "group_norm_dx", groupNormDXSignature, emitGroupNormDX, []int{4, 2, 1}, 0},
}

// ColMaps is the table of kernels that combine each row with vectors.
var ColMaps = []ColMap{
	{"addRow", "add_row", []string{"b"}, func(e *Expr, x Val, v []Val) Val { return e.Add(x, v[0]) }},
	{"mulRow", "mul_row", []string{"gain"}, func(e *Expr, x Val, v []Val) Val { return e.Mul(x, v[0]) }},
	{"affine", "affine", []string{"c", "s"}, func(e *Expr, x Val, v []Val) Val { return e.Mul(e.Sub(x, v[0]), v[1]) }},
	{"prelu", "prelu", []string{"alpha"}, func(e *Expr, x Val, v []Val) Val { return e.leakyReLU(x, v[0]) }},
}
