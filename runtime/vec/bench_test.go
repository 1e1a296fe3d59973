package vec

import (
	"fmt"
	"math/rand"
	"testing"
	"time"

	"github.com/nngen/nngen/runtime/internal/hw"
)

// report runs f as a benchmark and adds the best time per element, and the FMA
// instructions that would fit in the time of eight elements at the peak measured in the
// same run.
func report(b *testing.B, elements int, f func()) {
	for b.Loop() {
		f()
	}
	best := hw.Best(50*time.Millisecond, f)
	b.ReportMetric(best*1e9/float64(elements), "ns/element")
	if peak := hw.Peak(); peak > 0 {
		b.ReportMetric(best/float64(elements)*8*peak/16, "FMA-slots/8")
	}
}

func random(n int) []float32 {
	r := rand.New(rand.NewSource(1))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(3 * r.NormFloat64())
	}
	return x
}

// BenchmarkElementwise runs over vectors in L1.
func BenchmarkElementwise(b *testing.B) {
	for _, n := range []int{10, 128, 4096} {
		x, y, dy := random(n), make([]float32, n), random(n)
		for i := range x {
			x[i] = max(x[i], -x[i])
		}
		for _, l := range layers {
			b.Run(fmt.Sprintf("%s/n=%d", l.name, n), func(b *testing.B) { report(b, n, func() { l.f(y, x) }) })
			b.Run(fmt.Sprintf("%sGrad/n=%d", l.name, n), func(b *testing.B) { report(b, n, func() { l.grad(y, dy, x) }) })
		}
	}
}

// BenchmarkRows runs over 64 rows and over a single one.
func BenchmarkRows(b *testing.B) {
	for _, f := range []int{3, 8, 10, 16, 100, 1000} {
		for _, n := range []int{1, 64} {
			x, y, dx := random(n*f), make([]float32, n*f), make([]float32, n*f)
			b.Run(fmt.Sprintf("Softmax/n=%d,f=%d", n, f), func(b *testing.B) { report(b, n*f, func() { Softmax(n, f, y, x) }) })
			b.Run(fmt.Sprintf("LogSoftmax/n=%d,f=%d", n, f), func(b *testing.B) { report(b, n*f, func() { LogSoftmax(n, f, y, x) }) })
			b.Run(fmt.Sprintf("SoftmaxGrad/n=%d,f=%d", n, f), func(b *testing.B) { report(b, n*f, func() { SoftmaxGrad(n, f, dx, x, y) }) })
		}
	}
}
