package norm

import (
	"strings"
	"testing"

	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// TestLongRowsHaveTheBitsOfTheirTwins compares functions of rows that kernels get a piece after the other with their
// twins.
func TestLongRowsHaveTheBitsOfTheirTwins(t *testing.T) {
	var rows []kerneltest.Kernel
	for _, k := range kernels {
		if strings.HasPrefix(k.Name, "LayerNorm") {
			rows = append(rows, k)
		}
	}
	if len(rows) != 2 {
		t.Fatalf("%d kernels of layer norm, want 2", len(rows))
	}
	kerneltest.Long(t, rows, [][]int{{2, slice - 1}, {2, slice + 1}, {1, 2*slice + 1037}})
}
