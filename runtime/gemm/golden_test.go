package gemm

import (
	"fmt"
	"hash/fnv"
	"strings"
	"testing"

	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// TestGoldenBits holds the bits of all products against those on file: see kerneltest.Golden.
func TestGoldenBits(t *testing.T) { kerneltest.Golden(t, goldenSums) }

// goldenSums returns a line for each form and shape: FNV-1a over the bits of C with each
// epilogue in turn.
func goldenSums() string {
	shapes := [][]int{
		{1, 1, 1, 0}, {1, 3, 16, 0}, {1, 10, 130, 1}, {1, 32, 64, 0}, {1, 100, 37, 0}, {2, 7, 0, 1}, {3, 20, 50, 2},
		{6, 16, 16, 0}, {7, 9, 11, 1}, {13, 33, 29, 0}, {25, 130, 20, 3}, {30, 10, 128, 0}, {26, 24, 400, 1},
	}
	var out strings.Builder
	for i := range forms {
		f := &forms[i]
		for _, s := range shapes {
			h := fnv.New64a()
			x := f.shape(s)
			for _, ep := range epilogues {
				a, b := goldenFloats(1, x.lenA), goldenFloats(2, x.lenB)
				c, v := goldenFloats(3, x.lenC), goldenFloats(4, max(x.n, x.lenC))
				f.got(x.m, x.n, x.k, a, x.lda, b, x.ldb, c, x.ldc, ep.make(v, x.n))
				kerneltest.HashFloats(h, c)
			}
			fmt.Fprintf(&out, "%s m=%d n=%d k=%d pad=%d %016x\n", f.name, s[0], s[1], s[2], s[3], h.Sum64())
		}
	}
	return out.String()
}

// goldenFloats returns n numbers in [−1, 1), functions of stream and index alone, made by exact steps.
func goldenFloats(stream uint64, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(int32(kerneltest.Bits(stream, i)>>40)-1<<23) * 0x1p-23
	}
	return x
}
