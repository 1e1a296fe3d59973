package loss

import (
	"fmt"
	"math"
	"math/rand"
	"testing"
	"time"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/runtime/hw"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// kernels compares losses with their twins: the gradient is buffer 0, the loss
// buffer 1, as the parts of its bits. A NaN loss has only to be NaN.
var kernels = func() (ks []kerneltest.Kernel) {
	// split writes the bits of x as three exact float32.
	split := func(x float64, b []float32) {
		if x != x {
			x = math.NaN()
		}
		bits := math.Float64bits(x)
		b[0], b[1], b[2] = float32(bits>>40), float32(bits<<24>>40), float32(bits&0xffff)
	}
	for _, c := range []struct {
		name            string
		smoothing       float32
		weights, noGrad bool
	}{{"plain", 0, false, false}, {"smoothed", 0.125, true, false}, {"value", 0, true, true}} {
		run := func(f func(n, f int, y, t, w []float32, scale float32, dy []float32, keep, add float32) float64) func(s []int, b [][]float32) {
			return func(s []int, b [][]float32) {
				w := b[4]
				if !c.weights {
					w = nil
				}
				dy := b[0]
				if c.noGrad {
					dy = nil
					clear(b[0])
				}
				keep, add := smooth(c.smoothing, s[1])
				total := 0.0
				if s[0] > 0 && s[1] > 0 {
					total = f(s[0], s[1], b[2], b[3], w, 0.3, dy, keep, add)
				}
				split(total, b[1])
			}
		}
		dispatch := func(n, f int, y, t, w []float32, scale float32, dy []float32, keep, add float32) float64 {
			return CategoricalCrossEntropyLogits(n, f, y, t, w, scale, dy, c.smoothing)
		}
		ks = append(ks, kerneltest.Kernel{
			Name:  c.name,
			Sizes: append(kerneltest.Grid([]int{1, 2, 5, 8, 11}, append(kerneltest.Upto(40), 63, 67, 130)), []int{64, 3}, []int{65, 10}, []int{130, 17}),
			Args: func(s []int) []kerneltest.Arg {
				n := s[0] * s[1]
				return []kerneltest.Arg{{Dir: kerneltest.Out, Len: n}, {Dir: kerneltest.Out, Len: 3},
					{Dir: kerneltest.In, Len: n}, {Dir: kerneltest.In, Len: n}, {Dir: kerneltest.In, Len: s[0]}}
			},
			Got: run(dispatch), Want: run(crossEntropyGeneric),
			Alias: [][2]int{{0, 2}},
		})
	}
	for _, l := range []struct {
		name string
		f    lossFunc
		term func(y, t float32) (cost, derivative float32)
	}{
		{"absoluteError", MAE, absoluteError},
		{"huber", func(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
			return Huber(n, f, y, t, w, scale, dy, 0.75)
		}, func(y, t float32) (cost, derivative float32) { return huber(y, t, 0.75) }},
		{"hinge", Hinge, hinge},
		{"binaryCrossEntropy", BinaryCrossEntropyLogits, binaryCrossEntropy},
	} {
		ks = append(ks, kerneltest.Kernel{
			Name: l.name, Sizes: append(kerneltest.Range(8), []int{slice + 3}),
			Args: func(s []int) []kerneltest.Arg {
				return []kerneltest.Arg{{Dir: kerneltest.Out, Len: s[0]}, {Dir: kerneltest.Out, Len: 3},
					{Dir: kerneltest.In, Len: s[0]}, {Dir: kerneltest.In, Len: s[0]}}
			},
			Got: func(s []int, b [][]float32) { split(l.f(s[0], 1, b[2], b[3], nil, 0.3, b[0]), b[1]) },
			Want: func(s []int, b [][]float32) {
				total := 0.0
				for k := 0; k < s[0]; k += slice {
					m := min(slice, s[0]-k)
					total += pointGeneric(b[2][k:][:m], b[3][k:][:m], 0.3, b[0][k:][:m], l.term)
				}
				split(total, b[1])
			},
			Alias: [][2]int{{0, 2}},
		})
	}
	return append(ks, kerneltest.Kernel{
		Name: "squaredError", Sizes: append(kerneltest.Range(8), []int{slice + 3}, []int{2*slice + 8}),
		Args: func(s []int) []kerneltest.Arg {
			return []kerneltest.Arg{{Dir: kerneltest.Out, Len: s[0]}, {Dir: kerneltest.Out, Len: 3},
				{Dir: kerneltest.In, Len: s[0]}, {Dir: kerneltest.In, Len: s[0]}}
		},
		Got: func(s []int, b [][]float32) { split(MSE(s[0], 1, b[2], b[3], nil, 0.3, b[0]), b[1]) },
		Want: func(s []int, b [][]float32) {
			var sums [lanes]float64
			squaredErrorGeneric(s[0], b[2], b[3], 2*0.3, b[0], &sums)
			split(foldDoubles(&sums), b[1])
		},
		Alias: [][2]int{{0, 2}},
	})
}()

func TestCrossEntropyKernels(t *testing.T) { kerneltest.Run(t, kernels) }

// BenchmarkLoss reports the time of an example of 10 outputs in a batch of 128.
func BenchmarkLoss(b *testing.B) {
	const n = 128
	for _, f := range []int{3, 10, 100} {
		y, t, dy := make([]float32, n*f), make([]float32, n*f), make([]float32, n*f)
		for i := range y {
			y[i] = float32(i%7) - 3
		}
		for i := range n {
			t[i*f+i%f] = 1
		}
		for _, l := range rows {
			b.Run(fmt.Sprintf("%s/n=%d,f=%d", l.name, n, f), func(b *testing.B) {
				call := func() { l.f(n, f, y, t, nil, 1, dy) }
				for b.Loop() {
					call()
				}
				b.ReportMetric(hw.Best(20*time.Millisecond, call)*1e9/n, "ns/example")
			})
		}
	}
}

func FuzzCrossEntropy(f *testing.F) {
	f.Add(uint8(0), uint8(3), uint8(10), int64(1))
	fuzzing.Fuzz(f, func(t *testing.T, k, n, width uint8, seed int64) {
		draw := func(r *rand.Rand) float32 { return float32(r.NormFloat64()) * float32(r.Intn(1000)) }
		kernels[int(k)%len(kernels)].Compare(t, []int{1 + int(n), 1 + int(width%64)}, draw, seed)
	})
}
