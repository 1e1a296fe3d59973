package conv

import (
	"fmt"
	"math/rand"
	"testing"
	"time"

	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/hw"
)

// benchGeometries are 3×3 convolutions of images of several sizes, and those of LeNet-5.
var benchGeometries = func() (gs []Geometry) {
	for _, c := range []int{16, 32, 64} {
		for _, size := range []int{28, 14, 8} {
			gs = append(gs, *square(size, c, c, 3))
		}
	}
	return append(gs,
		*square(28, 1, 6, 5),
		Geometry{H: 14, W: 14, C: 6, OH: 10, OW: 10, OC: 16, FH: 5, FW: 5, SH: 1, SW: 1, DH: 1, DW: 1, Groups: 1})
}()

// BenchmarkConv reports the rate of the multiply-adds of the definition, those with the border left out, in the
// median of many trials, and as a percentage of the multiply-add peak of this run.
func BenchmarkConv(b *testing.B) {
	r := rand.New(rand.NewSource(1))
	for _, g := range benchGeometries {
		for _, n := range []int{1, 64} {
			nx, ny, nw := g.sizes(n)
			x, y, w, dx, dw, bias := draw(r, nx), draw(r, ny), draw(r, nw), make([]float32, nx), make([]float32, nw), draw(r, g.OC)
			p := make([]float32, PackedLen(&g))
			Pack(&g, w, p)
			for _, c := range []struct {
				name string
				call func()
			}{
				{"forward", func() { ForwardPacked(n, &g, y, x, p, gemm.BiasAct(bias, gemm.ReLU)) }},
				{"dx", func() { DX(n, &g, dx, y, w) }},
				{"dw", func() { DW(n, &g, dw, x, y) }},
			} {
				b.Run(fmt.Sprintf("%s/%d×%d×%d→%d,filter=%d,n=%d", c.name, g.H, g.W, g.C, g.OC, g.FH, n), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						c.call()
					}
					peak := hw.Peak()
					took := hw.Median(20*time.Millisecond, c.call)
					flops := 2 * float64(n) * float64(g.products()) / took
					b.ReportMetric(took*1e9/float64(n), "median-ns/image")
					b.ReportMetric(flops/1e9, "GFLOP/s")
					if peak > 0 {
						b.ReportMetric(100*flops/max(peak, hw.Peak()), "%peak")
					}
				})
			}
		}
	}
}

// BenchmarkDepthwise reports the rate of the multiply-adds of a 3×3 filter for each channel.
func BenchmarkDepthwise(b *testing.B) {
	r := rand.New(rand.NewSource(1))
	for _, c := range []int{8, 32, 64} {
		g := square(14, c, c, 3)
		g.Groups = c
		nx, ny, nw := g.sizes(64)
		x, y, w, dx, dw, bias := draw(r, nx), draw(r, ny), draw(r, nw), make([]float32, nx), make([]float32, nw), draw(r, c)
		for name, call := range map[string]func(){
			"forward": func() { Depthwise(64, g, y, x, w, gemm.BiasAct(bias, gemm.ReLU)) },
			"dx":      func() { DepthwiseDX(64, g, dx, y, w) },
			"dw":      func() { DepthwiseDW(64, g, dw, x, y) },
		} {
			b.Run(fmt.Sprintf("%s/14×14×%d", name, c), func(b *testing.B) {
				for b.Loop() {
					call()
				}
				b.ReportMetric(2*64*float64(g.products())/hw.Median(20*time.Millisecond, call)/1e9, "GFLOP/s")
			})
		}
	}
}

// products returns the products of an image and a filter, without those of the border.
func (g *Geometry) products() int {
	inside := func(out, size, stride, dilation, pad, extent int) (n int) {
		for o := range out {
			for f := range size {
				if at := source(o, stride, f, dilation, pad); at >= 0 && at < extent {
					n++
				}
			}
		}
		return n
	}
	return inside(g.OH, g.FH, g.SH, g.DH, g.PT, g.H) * inside(g.OW, g.FW, g.SW, g.DW, g.PL, g.W) * (g.C / g.Groups) * g.OC
}
