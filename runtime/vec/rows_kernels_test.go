package vec

import (
	"math/rand"
	"slices"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// widths covers rows of parts of a register, whole ones, and more than any loop takes at once.
var widths = append(kerneltest.Upto(41), 63, 64, 67, 200)

// matrices gives buffers of n×f elements, the first k of them written.
func matrices(k, all int) func(s []int) []kerneltest.Arg {
	return func(s []int) (a []kerneltest.Arg) {
		for i := range all {
			d := kerneltest.In
			if i < k {
				d = kerneltest.Out
			}
			a = append(a, kerneltest.Arg{Dir: d, Len: s[0] * s[1]})
		}
		return a
	}
}

func rowMap(name string, got, want func(n, f int, y, x []float32)) kerneltest.Kernel {
	return kerneltest.Kernel{
		Name: name, Sizes: rowSizes, Args: matrices(1, 2),
		Got:   func(s []int, b [][]float32) { got(s[0], s[1], b[0], b[1]) },
		Want:  func(s []int, b [][]float32) { want(s[0], s[1], b[0], b[1]) },
		Alias: [][2]int{{0, 1}},
	}
}

func rowGrad(name string, got, want func(n, f int, dx, dy, y []float32)) kerneltest.Kernel {
	return kerneltest.Kernel{
		Name: name, Sizes: rowSizes, Args: matrices(1, 3),
		Got:   func(s []int, b [][]float32) { got(s[0], s[1], b[0], b[1], b[2]) },
		Want:  func(s []int, b [][]float32) { want(s[0], s[1], b[0], b[1], b[2]) },
		Alias: [][2]int{{0, 1}, {0, 2}},
	}
}

// cell is the row for a step of n cells of u units, of buffers with some elements for each unit; rows of those that are
// wide have two more elements than that, and one is a vector.
func cell(name string, dirs []kerneltest.Dir, each, wide []int, vector int,
	got, want func(n, u int, b [][]float32)) kerneltest.Kernel {
	return kerneltest.Kernel{
		Name: name, Rotate: true,
		// The last one has its last 8 units by themselves, in rows that are longer.
		Sizes: append(kerneltest.Grid([]int{0, 1, 3, 7}, append(kerneltest.Upto(25), 64, 67)), []int{3, cellSlice + 8}),
		Args: func(s []int) (args []kerneltest.Arg) {
			for i, d := range dirs {
				length := s[0] * s[1] * each[i]
				switch {
				case i == vector:
					length = s[1] * each[i]
				case s[0] > 0 && slices.Contains(wide, i):
					length = s[0]*(s[1]*each[i]+2) - 2
				}
				args = append(args, kerneltest.Arg{Dir: d, Len: length})
			}
			return args
		},
		Got:  func(s []int, b [][]float32) { got(s[0], s[1], b) },
		Want: func(s []int, b [][]float32) { want(s[0], s[1], b) },
	}
}

var rowKernels = []kerneltest.Kernel{
	cell("LSTMForward", []kerneltest.Dir{kerneltest.InOut, kerneltest.Out, kerneltest.InOut, kerneltest.In},
		[]int{5, 1, 1, 1}, []int{2}, -1,
		func(n, u int, b [][]float32) { LSTMForward(n, u, b[0], b[1], b[2], u+2, b[3]) },
		func(n, u int, b [][]float32) { lstmForwardGeneric(n, u, b[0], b[1], b[2], u+2, b[3]) }),
	cell("LSTMBackward", []kerneltest.Dir{kerneltest.InOut, kerneltest.InOut, kerneltest.In, kerneltest.In, kerneltest.In,
		kerneltest.In}, []int{4, 1, 1, 1, 5, 1}, []int{0, 3}, -1,
		func(n, u int, b [][]float32) {
			LSTMBackward(n, u, b[0], 4*u+2, b[1], b[2], b[3], u+2, b[4], b[5])
		},
		func(n, u int, b [][]float32) {
			lstmBackwardGeneric(n, u, b[0], 4*u+2, b[1], b[2], b[3], u+2, b[4], b[5])
		}),
	cell("GRUForward", []kerneltest.Dir{kerneltest.InOut, kerneltest.InOut, kerneltest.InOut, kerneltest.In, kerneltest.In},
		[]int{3, 1, 1, 1, 3}, []int{2}, 4,
		func(n, u int, b [][]float32) { GRUForward(n, u, b[0], b[1], b[2], u+2, b[3], u, b[4]) },
		func(n, u int, b [][]float32) { gruForwardGeneric(n, u, b[0], b[1], b[2], u+2, b[3], u, b[4]) }),
	cell("GRUBackward", []kerneltest.Dir{kerneltest.InOut, kerneltest.InOut, kerneltest.In, kerneltest.In, kerneltest.In,
		kerneltest.In},
		[]int{4, 1, 1, 3, 1, 1}, []int{0, 2}, 5,
		func(n, u int, b [][]float32) { GRUBackward(n, u, b[0], 4*u+2, b[1], b[2], u+2, b[3], b[4], b[5], 0) },
		func(n, u int, b [][]float32) {
			gruBackwardGeneric(n, u, b[0], 4*u+2, b[1], b[2], u+2, b[3], b[4], b[5], 0)
		}),

	cell("SimpleForward", []kerneltest.Dir{kerneltest.InOut, kerneltest.In}, []int{1, 1}, []int{0}, -1,
		func(n, u int, b [][]float32) { SimpleForward(n, u, b[0], u+2, b[1]) },
		func(n, u int, b [][]float32) { simpleForwardGeneric(n, u, b[0], u+2, b[1]) }),
	cell("SimpleBackward", []kerneltest.Dir{kerneltest.InOut, kerneltest.In, kerneltest.In, kerneltest.In},
		[]int{1, 1, 1, 1}, []int{0, 2, 3}, -1,
		func(n, u int, b [][]float32) { SimpleBackward(n, u, b[0], u+2, b[1], b[2], u+2, b[3], u+2) },
		func(n, u int, b [][]float32) { simpleBackwardGeneric(n, u, b[0], u+2, b[1], b[2], u+2, b[3], u+2) }),

	rowMap("Softmax", Softmax, softmaxGeneric),
	rowMap("LogSoftmax", LogSoftmax, logSoftmaxGeneric),
	rowGrad("SoftmaxGrad", SoftmaxGrad, softmaxGradGeneric),
	rowGrad("LogSoftmaxGrad", LogSoftmaxGrad, logSoftmaxGradGeneric),

	withVectors("AddRow", 1, func(n, f int, y, x []float32, v [][]float32) { AddRow(n, f, y, x, v[0]) },
		func(n, f int, y, x []float32, v [][]float32) { addRowGeneric(n, f, y, x, v[0]) }),
	withVectors("MulRow", 1, func(n, f int, y, x []float32, v [][]float32) { MulRow(n, f, y, x, v[0]) },
		func(n, f int, y, x []float32, v [][]float32) { mulRowGeneric(n, f, y, x, v[0]) }),
	withVectors("Affine", 2, func(n, f int, y, x []float32, v [][]float32) { Affine(n, f, y, x, v[0], v[1]) },
		func(n, f int, y, x []float32, v [][]float32) { affineGeneric(n, f, y, x, v[0], v[1]) }),
	withVectors("PReLU", 1, func(n, f int, y, x []float32, v [][]float32) { PReLU(n, f, y, x, v[0]) },
		func(n, f int, y, x []float32, v [][]float32) { preluGeneric(n, f, y, x, v[0]) }),
	{
		Name: "PReLUGrad", Sizes: rowSizes,
		Args: func(s []int) []kerneltest.Arg {
			return append(matrices(1, 3)(s), kerneltest.Arg{Len: s[1]}, kerneltest.Arg{Dir: kerneltest.Out, Len: s[1]})
		},
		Got: func(s []int, b [][]float32) { PReLUGrad(s[0], s[1], b[0], b[4], b[1], b[2], b[3]) },
		Want: func(s []int, b [][]float32) {
			clear(b[4])
			preluGradAccGeneric(s[0], s[1], b[0], b[4], b[1], b[2], b[3])
		},
		Alias: [][2]int{{0, 1}, {0, 2}},
	},
	{
		Name: "MulAddRow", Sizes: rowSizes,
		Args: func(s []int) []kerneltest.Arg {
			return []kerneltest.Arg{{Dir: kerneltest.InOut, Len: s[0] * s[1]}, {Len: s[0] * s[1]}, {Len: s[1]}}
		},
		Got:  func(s []int, b [][]float32) { MulAddRow(s[0], s[1], b[0], b[1], b[2]) },
		Want: func(s []int, b [][]float32) { mulAddRowGeneric(s[0], s[1], b[0], b[1], b[2]) },
	},
	columnSums("SumRows", 1, func(n, f int, dst, a, _ []float32) { SumRows(n, f, dst, a) },
		func(n, f int, dst, a, _ []float32) { clear(dst); sumRowsAccGeneric(n, f, dst, a) }, kerneltest.Out),
	columnSums("SumRowsAcc", 1, func(n, f int, dst, a, _ []float32) { SumRowsAcc(n, f, dst, a) },
		func(n, f int, dst, a, _ []float32) { sumRowsAccGeneric(n, f, dst, a) }, kerneltest.InOut),
	columnSums("DotRows", 2, DotRows,
		func(n, f int, dst, a, b []float32) { clear(dst); dotRowsAccGeneric(n, f, dst, a, b) }, kerneltest.Out),
	columnSums("DotRowsAcc", 2, DotRowsAcc, dotRowsAccGeneric, kerneltest.InOut),
	{
		Name: "SumCols", Sizes: rowSizes,
		Args: func(s []int) []kerneltest.Arg {
			return []kerneltest.Arg{{Dir: kerneltest.Out, Len: s[0]}, {Len: s[0] * s[1]}}
		},
		Got:  func(s []int, b [][]float32) { SumCols(s[0], s[1], b[0], b[1]) },
		Want: func(s []int, b [][]float32) { sumColsGeneric(s[0], s[1], b[0], b[1]) },
	},
	{
		Name: "DotCols", Sizes: rowSizes,
		Args: func(s []int) []kerneltest.Arg {
			return []kerneltest.Arg{{Dir: kerneltest.Out, Len: s[0]}, {Len: s[0] * s[1]}, {Len: s[0] * s[1]}}
		},
		Got:  func(s []int, b [][]float32) { DotCols(s[0], s[1], b[0], b[1], b[2]) },
		Want: func(s []int, b [][]float32) { dotColsGeneric(s[0], s[1], b[0], b[1], b[2]) },
	},
	reduction("Sum", Sum, func(x []float32) float32 {
		var s [1]float32
		sumColsGeneric(1, len(x), s[:], x)
		return s[0]
	}),
	reduction("PenaltyLoss", func(x []float32) float32 { return float32(PenaltyLoss(x, 0.5, 0.25)) }, func(x []float32) float32 {
		var a, s [rowLanes]float64
		penaltySumsGeneric(x, &a, &s)
		return float32(float64(0.5*foldDoubles(&a)) + float64(0.25*foldDoubles(&s)))
	}),
}

var rowSizes = kerneltest.Grid([]int{0, 1, 2, 5}, widths)

// withVectors is the row for y = f(x, vectors), each vector with an element for each column.
func withVectors(name string, k int, got, want func(n, f int, y, x []float32, v [][]float32)) kerneltest.Kernel {
	return kerneltest.Kernel{
		Name: name, Sizes: rowSizes,
		Args: func(s []int) []kerneltest.Arg {
			a := matrices(1, 2)(s)
			for range k {
				a = append(a, kerneltest.Arg{Dir: kerneltest.In, Len: s[1]})
			}
			return a
		},
		Got:   func(s []int, b [][]float32) { got(s[0], s[1], b[0], b[1], b[2:]) },
		Want:  func(s []int, b [][]float32) { want(s[0], s[1], b[0], b[1], b[2:]) },
		Alias: [][2]int{{0, 1}},
	}
}

// columnSums is the row for sums over rows of one or two matrices.
func columnSums(name string, k int, got, want func(n, f int, dst, a, b []float32), dir kerneltest.Dir) kerneltest.Kernel {
	run := func(f func(n, f int, dst, a, b []float32)) func(s []int, b [][]float32) {
		return func(s []int, b [][]float32) { f(s[0], s[1], b[0], b[1], b[k]) }
	}
	return kerneltest.Kernel{
		Name: name, Sizes: rowSizes,
		Args: func(s []int) []kerneltest.Arg {
			return append([]kerneltest.Arg{{Dir: dir, Len: s[1]}}, matrices(0, k)(s)...)
		},
		Got: run(got), Want: run(want),
	}
}

func reduction(name string, got, want func(x []float32) float32) kerneltest.Kernel {
	return kerneltest.Kernel{
		Name: name, Sizes: kerneltest.Range(32),
		Args: func(s []int) []kerneltest.Arg { return []kerneltest.Arg{{Dir: kerneltest.Out, Len: 1}, {Len: s[0]}} },
		Got:  func(_ []int, b [][]float32) { b[0][0] = got(b[1]) },
		Want: func(_ []int, b [][]float32) { b[0][0] = want(b[1]) },
	}
}

func TestRowKernels(t *testing.T) { kerneltest.Run(t, rowKernels) }

func FuzzRows(f *testing.F) {
	f.Add(uint8(0), uint8(3), uint8(10), int64(1), uint32(0x3f800000))
	fuzzing.Fuzz(f, func(t *testing.T, k, n, width uint8, seed int64, bits uint32) {
		draw := near32(bits)
		if seed%2 == 0 {
			draw = func(r *rand.Rand) float32 { return float32(10 * r.NormFloat64()) }
		}
		rowKernels[int(k)%len(rowKernels)].Compare(t, []int{int(n % 8), int(width)}, draw, seed)
	})
}
