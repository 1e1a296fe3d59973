package sparse

import (
	"fmt"
	"math/bits"
	"math/rand"
	"testing"
	"time"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/hw"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
	"github.com/nngen/nngen/runtime/rng"
)

// draw returns a pattern of a density.
func draw(in, out int, density float64) *Pattern {
	p := &Pattern{In: in, Out: out, Start: []int32{0}}
	for j := range out {
		for i := range in {
			if rng.Float64(7, 1, uint64(in), j*in+i) < density {
				p.Index = append(p.Index, int32(i))
			}
		}
		p.Start = append(p.Start, int32(len(p.Index)))
	}
	return p
}

// kernels has patterns of every density, outputs without connections among them.
var kernels = func() []kerneltest.Kernel {
	var rows []kerneltest.Kernel
	for _, density := range []float64{0, 0.02, 0.3, 1} {
		rows = append(rows, kerneltest.Kernel{
			Name: fmt.Sprintf("one/density=%v", density), Sizes: kerneltest.Grid([]int{1, 2, 9, 40}, kerneltest.Upto(19)),
			Args: func(s []int) []kerneltest.Arg {
				return []kerneltest.Arg{{Dir: kerneltest.Out, Len: s[1]}, {Dir: kerneltest.In, Len: s[0]}, {Dir: kerneltest.In, Len: len(draw(s[0], s[1], density).Index)}}
			},
			Got: func(s []int, b [][]float32) { Forward(1, draw(s[0], s[1], density), b[0], b[1], b[2]) },
			Want: func(s []int, b [][]float32) {
				p := draw(s[0], s[1], density)
				oneGeneric(b[0], b[1], b[2], p.Start, p.Index)
			},
			MayAlloc: true, // the pattern that the test draws; TestAgreesWithTheDenseProductOfTheMaskedMatrix counts
		})
	}
	return rows
}()

func TestKernelsHaveTheBitsOfTheirTwins(t *testing.T) { kerneltest.Run(t, kernels) }

// tiles compares the kernels for tiles of each width with their twins.
func tiles(width int) []kerneltest.Kernel {
	w := bits.Len(uint(width / 16))
	row := func(name string, out, in kerneltest.Dir, got func(p *Pattern, b [][]float32), want func(p *Pattern, b [][]float32)) kerneltest.Kernel {
		return kerneltest.Kernel{
			Name: fmt.Sprintf("%s/width=%d", name, width), Sizes: kerneltest.Grid([]int{1, 2, 9}, []int{1, 3, 8}, []int{5, 40, 100}),
			Args: func(s []int) []kerneltest.Arg {
				n := len(draw(s[0], s[1], float64(s[2])/100).Index)
				return []kerneltest.Arg{{Dir: in, Len: width * s[0]}, {Dir: out, Len: width * s[1]}, {Dir: map[bool]kerneltest.Dir{true: kerneltest.InOut}[name == "weights"], Len: n}}
			},
			Got: func(s []int, b [][]float32) {
				if p := draw(s[0], s[1], float64(s[2])/100); len(p.Index) > 0 && cpu.HasSIMD() {
					got(p, b)
				} else {
					want(p, b)
				}
			},
			Want:     func(s []int, b [][]float32) { want(draw(s[0], s[1], float64(s[2])/100), b) },
			MayAlloc: true, // the pattern that the test draws
		}
	}
	return []kerneltest.Kernel{
		row("forward", kerneltest.Out, kerneltest.In,
			func(p *Pattern, b [][]float32) {
				forward[w](&b[1][0], &b[0][0], &b[2][0], &p.Start[0], &p.Index[0], p.Out)
			},
			func(p *Pattern, b [][]float32) { forwardGeneric(width, p, b[1], b[0], b[2]) }),
		row("backward", kerneltest.In, kerneltest.InOut,
			func(p *Pattern, b [][]float32) {
				backward[w](&b[0][0], &b[1][0], &b[2][0], &p.Start[0], &p.Index[0], p.Out)
			},
			func(p *Pattern, b [][]float32) { backwardGeneric(width, p, b[0], b[1], b[2]) }),
		row("weights", kerneltest.In, kerneltest.In,
			func(p *Pattern, b [][]float32) {
				weights[w](&b[2][0], &b[0][0], &b[1][0], &p.Start[0], &p.Index[0], p.Out)
			},
			func(p *Pattern, b [][]float32) { weightsGeneric(width, p, b[2], b[0], b[1]) }),
	}
}

func TestTilesHaveTheBitsOfTheirTwins(t *testing.T) {
	for _, width := range []int{8, 16, 32, 64} {
		kerneltest.Run(t, tiles(width))
	}
}

func FuzzTiles(f *testing.F) {
	f.Add(uint8(0), uint8(0), uint8(9), uint8(3), uint8(40), int64(1))
	fuzzing.Fuzz(f, func(t *testing.T, k, width, in, out, percent uint8, seed int64) {
		table := tiles(8 << (width % 4))
		table[int(k)%len(table)].Compare(t, []int{1 + int(in)%40, 1 + int(out)%20, int(percent) % 101}, func(r *rand.Rand) float32 {
			return float32(r.NormFloat64())
		}, seed)
	})
}

// BenchmarkCrossover compares with the dense product of package gemm: the ratio of the times, below 1 where the
// sparse one is faster.
func BenchmarkCrossover(b *testing.B) {
	for _, s := range [][2]int{{64, 32}, {256, 128}, {784, 128}, {512, 512}} {
		in, out := s[0], s[1]
		dense, panels := make([]float32, in*out), make([]float32, gemm.PackedLen(in, out))
		for _, n := range []int{1, 128} {
			x, y, dw := make([]float32, n*in), make([]float32, n*out), make([]float32, in*out)
			whole := hw.Median(time.Millisecond, func() { gemm.NNPacked(n, out, in, x, in, panels, y, out, gemm.None()) })
			step := hw.Median(time.Millisecond, func() {
				gemm.NN(n, out, in, x, in, dense, out, y, out, gemm.None())
				gemm.NT(n, in, out, y, out, dense, out, x, in, gemm.None())
				gemm.TN(in, out, n, x, in, y, out, dw, out, gemm.None())
			})
			for _, percent := range []float64{1, 2, 5, 10, 20, 50} {
				p := draw(in, out, percent/100)
				w := make([]float32, len(p.Index))
				b.Run(fmt.Sprintf("in=%d,out=%d,n=%d/density=%v%%", in, out, n, percent), func(b *testing.B) {
					for b.Loop() {
						Forward(n, p, y, x, w)
					}
					took := hw.Median(time.Millisecond, func() { Forward(n, p, y, x, w) })
					b.ReportMetric(took/whole, "of-dense")
					b.ReportMetric(took*1e9/float64(n*len(w)), "ns/connection")
					b.ReportMetric(hw.Median(time.Millisecond, func() { Forward(n, p, y, x, w); DX(n, p, x, y, w); DW(n, p, dw[:len(w)], x, y) })/step, "training-of-dense")
				})
			}
		}
	}
}
