package vec

import (
	"math"
	"math/rand"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

func args1(s []int) []kerneltest.Arg {
	return []kerneltest.Arg{{Dir: kerneltest.Out, Len: s[0]}, {Dir: kerneltest.In, Len: s[0]}}
}

func args2(s []int) []kerneltest.Arg {
	return append(args1(s), kerneltest.Arg{Dir: kerneltest.In, Len: s[0]})
}

// inputs are the arguments of a function of some slices.
func inputs(count int) func(s []int) []kerneltest.Arg {
	return func(s []int) []kerneltest.Arg {
		args := args1(s)[:1]
		for range count {
			args = append(args, kerneltest.Arg{Dir: kerneltest.In, Len: s[0]})
		}
		return args
	}
}

// unary is the row for y = f(x).
func unary(name string, got, want func(y, x []float32)) kerneltest.Kernel {
	return kerneltest.Kernel{
		Name: name, Sizes: kerneltest.Range(64), Args: args1,
		Got:   func(_ []int, b [][]float32) { got(b[0], b[1]) },
		Want:  func(_ []int, b [][]float32) { want(b[0], b[1]) },
		Alias: [][2]int{{0, 1}},
	}
}

// small hands a function numbers below 2¹⁸, with the signs of x and its bits but for the exponent's.
func small(f func(y, x []float32)) func(y, x []float32) {
	return func(y, x []float32) {
		for i, v := range x {
			b := math.Float32bits(v)
			y[i] = math.Float32frombits(b&^(0xff<<23) | (b>>23&0xff)*0x90/0x100<<23)
		}
		f(y, y)
	}
}

// pairwise is the row for dst = f(a, b).
func pairwise(name string, got, want func(dst, a, b []float32)) kerneltest.Kernel {
	return kerneltest.Kernel{
		Name: name, Sizes: kerneltest.Range(64), Args: args2,
		Got:   func(_ []int, b [][]float32) { got(b[0], b[1], b[2]) },
		Want:  func(_ []int, b [][]float32) { want(b[0], b[1], b[2]) },
		Alias: [][2]int{{0, 1}, {0, 2}},
	}
}

var elementwise = []kerneltest.Kernel{
	unary("ReLU", ReLU, reluGeneric),
	unary("LeakyReLU", with(0.1, LeakyReLU), with(0.1, leakyReLUGeneric)),
	unary("ELU", with(0.7, ELU), with(0.7, eluGeneric)),
	unary("SELU", SELU, seluGeneric),
	unary("Sigmoid", Sigmoid, sigmoidGeneric),
	unary("Tanh", Tanh, tanhGeneric),
	unary("GELU", GELU, geluGeneric),
	unary("GELUTanh", GELUTanh, geluTanhGeneric),
	unary("Erf", Erf, erfGeneric),
	unary("SiLU", SiLU, siluGeneric),
	unary("QuickGELU", QuickGELU, quickGELUGeneric),
	unary("Softplus", Softplus, softplusGeneric),
	unary("LogCosh", LogCosh, logCoshGeneric),
	unary("Softsign", Softsign, softsignGeneric),
	unary("HardSigmoid", HardSigmoid, hardSigmoidGeneric),
	unary("HardSwish", HardSwish, hardSwishGeneric),
	unary("Mish", Mish, mishGeneric),
	unary("Step", Step, stepGeneric),
	unary("Exp", Exp, expGeneric),
	unary("Log", Log, logGeneric),
	unary("Sqrt", Sqrt, sqrtGeneric),
	unary("Reciprocal", Reciprocal, reciprocalGeneric),
	unary("Square", Square, squareGeneric),
	unary("Abs", Abs, absGeneric),
	unary("Sign", Sign, signGeneric),
	unary("Sin", Sin, sinGeneric),
	unary("Cos", Cos, cosGeneric),
	unary("SinOfSmall", small(Sin), small(sinGeneric)),
	unary("CosOfSmall", small(Cos), small(cosGeneric)),
	unary("Floor", Floor, floorGeneric),
	unary("Ceil", Ceil, ceilGeneric),
	unary("Round", Round, roundGeneric),
	unary("Scale", with(-1.7, Scale), with(-1.7, scaleGeneric)),
	unary("AddScalar", with(-1.7, AddScalar), with(-1.7, addScalarGeneric)),

	pairwise("ReLUGrad", ReLUGrad, reluGradGeneric),
	pairwise("LeakyReLUGrad", gradWith(0.1, LeakyReLUGrad), gradWith(0.1, leakyReLUGradGeneric)),
	pairwise("ELUGrad", gradWith(0.7, ELUGrad), gradWith(0.7, eluGradGeneric)),
	pairwise("SELUGrad", SELUGrad, seluGradGeneric),
	pairwise("SigmoidGrad", SigmoidGrad, sigmoidGradGeneric),
	pairwise("TanhGrad", TanhGrad, tanhGradGeneric),
	pairwise("SoftplusGrad", SoftplusGrad, softplusGradGeneric),
	pairwise("SoftsignGrad", SoftsignGrad, softsignGradGeneric),
	pairwise("ExpGrad", ExpGrad, expGradGeneric),
	pairwise("SqrtGrad", SqrtGrad, sqrtGradGeneric),
	pairwise("ReciprocalGrad", ReciprocalGrad, reciprocalGradGeneric),
	pairwise("GELUGrad", GELUGrad, geluGradGeneric),
	pairwise("GELUTanhGrad", GELUTanhGrad, geluTanhGradGeneric),
	pairwise("ErfGrad", ErfGrad, erfGradGeneric),
	pairwise("SiLUGrad", SiLUGrad, siluGradGeneric),
	pairwise("QuickGELUGrad", QuickGELUGrad, quickGELUGradGeneric),
	pairwise("HardSigmoidGrad", HardSigmoidGrad, hardSigmoidGradGeneric),
	pairwise("HardSwishGrad", HardSwishGrad, hardSwishGradGeneric),
	pairwise("MishGrad", MishGrad, mishGradGeneric),
	pairwise("LogGrad", LogGrad, logGradGeneric),
	pairwise("SquareGrad", SquareGrad, squareGradGeneric),
	pairwise("AbsGrad", AbsGrad, absGradGeneric),
	pairwise("SinGrad", SinGrad, sinGradGeneric),
	pairwise("CosGrad", CosGrad, cosGradGeneric),

	pairwise("Add", Add, addGeneric),
	pairwise("Sub", Sub, subGeneric),
	pairwise("Mul", Mul, mulGeneric),
	pairwise("Div", Div, divGeneric),
	pairwise("Max", Max, maxGeneric),
	pairwise("Min", Min, minGeneric),
	{
		Name: "WhereAtLeast", Sizes: kerneltest.Range(64), Args: inputs(3), Alias: [][2]int{{0, 1}},
		Got:  func(_ []int, b [][]float32) { WhereAtLeast(b[0], b[1], b[2], b[3]) },
		Want: func(_ []int, b [][]float32) { whereAtLeastGeneric(b[0], b[1], b[2], b[3]) },
	},
	{
		Name: "WhereLess", Sizes: kerneltest.Range(64), Args: inputs(3), Alias: [][2]int{{0, 1}},
		Got:  func(_ []int, b [][]float32) { WhereLess(b[0], b[1], b[2], b[3]) },
		Want: func(_ []int, b [][]float32) { whereLessGeneric(b[0], b[1], b[2], b[3]) },
	},
	unary("Clip", func(y, x []float32) { Clip(y, x, -0.5, 0.7) }, func(y, x []float32) { clipGeneric(y, x, -0.5, 0.7) }),
	pairwise("ClipGrad", func(dx, dy, y []float32) { ClipGrad(dx, dy, y, -0.5, 0.7) },
		func(dx, dy, y []float32) { clipGradGeneric(dx, dy, y, -0.5, 0.7) }),
	pairwise("Penalty", penalty(0.1, 0.3, Penalty), penalty(0.1, 0.6, penaltyGeneric)),
	pairwise("PenaltyL2", penalty(0, 0.3, Penalty), penalty(0, 0.6, penaltyGeneric)),
	{
		Name: "Axpy", Sizes: kerneltest.Range(64),
		Args: func(s []int) []kerneltest.Arg {
			return []kerneltest.Arg{{Dir: kerneltest.InOut, Len: s[0]}, {Dir: kerneltest.In, Len: s[0]}}
		},
		Got:  func(_ []int, b [][]float32) { Axpy(0.3, b[1], b[0]) },
		Want: func(_ []int, b [][]float32) { axpyGeneric(b[0], b[1], b[0], 0.3) },
	},
	{
		Name: "ClipValue", Sizes: kerneltest.Range(64),
		Args: func(s []int) []kerneltest.Arg { return []kerneltest.Arg{{Dir: kerneltest.InOut, Len: s[0]}} },
		Got:  func(_ []int, b [][]float32) { ClipValue(b[0], -0.5, 0.7) },
		Want: func(_ []int, b [][]float32) { clipGeneric(b[0], b[0], -0.5, 0.7) },
	},
}

func penalty(l1, l2 float32, f func(dst, dw, w []float32, l1, l2 float32)) func(dst, dw, w []float32) {
	return func(dst, dw, w []float32) { f(dst, dw, w, l1, l2) }
}

func TestElementwiseKernels(t *testing.T) { kerneltest.Run(t, elementwise) }

func FuzzElementwise(f *testing.F) {
	f.Add(uint8(0), uint8(33), int64(1), uint32(0x3f800000))
	fuzzing.Fuzz(f, func(t *testing.T, k, n uint8, seed int64, bits uint32) {
		kernel := &elementwise[int(k)%len(elementwise)]
		kernel.Compare(t, []int{int(n)}, near32(bits), seed)
	})
}

// near32 draws values whose bits are near the given ones, and now and then any others.
func near32(bits uint32) func(r *rand.Rand) float32 {
	return func(r *rand.Rand) float32 {
		if r.Intn(4) == 0 {
			return floatOf(r.Uint32())
		}
		return floatOf(bits + uint32(r.Intn(4096)))
	}
}
