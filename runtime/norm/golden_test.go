package norm

import (
	"fmt"
	"hash/fnv"
	"strings"
	"testing"

	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// TestGoldenBits holds the bits of all kernels against those on file: see kerneltest.Golden.
func TestGoldenBits(t *testing.T) { kerneltest.Golden(t, goldenSums) }

// goldenSums returns a line for each kernel and size: FNV-1a over the bits of all buffers.
func goldenSums() string {
	var out strings.Builder
	for _, k := range kernels {
		sizes := [][]int{{1000}}
		if len(k.Sizes[0]) == 2 {
			sizes = [][]int{{3, 3}, {4, 10}, {2, 77}}
		}
		for _, s := range sizes {
			h := fnv.New64a()
			var bufs [][]float32
			for i, a := range k.Args(s) {
				bufs = append(bufs, goldenFloats(uint64(i+1), a.Len))
			}
			k.Got(s, bufs)
			for _, b := range bufs {
				kerneltest.HashFloats(h, b)
			}
			fmt.Fprintf(&out, "%s %v %016x\n", k.Name, s, h.Sum64())
		}
	}
	return out.String()
}

func goldenFloats(stream uint64, n int) []float32 { return kerneltest.Floats(stream, n, -5, 8, false) }
