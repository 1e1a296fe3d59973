package plantest

import (
	"reflect"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/runtime/attention"
	"github.com/nngen/nngen/runtime/conv"
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/layout"
	"github.com/nngen/nngen/runtime/lookup"
	"github.com/nngen/nngen/runtime/norm"
	"github.com/nngen/nngen/runtime/pool"
	"github.com/nngen/nngen/runtime/quant"
	"github.com/nngen/nngen/runtime/rnn"
	"github.com/nngen/nngen/runtime/sparse"
	"github.com/nngen/nngen/runtime/tiny"
	"github.com/nngen/nngen/runtime/vec"
)

// functions of the runtime that predictions may call.
var functions = map[string]any{
	"attention.Forward": attention.Forward, "attention.Step": attention.Step,
	"conv.DX": conv.DX, "conv.Depthwise": conv.Depthwise, "conv.DepthwiseDX": conv.DepthwiseDX,
	"conv.Forward": conv.Forward, "conv.Transposed": conv.Transposed,
	"gemm.BatchNN": gemm.BatchNN, "gemm.BatchNT": gemm.BatchNT, "gemm.NN": gemm.NN, "gemm.NT": gemm.NT,
	"layout.Transpose":    layout.Transpose,
	"lookup.Rows":         lookup.Rows,
	"norm.BatchNormInfer": norm.BatchNormInfer, "norm.GroupNorm": norm.GroupNorm, "norm.LayerNorm": norm.LayerNorm,
	"norm.RMSNorm": norm.RMSNorm, "norm.UnitNorm": norm.UnitNorm,
	"pool.Average": pool.Average, "pool.Bilinear": pool.Bilinear, "pool.Crop": pool.Crop,
	"pool.MaskedAverage": pool.MaskedAverage, "pool.MaskedMax": pool.MaskedMax, "pool.Max": pool.Max,
	"pool.Nearest": pool.Nearest, "pool.Pad": pool.Pad,
	"rnn.GRU": rnn.GRU, "rnn.GRUFrom": rnn.GRUFrom, "rnn.GRUBefore": rnn.GRUBefore, "rnn.GRUBeforeFrom": rnn.GRUBeforeFrom,
	"rnn.LSTM": rnn.LSTM, "rnn.LSTMFrom": rnn.LSTMFrom, "rnn.Simple": rnn.Simple, "rnn.SimpleFrom": rnn.SimpleFrom,
	"quant.Add": quant.Add, "quant.Average": quant.Average, "quant.Columns": quant.Columns,
	"quant.Conv": func(n int, g *conv.Geometry, y, x, w []int8, r quant.Rescale) {
		quant.Conv(n, g, y, x, filters(g, w), r)
	},
	"quant.ConvFloat": func(n int, g *conv.Geometry, y []float32, x, w []int8, bias []int32, scale []float32,
		zero []int32) {
		quant.ConvFloat(n, g, y, x, filters(g, w), bias, scale, zero)
	},
	"quant.Dense": func(rows, n, k int, y, x, w []int8, r quant.Rescale) {
		quant.Dense(rows, n, k, y, x, packed(1, k, n, w), r)
	},
	"quant.DenseFloat": func(rows, n, k int, y []float32, x, w []int8, bias []int32, scale []float32) {
		quant.DenseFloat(rows, n, k, y, x, packed(1, k, n, w), bias, scale)
	},
	"quant.Depthwise": quant.Depthwise, "quant.DepthwiseFloat": quant.DepthwiseFloat, "quant.Dequantize": quant.Dequantize,
	"quant.Lookup": quant.Lookup, "quant.Max": quant.Max, "quant.Quantize": quant.Quantize,
	"quant.Rows": quant.Rows, "quant.Pad": quant.Pad, "quant.Crop": quant.Crop, "quant.Nearest": quant.Nearest,
	"quant.Transpose": quant.Transpose,
	"quant.Simple":    recurrent(1, quant.Simple), "quant.LSTM": recurrent(4, quant.LSTM),
	"quant.GRU":       recurrent(3, quant.GRU),
	"quant.GRUBefore": recurrent(3, quant.GRUBefore),
	"rnn.LastCells":   rnn.LastCells,
	"sparse.Forward":  sparse.Forward,
	"vec.Abs":         vec.Abs, "vec.Add": vec.Add, "vec.AddRow": vec.AddRow, "vec.AddScalar": vec.AddScalar,
	"vec.Affine": vec.Affine, "vec.Clip": vec.Clip, "vec.CopyCols": vec.CopyCols, "vec.ELU": vec.ELU, "vec.Exp": vec.Exp,
	"vec.GELU": vec.GELU, "vec.GELUTanh": vec.GELUTanh, "vec.HardSigmoid": vec.HardSigmoid, "vec.HardSwish": vec.HardSwish,
	"vec.LeakyReLU": vec.LeakyReLU, "vec.Log": vec.Log, "vec.LogSoftmax": vec.LogSoftmax, "vec.Max": vec.Max,
	"vec.Min": vec.Min, "vec.Mish": vec.Mish, "vec.Mul": vec.Mul, "vec.MulRow": vec.MulRow, "vec.PReLU": vec.PReLU,
	"vec.QuickGELU": vec.QuickGELU, "vec.ReLU": vec.ReLU, "vec.Reciprocal": vec.Reciprocal, "vec.SELU": vec.SELU,
	"vec.Scale": vec.Scale, "vec.SiLU": vec.SiLU, "vec.Sigmoid": vec.Sigmoid, "vec.Softmax": vec.Softmax,
	"vec.Softplus": vec.Softplus, "vec.Softsign": vec.Softsign, "vec.Sqrt": vec.Sqrt, "vec.Square": vec.Square,
	"vec.Step": vec.Step, "vec.Sub": vec.Sub, "vec.Tanh": vec.Tanh, "vec.WhereAtLeast": vec.WhereAtLeast,
	"vec.WhereLess": vec.WhereLess, "vec.Sin": vec.Sin, "vec.Cos": vec.Cos, "vec.Erf": vec.Erf, "vec.Floor": vec.Floor,
	"vec.Ceil":  vec.Ceil,
	"vec.Round": vec.Round,

	"tiny.AddRow": tiny.AddRow, "tiny.Affine": tiny.Affine, "tiny.Attention": tiny.Attention,
	"tiny.AttentionStep": tiny.AttentionStep,
	"tiny.BatchNN":       tiny.BatchNN,
	"tiny.BatchNT":       tiny.BatchNT, "tiny.BatchNormInfer": tiny.BatchNormInfer, "tiny.Conv": tiny.Conv,
	"tiny.ConvTransposed": tiny.ConvTransposed, "tiny.Copy": tiny.Copy, "tiny.DepthwiseDX": tiny.DepthwiseDX,
	"tiny.GRU": tiny.GRU, "tiny.GRUBefore": tiny.GRUBefore, "tiny.GRUBeforeStep": tiny.GRUBeforeStep,
	"tiny.GRUStep": tiny.GRUStep, "tiny.GroupNorm": tiny.GroupNorm, "tiny.LSTM": tiny.LSTM, "tiny.LSTMStep": tiny.LSTMStep,
	"tiny.LastCells": tiny.LastCells, "tiny.LayerNorm": tiny.LayerNorm, "tiny.MaxPool": tiny.MaxPool,
	"tiny.MulRow": tiny.MulRow, "tiny.NN": tiny.NN, "tiny.NT": tiny.NT, "tiny.PReLU": tiny.PReLU,
	"tiny.RMSNorm": tiny.RMSNorm, "tiny.Rows": tiny.Rows, "tiny.Simple": tiny.Simple, "tiny.SimpleStep": tiny.SimpleStep,
	"tiny.Dequantize": tiny.Dequantize, "tiny.QuantAdd": tiny.QuantAdd, "tiny.QuantAverage": tiny.QuantAverage,
	"tiny.QuantColumns": tiny.QuantColumns, "tiny.QuantConv": tiny.QuantConv, "tiny.QuantConvFloat": tiny.QuantConvFloat,
	"tiny.QuantDense": tiny.QuantDense, "tiny.QuantDenseFloat": tiny.QuantDenseFloat,
	"tiny.QuantDepthwise": tiny.QuantDepthwise, "tiny.QuantDepthwiseFloat": tiny.QuantDepthwiseFloat,
	"tiny.QuantRows": tiny.QuantRows, "tiny.QuantSimple": tiny.QuantSimple, "tiny.QuantLSTM": tiny.QuantLSTM,
	"tiny.QuantGRU": tiny.QuantGRU, "tiny.QuantGRUBefore": tiny.QuantGRUBefore,
	"tiny.QuantLookup": tiny.QuantLookup, "tiny.QuantMax": tiny.QuantMax, "tiny.Quantize": tiny.Quantize,
	"tiny.QuantPad": tiny.QuantPad, "tiny.QuantCrop": tiny.QuantCrop, "tiny.QuantNearest": tiny.QuantNearest,
	"tiny.QuantTranspose": tiny.QuantTranspose, "tiny.Sparse": tiny.Sparse,
}

// recurrentLayer is the type of functions that run recurrent layers of integers.
type recurrentLayer func(n int, s quant.Steps, y, x []int8, mask []float32, w, v []int8, g quant.Gates)

// recurrent returns a layer with a number of gates whose weights are as in weight files.
func recurrent(gates int, f recurrentLayer) recurrentLayer {
	return func(n int, s quant.Steps, y, x []int8, mask []float32, w, v []int8, g quant.Gates) {
		f(n, s, y, x, mask, packed(1, s.F, gates*s.U, w), packed(1, s.U, gates*s.U, v), g)
	}
}

// packed returns weights as the runtime reads them.
func packed(runs, k, n int, w []int8) []int8 {
	all := make([]int8, quant.PackedLen(runs, k, n))
	quant.Pack(runs, k, n, w, all)
	return all
}

// filters returns the weights of a convolution as the runtime reads them.
func filters(g *conv.Geometry, w []int8) []int8 {
	runs := g.FH
	if g.DW > 1 {
		runs *= g.FW
	}
	return packed(runs, len(w)/g.OC/runs, g.OC, w)
}

// constants of the runtime that calls name.
var constants = map[string]any{"lookup.None": lookup.None, "tiny.None": tiny.None, "tiny.ReLU": tiny.ReLU,
	"tiny.LeakyReLU": tiny.LeakyReLU}

// epilogue returns what a product does to its sums.
func (m *machine) epilogue(e plan.Epilogue) gemm.Epilogue {
	act := map[string]gemm.Act{"": gemm.Linear, "relu": gemm.ReLU, "leaky_relu": gemm.LeakyReLU}[e.Act]
	ep := gemm.None()
	switch {
	case e.Bias != nil:
		ep = gemm.BiasAct(m.span(e.Bias.(plan.Span)).Interface().([]float32), act)
	case act != gemm.Linear:
		panic("a function without a bias")
	}
	if e.Alpha != nil {
		ep = ep.Alpha(float32(*e.Alpha))
	}
	return ep
}

// variable returns the address of a geometry or of the connections of a parameter.
func (m *machine) variable(name string) reflect.Value {
	for _, g := range m.plan.Geometries {
		if g.Name == name {
			c := conv.Geometry(g.ConvGeometry)
			return reflect.ValueOf(&c)
		}
	}
	for _, p := range m.plan.One.Graph.Params {
		if p.Pattern != nil && plan.PatternName(p) == name {
			return reflect.ValueOf(pattern(p))
		}
	}
	panic(name)
}

// pattern returns the connections of a parameter.
func pattern(p *ir.Param) *sparse.Pattern {
	s := &sparse.Pattern{In: p.In, Out: p.Out, Start: make([]int32, p.Out+1)}
	for _, at := range p.Pattern {
		s.Index = append(s.Index, int32(at[0]))
		for j := at[1]; j < p.Out; j++ {
			s.Start[j+1]++
		}
	}
	return s
}
