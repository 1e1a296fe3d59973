package vec

import (
	"math/rand"
	"testing"
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

func normal(r *rand.Rand) float32 { return float32(r.NormFloat64()) }
