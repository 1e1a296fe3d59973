package dropout

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/runtime/hw"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// kernels starts at each word of a block, and where the number of the block takes all bits.
var kernels = func() []kerneltest.Kernel {
	var rows []kerneltest.Kernel
	for _, first := range []uint32{0, 1, 2, 3, 40, 1<<32 - 96, 1<<32 - 33} {
		rows = append(rows, kerneltest.Kernel{
			Name: fmt.Sprintf("apply/first=%d", first), Sizes: kerneltest.Range(group),
			Args: func(s []int) []kerneltest.Arg {
				return []kerneltest.Arg{{Dir: kerneltest.Out, Len: s[0]}, {Dir: kerneltest.In, Len: s[0]}}
			},
			Got: func(_ []int, b [][]float32) { Apply(b[0], b[1], 0.4, 0x1234567890, 7, 1<<33+5, first) },
			Want: func(_ []int, b [][]float32) {
				applyGeneric(b[0], b[1], float32(1/0.6), threshold(0.4), 0x1234567890, 7, 1<<33+5, first)
			},
			Alias: [][2]int{{0, 1}},
		})
	}
	return rows
}()

func TestKernelsHaveTheBitsOfTheirTwins(t *testing.T) { kerneltest.Run(t, kernels) }

// TestLongVectorsHaveTheBitsOfTheirParts compares a vector that the kernel gets in several slices with the generic
// function.
func TestLongVectorsHaveTheBitsOfTheirParts(t *testing.T) {
	for _, n := range []int{slice, 2*slice + 77} {
		kernels[1].Compare(t, []int{n}, func(r *rand.Rand) float32 { return float32(r.NormFloat64()) }, int64(n))
	}
}

func FuzzApply(f *testing.F) {
	f.Add(uint32(3), uint64(1), uint32(2), uint64(3), 0.5, uint16(100))
	fuzzing.Fuzz(f, func(t *testing.T, first uint32, seed uint64, stream uint32, step uint64, rate float64, n uint16) {
		if !(rate >= 0 && rate < 1) {
			return
		}
		x, got, want := make([]float32, n), make([]float32, n), make([]float32, n)
		for i := range x {
			x[i] = float32(i + 1)
		}
		Apply(got, x, rate, seed, stream, step, first)
		applyGeneric(want, x, float32(1/(1-rate)), threshold(rate), seed, stream, step, first)
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("element %d: got %v, want %v", i, got[i], want[i])
			}
		}
	})
}

func BenchmarkApply(b *testing.B) {
	x, y := make([]float32, 4096), make([]float32, 4096)
	for b.Loop() {
		Apply(y, x, 0.25, 1, 2, 3, 0)
	}
	b.ReportMetric(1e9*hw.Median(0, func() { Apply(y, x, 0.25, 1, 2, 3, 0) })/4096, "median-ns/element")
}
