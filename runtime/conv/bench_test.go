package conv

import (
	"fmt"
	"math/rand"
	"testing"
	"time"

	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/hw"
)

// square is a convolution of h×h images with f×f filters that keeps their extents.
func square(h, c, oc, f int) *Geometry {
	return &Geometry{H: h, W: h, C: c, OH: h, OW: h, OC: oc, FH: f, FW: f, SH: 1, SW: 1, PT: f / 2, PL: f / 2, DH: 1, DW: 1, Groups: 1}
}

var benchCases = []struct {
	name string
	g    *Geometry
}{
	{"28x28x1-6,5x5", square(28, 1, 6, 5)}, // conv1 and conv2 of LeNet-5
	{"14x14x6-16,5x5", &Geometry{H: 14, W: 14, C: 6, OH: 10, OW: 10, OC: 16, FH: 5, FW: 5, SH: 1, SW: 1, DH: 1, DW: 1, Groups: 1}},
	{"28x28x16-16,3x3", square(28, 16, 16, 3)},
	{"28x28x32-32,3x3", square(28, 32, 32, 3)},
	{"14x14x32-32,3x3", square(14, 32, 32, 3)},
	{"14x14x64-64,3x3", square(14, 64, 64, 3)},
	{"8x8x64-64,3x3", square(8, 64, 64, 3)},
}

// BenchmarkConv reports the rate of each function in the best of many trials, absolute and as a percentage of the
// multiply-add peak of this run.
func BenchmarkConv(b *testing.B) {
	r := rand.New(rand.NewSource(1))
	for _, c := range benchCases {
		for _, n := range []int{1, 64} {
			g := c.g
			nx, ny, nw := g.sizes(n)
			x, w, y, p, bias := draw(r, nx), draw(r, nw), draw(r, ny), make([]float32, PackedLen(g)), draw(r, g.OC)
			Pack(g, w, p)
			dx, dw := make([]float32, nx), make([]float32, nw)
			flops := 2 * float64(ny) * float64(g.FH*g.FW*g.C/g.Groups)
			for _, f := range []struct {
				name string
				call func()
			}{
				{"forward", func() { Forward(n, g, y, x, w, gemm.BiasAct(bias, gemm.ReLU)) }},
				{"packed", func() { ForwardPacked(n, g, y, x, p, gemm.BiasAct(bias, gemm.ReLU)) }},
				{"dx", func() { DX(n, g, dx, y, w) }},
				{"dw", func() { DW(n, g, dw, x, y) }},
			} {
				b.Run(fmt.Sprintf("%s/n=%d/%s", c.name, n, f.name), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						f.call()
					}
					best := hw.Best(20*time.Millisecond, f.call)
					b.ReportMetric(best*1e9, "best-ns")
					b.ReportMetric(flops/best/1e9, "GFLOP/s")
					if peak := hw.Peak(); peak > 0 {
						b.ReportMetric(100*flops/best/peak, "%peak")
					}
				})
			}
		}
	}
}
