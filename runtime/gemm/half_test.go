package gemm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nngen/nngen/runtime/half"
	"github.com/nngen/nngen/runtime/hw"
)

// halfCase is a product with weights of 16 bits, and with the float32 numbers of their values.
type halfCase struct {
	m, n, k   int
	a, c      []float32
	packed    []float32
	halves    []uint16
	ldc       int
	epilogues []Epilogue
}

func newHalfCase(f half.Format, m, n, k int, seed uint64) *halfCase {
	r := rand.New(rand.NewPCG(seed, 1))
	draw := func(size int) []float32 {
		x := make([]float32, size)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		return x
	}
	c := &halfCase{m: m, n: n, k: k, ldc: n + 3}
	c.a, c.c = draw(m*k), draw(m*c.ldc)
	b, v := draw(k*n), draw(m*c.ldc+n)
	rounded := make([]uint16, k*n)
	half.Round(f, rounded, b)
	half.Widen(f, b, rounded)
	c.packed, c.halves = make([]float32, PackedLen(k, n)), make([]uint16, PackedLen(k, n))
	Pack(k, n, b, n, c.packed)
	PackHalf(k, n, rounded, n, c.halves)
	c.epilogues = []Epilogue{None(), Accumulate(), Bias(v), BiasAct(v, ReLU), BiasAct(v, LeakyReLU).Alpha(0.3), GradAct(Tanh, v), Bias(v).Continued()}
	return c
}

func sameFloats(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s: element %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// TestHalvesHaveTheBitsOfRoundedWeights compares with the float32 product of the widened weights, over the shapes of
// chains, panels, buffers and calls.
func TestHalvesHaveTheBitsOfRoundedWeights(t *testing.T) {
	sizes := [][3]int{{1, 1, 1}, {1, 16, 0}, {0, 4, 4}, {3, 0, 2}, {7, 33, 0}}
	for _, m := range []int{1, 2, 5} {
		for _, n := range []int{1, 10, 16, 31, 33, 100} {
			for _, k := range []int{1, 15, 64, 513} {
				sizes = append(sizes, [3]int{m, n, k})
			}
		}
	}
	sizes = append(sizes, [3]int{1, 10, 60001}, [3]int{3, 20, 30001}, [3]int{1, 1000, 600}, [3]int{150, 10, 513}, [3]int{150, 33, 20})
	for _, f := range []half.Format{half.Float16, half.BFloat16} {
		for i, s := range sizes {
			c := newHalfCase(f, s[0], s[1], s[2], uint64(i))
			for e, ep := range c.epilogues {
				got, want := append([]float32(nil), c.c...), append([]float32(nil), c.c...)
				NNPackedHalf(f, c.m, c.n, c.k, c.a, c.k, c.halves, got, c.ldc, ep)
				NNPacked(c.m, c.n, c.k, c.a, c.k, c.packed, want, c.ldc, ep)
				sameFloats(t, fmt.Sprintf("format %d, m, n, k = %v, epilogue %d", f, s, e), got, want)
				if c.m == 1 {
					got, want := append([]float32(nil), c.c...), append([]float32(nil), c.c...)
					x, y := NewHalfLayer(f, c.n, c.k, c.halves, ep), NewLayer(c.n, c.k, c.packed, ep)
					x.Apply(c.a, got)
					y.Apply(c.a, want)
					sameFloats(t, fmt.Sprintf("format %d, layer %v, epilogue %d", f, s, e), got, want)
				}
			}
		}
	}
}

// TestTransposedHalvesHaveTheBitsOfRoundedWeights compares NTHalf with NT, for rows that fill a panel several times and such
// as do not fit in one.
func TestTransposedHalvesHaveTheBitsOfRoundedWeights(t *testing.T) {
	for i, s := range [][3]int{{1, 1, 1}, {1, 9, 0}, {2, 30, 700}, {1, 40, 700}, {9, 13, 64}, {3, 3, 9000}, {1, 9, 17000}} {
		for _, f := range []half.Format{half.Float16, half.BFloat16} {
			m, n, k := s[0], s[1], s[2]
			c := newHalfCase(f, m, k, n, uint64(i)) // B as n×k
			c.a, c.ldc = newHalfCase(f, m, 1, k, 1).a, n+3
			bits, b := make([]uint16, n*(k+1)), make([]float32, n*(k+1))
			for r := range n {
				for p := range k {
					bits[r*(k+1)+p] = f.Round(float32((r*31+p*17)%101-50) / 13)
				}
			}
			half.Widen(f, b, bits)
			v := newHalfCase(f, m, n, 1, 2)
			for e, ep := range v.epilogues {
				got, want := append([]float32(nil), v.c...), append([]float32(nil), v.c...)
				NTHalf(f, m, n, k, c.a, k, bits, k+1, got, v.ldc, ep)
				NT(m, n, k, c.a, k, b, k+1, want, v.ldc, ep)
				sameFloats(t, fmt.Sprintf("format %d, m, n, k = %v, epilogue %d", f, s, e), got, want)
			}
		}
	}
}

// TestCutHalvesHaveTheSameBits bounds the work of a call, so that products take several.
func TestCutHalvesHaveTheSameBits(t *testing.T) {
	a, b := work, rowWork
	defer func() { work, rowWork = a, b }()
	work, rowWork = 4000, 2000
	for i, s := range [][3]int{{1, 40, 100}, {1, 10, 700}, {1, 20, 300}, {1, 200, 3000}, {2, 100, 64}, {20, 40, 100}} {
		for _, f := range []half.Format{half.Float16, half.BFloat16} {
			c := newHalfCase(f, s[0], s[1], s[2], uint64(i))
			for e, ep := range c.epilogues {
				got, want := append([]float32(nil), c.c...), append([]float32(nil), c.c...)
				NNPackedHalf(f, c.m, c.n, c.k, c.a, c.k, c.halves, got, c.ldc, ep)
				NNPacked(c.m, c.n, c.k, c.a, c.k, c.packed, want, c.ldc, ep)
				sameFloats(t, fmt.Sprintf("format %d, m, n, k = %v, epilogue %d", f, s, e), got, want)
				if c.m == 1 {
					l := NewHalfLayer(f, c.n, c.k, c.halves, ep)
					got := append([]float32(nil), c.c...)
					l.Apply(c.a, got)
					sameFloats(t, fmt.Sprintf("format %d, layer %v, epilogue %d", f, s, e), got, want)
				}
			}
		}
	}
}

func TestHalvesDoNotAllocate(t *testing.T) {
	c := newHalfCase(half.Float16, 4, 100, 600, 1)
	l := NewHalfLayer(half.Float16, c.n, c.k, c.halves, c.epilogues[3])
	if n := testing.AllocsPerRun(10, func() {
		NNPackedHalf(half.Float16, c.m, c.n, c.k, c.a, c.k, c.halves, c.c, c.ldc, c.epilogues[3])
		NNPackedHalf(half.Float16, 1, c.n, c.k, c.a, c.k, c.halves, c.c, c.ldc, c.epilogues[3])
		l.Apply(c.a, c.c)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkHalfNetworks predicts one example after another with dense networks whose weights are of float32 and of 16 bits,
// in turn: faster is how many times as many a second the second are, and the times are the best of either. The weights of
// the largest come from memory, those of the others from a cache.
func BenchmarkHalfNetworks(b *testing.B) {
	for _, net := range [][]int{{64, 64, 32, 10}, {784, 128, 10}, {784, 512, 512, 10}, {2048, 2048, 2048, 2048, 2048}} {
		for _, f := range []half.Format{half.Float16, half.BFloat16} {
			var plain []Layer
			var halves []HalfLayer
			x, y := make([]float32, 2048), make([]float32, 2048)
			bytes := 0
			for i := range net[1:] {
				c := newHalfCase(f, 1, net[i+1], net[i], uint64(i))
				plain = append(plain, NewLayer(c.n, c.k, c.packed, None()))
				halves = append(halves, NewHalfLayer(f, c.n, c.k, c.halves, None()))
				bytes += 2 * len(c.halves)
			}
			b.Run(fmt.Sprintf("%s/%s", strings.Trim(strings.Join(strings.Fields(fmt.Sprint(net)), "-"), "[]"), [...]string{"float16", "bfloat16"}[f]), func(b *testing.B) {
				float32s := func() {
					for i := range plain {
						plain[i].Apply(x, y)
					}
				}
				half := func() {
					for i := range halves {
						halves[i].Apply(x, y)
					}
				}
				var faster []float64
				plainBest, halfBest := math.Inf(1), math.Inf(1)
				for b.Loop() {
					p, h := hw.Best(time.Millisecond, float32s), hw.Best(time.Millisecond, half)
					faster = append(faster, p/h)
					plainBest, halfBest = min(plainBest, p), min(halfBest, h)
				}
				b.ReportMetric(1e6*plainBest, "float32-µs")
				b.ReportMetric(1e6*halfBest, "16bit-µs")
				slices.Sort(faster)
				b.ReportMetric(faster[len(faster)/2], "faster")
				b.ReportMetric(float64(bytes), "B")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
