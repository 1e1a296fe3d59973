package loss

import (
	"fmt"
	"hash/fnv"
	"math"
	"strings"
	"testing"

	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// TestGoldenBits holds the bits of all losses against those on file: see kerneltest.Golden.
func TestGoldenBits(t *testing.T) { kerneltest.Golden(t, goldenSums) }

// goldenSums returns a line for each loss and size: FNV-1a over the bits of the gradient, and
// the bits of the value.
func goldenSums() string {
	var out strings.Builder
	for i := range rows {
		l := &rows[i]
		for _, s := range [][]int{{3, 3}, {70, 10}, {2, 77}} {
			n := s[0] * s[1]
			y, t, w, dy := goldenFloats(1, n), goldenFloats(2, n), goldenFloats(3, s[0]), make([]float32, n)
			for j := range t {
				if t[j] = min(max(t[j], -t[j]), 1); t[j] != t[j] {
					t[j] = 1
				}
				if l.targets == "binary" && t[j] < 0.5 {
					t[j] = 0
				}
			}
			for _, weights := range [][]float32{w, nil} {
				h := fnv.New64a()
				v := l.f(s[0], s[1], y, t, weights, 0.125, dy)
				kerneltest.HashFloats(h, dy)
				bits := math.Float64bits(v)
				if v != v {
					bits = 0x7ff8 << 48
				}
				fmt.Fprintf(&out, "%s %v weights=%t %016x %016x\n", l.name, s, weights != nil, h.Sum64(), bits)
			}
		}
	}
	return out.String()
}

func goldenFloats(stream uint64, n int) []float32 { return kerneltest.Floats(stream, n, -5, 8, false) }
