package vec

import (
	"fmt"
	"math/rand"
	"testing"
	"time"

	"github.com/nngen/nngen/runtime/hw"
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

// BenchmarkSums reports the rate at which the inputs pass, and its share of the rate at which
// plain loads of as many bytes do in the same run.
func BenchmarkSums(b *testing.B) {
	for _, s := range [][2]int{{128, 10}, {128, 128}, {32, 784}, {128, 784}} {
		n, f := s[0], s[1]
		x, a, col, row := random(n*f), random(n*f), make([]float32, f), make([]float32, n)
		y := make([]float32, n*f)
		for _, c := range []struct {
			name  string
			words int
			f     func()
		}{
			{"SumRows", 1, func() { SumRows(n, f, col, x) }},
			{"DotRows", 2, func() { DotRows(n, f, col, x, a) }},
			{"SumCols", 1, func() { SumCols(n, f, row, x) }},
			{"SumSquares", 1, func() { SumSquares(x) }},
			{"AddRow", 1, func() { AddRow(n, f, y, x, col) }},
		} {
			b.Run(fmt.Sprintf("%s/n=%d,f=%d", c.name, n, f), func(b *testing.B) {
				for b.Loop() {
					c.f()
				}
				bytes := float64(4 * c.words * n * f)
				rate := bytes / hw.Best(20*time.Millisecond, c.f)
				b.ReportMetric(rate/1e9, "GB/s")
				if limit := hw.Bandwidth(int(bytes)); limit > 0 {
					b.ReportMetric(100*rate/limit, "%load")
				}
			})
		}
	}
}
