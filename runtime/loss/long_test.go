package loss

import (
	"testing"

	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// TestLongRowsHaveTheBitsOfTheirTwins compares cross-entropies of so many classes that kernels get a piece of them after
// the other with their twin.
func TestLongRowsHaveTheBitsOfTheirTwins(t *testing.T) {
	var rows []kerneltest.Kernel
	for _, k := range kernels {
		if len(k.Sizes[0]) == 2 {
			rows = append(rows, k)
		}
	}
	kerneltest.Long(t, rows, [][]int{{2, slice - 1}, {2, slice + 1}, {1, 2*slice + 1037}})
}
