package optim

import (
	"fmt"
	"testing"

	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/hw"
)

// BenchmarkUpdateInBlocks asks whether the update belongs in the pass that makes the gradient: it times dW = xᵀ·dy and
// Adam one after the other, and the same in blocks of rows whose gradients are still in the first cache when they are
// used. The ratio is that of the medians, below 1 if blocks are faster.
func BenchmarkUpdateInBlocks(b *testing.B) {
	for _, s := range []struct{ in, out, batch int }{{784, 128, 32}, {784, 512, 32}, {784, 128, 128}, {784, 512, 128}} {
		b.Run(fmt.Sprintf("%d×%d,batch=%d", s.in, s.out, s.batch), func(b *testing.B) {
			fill := func(n int) []float32 {
				x := make([]float32, n)
				for i := range x {
					x[i] = float32(i%17) * 0.01
				}
				return x
			}
			x, dy := fill(s.batch*s.in), fill(s.batch*s.out)
			size := s.in * s.out
			w, g, m, v := fill(size), fill(size), fill(size), fill(size)
			adam := Adam{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}
			update := func(from, to int) {
				gemm.TN(to-from, s.out, s.batch, x[from:], s.in, dy, s.out, g[from*s.out:], s.out, gemm.None())
				from, to = from*s.out, to*s.out
				adam.Step(w[from:to], g[from:to], m[from:to], v[from:to], 5, 1e-3, 1)
			}
			whole := func() { update(0, s.in) }
			blocks := func() {
				const rows = 48
				for i := 0; i < s.in; i += rows {
					update(i, min(i+rows, s.in))
				}
			}
			for b.Loop() {
				whole()
			}
			b.ReportMetric(hw.Median(0, blocks)/hw.Median(0, whole), "blocks/whole")
		})
	}
}

// BenchmarkMaxNorm times a layer of 784×128.
func BenchmarkMaxNorm(b *testing.B) {
	w := make([]float32, 784*128)
	for i := range w {
		w[i] = float32(i%17) * 0.01
	}
	for b.Loop() {
		MaxNorm(784, 128, w, 1)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(w)), "ns/parameter")
}
