package vec

import (
	"math/rand"
	"slices"
	"testing"

	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// TestLongVectorsHaveTheBitsOfTheirParts compares vectors that kernels get in several slices with the generic functions.
func TestLongVectorsHaveTheBitsOfTheirParts(t *testing.T) {
	for i := range elementwise {
		for _, n := range []int{slice, slice + 1, 2*slice + 5} {
			elementwise[i].Compare(t, []int{n}, normal, int64(n))
		}
	}
}

// TestManyRowsHaveTheBitsOfTheirParts does so for matrices that kernels get some rows at a time.
func TestManyRowsHaveTheBitsOfTheirParts(t *testing.T) {
	for i := range rowKernels {
		for _, size := range [][]int{{slice/16 + 1, 16}, {2*slice/37 + 3, 37}, {3, slice + 9}} {
			if len(rowKernels[i].Sizes[0]) == 1 {
				size = []int{size[0] * size[1]}
			}
			rowKernels[i].Compare(t, size, normal, int64(size[0]))
		}
	}
}

// TestLongRowsHaveTheBitsOfTheirTwins does so for rows that kernels get a piece after the other.
func TestLongRowsHaveTheBitsOfTheirTwins(t *testing.T) {
	var rows []kerneltest.Kernel
	for _, k := range rowKernels {
		if slices.Contains([]string{"Softmax", "SoftmaxGrad", "LogSoftmax", "LogSoftmaxGrad", "SumCols", "DotCols",
			"DotRowsAcc"}, k.Name) {
			rows = append(rows, k)
		}
	}
	if len(rows) != 7 {
		t.Fatalf("%d of the functions have kernels, want 7", len(rows))
	}
	kerneltest.Long(t, rows, [][]int{{2, slice - 1}, {2, slice + 1}, {1, 2*slice + 7*longPiece + 13}})
}

func normal(r *rand.Rand) float32 { return float32(r.NormFloat64()) }

// TestCallsHaveASlice covers rows of every length by calls of at most a slice each, stretches of long rows among them, and
// compares functions of such rows with their twins.
func TestCallsHaveASlice(t *testing.T) {
	for _, c := range [][2]int{{0, 3}, {5, 1}, {3, slice/2 + 1}, {2, slice}, {3, slice + 1}, {2, 3*slice - 5}} {
		n, f := c[0], c[1]
		seen := make([]byte, n*f)
		cpu.EachCall(n, f, func(rows, cols, at, j int) {
			if rows*cols > slice || rows > 1 && cols != f || at%f != j {
				t.Fatalf("%d×%d: a call of %d×%d at %d, column %d", n, f, rows, cols, at, j)
			}
			for i := range rows * cols {
				seen[at+i]++
			}
		})
		for i, count := range seen {
			if count != 1 {
				t.Fatalf("%d×%d: element %d is in %d calls", n, f, i, count)
			}
		}
	}
	const n, f = 2, slice + 37
	x, b := make([]float32, n*f), make([]float32, f)
	for i := range x {
		x[i] = float32(i%1001)/64 - 7
	}
	copy(b, x[5:])
	got, want := make([]float32, n*f), make([]float32, n*f)
	same := func(name string) {
		t.Helper()
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%s: element %d is %v, want %v", name, i, got[i], want[i])
			}
		}
	}
	AddRow(n, f, got, x, b)
	addRowGeneric(n, f, want, x, b)
	same("AddRow")
	Affine(n, f, got, x, b, b)
	affineGeneric(n, f, want, x, b, b)
	same("Affine")
	SumRowsAcc(n, f, got, x)
	sumRowsAccGeneric(n, f, want, x)
	same("SumRowsAcc")
}
