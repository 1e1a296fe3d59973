package gemm

import (
	"testing"
	"time"

	"github.com/nngen/nngen/runtime/internal/hw"
)

func best(b *testing.B, f func()) {
	for b.Loop() {
		f()
	}
	b.ReportMetric(hw.Best(50*time.Millisecond, f)*1e7, "best-ns")
}

func BenchmarkSmall(b *testing.B) {
	x := make([]float32, 4096)
	w := make([]float32, 4096)
	c := make([]float32, 4096)
	bias := make([]float32, 64)
	b.Run("row4x16", func(b *testing.B) {
		best(b, func() {
			for range 100 {
				NNPacked(1, 16, 4, x, 4, w, c, 16, BiasAct(bias, ReLU))
			}
		})
	})
	b.Run("row16x3", func(b *testing.B) {
		best(b, func() {
			for range 100 {
				NNPacked(1, 3, 16, x, 16, w, c, 3, Bias(bias))
			}
		})
	})
	b.Run("row64x32", func(b *testing.B) {
		best(b, func() {
			for range 100 {
				NNPacked(1, 32, 64, x, 64, w, c, 32, Bias(bias))
			}
		})
	})
	b.Run("4x4x4", func(b *testing.B) {
		best(b, func() {
			for range 100 {
				NN(4, 4, 4, x, 4, w, 4, c, 4, None())
			}
		})
	})
	b.Run("8x8x8", func(b *testing.B) {
		best(b, func() {
			for range 100 {
				NN(8, 8, 8, x, 8, w, 8, c, 8, None())
			}
		})
	})
	b.Run("16x16x16", func(b *testing.B) {
		best(b, func() {
			for range 100 {
				NN(16, 16, 16, x, 16, w, 16, c, 16, None())
			}
		})
	})
}
