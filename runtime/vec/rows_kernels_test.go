package vec

import (
	"math/rand"
	"testing"

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
		Name: name, Sizes: kerneltest.Grid([]int{0, 1, 2, 5}, widths), Args: matrices(1, 2),
		Got:   func(s []int, b [][]float32) { got(s[0], s[1], b[0], b[1]) },
		Want:  func(s []int, b [][]float32) { want(s[0], s[1], b[0], b[1]) },
		Alias: [][2]int{{0, 1}},
	}
}

func rowGrad(name string, got, want func(n, f int, dx, dy, y []float32)) kerneltest.Kernel {
	return kerneltest.Kernel{
		Name: name, Sizes: kerneltest.Grid([]int{0, 1, 2, 5}, widths), Args: matrices(1, 3),
		Got:   func(s []int, b [][]float32) { got(s[0], s[1], b[0], b[1], b[2]) },
		Want:  func(s []int, b [][]float32) { want(s[0], s[1], b[0], b[1], b[2]) },
		Alias: [][2]int{{0, 1}, {0, 2}},
	}
}

var rowKernels = []kerneltest.Kernel{
	rowMap("Softmax", Softmax, softmaxGeneric),
	rowMap("LogSoftmax", LogSoftmax, logSoftmaxGeneric),
	rowGrad("SoftmaxGrad", SoftmaxGrad, softmaxGradGeneric),
	rowGrad("LogSoftmaxGrad", LogSoftmaxGrad, logSoftmaxGradGeneric),
}

func TestRowKernels(t *testing.T) { kerneltest.Run(t, rowKernels) }

func FuzzRows(f *testing.F) {
	f.Add(uint8(0), uint8(3), uint8(10), int64(1), uint32(0x3f800000))
	f.Fuzz(func(t *testing.T, k, n, width uint8, seed int64, bits uint32) {
		draw := near32(bits)
		if seed%2 == 0 {
			draw = func(r *rand.Rand) float32 { return float32(10 * r.NormFloat64()) }
		}
		rowKernels[int(k)%len(rowKernels)].Compare(t, []int{int(n % 8), int(width)}, draw, seed)
	})
}
