package vec

import (
	"math/rand"
	"testing"
)

// TestLongVectorsHaveTheBitsOfTheirParts compares vectors that kernels get in several slices with the generic functions.
func TestLongVectorsHaveTheBitsOfTheirParts(t *testing.T) {
	for i := range elementwise {
		for _, n := range []int{slice, slice + 1, 2*slice + 5} {
			elementwise[i].Compare(t, []int{n}, func(r *rand.Rand) float32 { return float32(r.NormFloat64()) }, int64(n))
		}
	}
}
