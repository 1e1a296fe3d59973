package gemm

import (
	"fmt"
	"math/rand"
	"testing"
	"time"

	"github.com/nngen/nngen/runtime/hw"
)

// benchShapes are those of the example models and of the table of peers.
var benchShapes = map[string][][3]int{
	"NN": {
		{4, 4, 4}, {8, 8, 8}, {16, 16, 16}, {32, 32, 32}, {64, 64, 64}, {128, 10, 128}, {128, 128, 784},
		{256, 256, 256}, {512, 512, 512}, {1024, 1024, 1024}, {256, 16, 4}, {256, 3, 16}, {256, 32, 64}, {256, 10, 32}, {32, 512, 512}, {32, 512, 784}, {32, 128, 784}, {32, 10, 128}, {100, 1, 64}, {64, 20, 30}, {784, 8, 9}, {784, 8, 72}, {196, 16, 72}, {784, 4, 36},
	},
	"NT": {
		{8, 8, 8}, {32, 32, 32}, {128, 784, 128}, {32, 512, 512}, {128, 512, 512}, {512, 512, 512}, {128, 128, 10}, {32, 128, 10}, {32, 512, 10}, {128, 32, 10}, {1, 512, 512}, {1, 64, 32},
	},
	"TN": {
		{8, 8, 8}, {32, 32, 32}, {784, 128, 128}, {784, 128, 32}, {512, 512, 32}, {512, 512, 128}, {512, 512, 512}, {128, 10, 128}, {128, 10, 32}, {512, 10, 32}, {32, 10, 128}, {784, 512, 32}, {64, 32, 128}, {784, 128, 1}, {64, 1, 100},
	},
	"NNPacked": {
		{1, 16, 4}, {1, 3, 16}, {1, 32, 64}, {1, 10, 32}, {1, 128, 784}, {1, 10, 128}, {1, 512, 784}, {1, 512, 512}, {1, 10, 512}, {1, 1000, 1000}, {2, 128, 784}, {3, 128, 784},
		{8, 8, 8}, {32, 32, 32}, {256, 16, 4}, {256, 3, 16}, {256, 32, 64}, {256, 10, 32}, {256, 128, 784}, {256, 512, 512},
	},
}

func BenchmarkNN(b *testing.B)       { benchForm(b, &forms[0]) }
func BenchmarkNT(b *testing.B)       { benchForm(b, &forms[1]) }
func BenchmarkTN(b *testing.B)       { benchForm(b, &forms[2]) }
func BenchmarkNNPacked(b *testing.B) { benchForm(b, &forms[3]) }

// benchForm reports the rate in the best of many trials, absolute and as a percentage of the
// multiply-add peak of this run, and for one row of A the rate of reading B, as a percentage
// of that of loads alone over as many bytes.
func benchForm(b *testing.B, f *form) {
	r := rand.New(rand.NewSource(1))
	for _, s := range benchShapes[f.name] {
		m, n, k := s[0], s[1], s[2]
		b.Run(fmt.Sprintf("m=%d,n=%d,k=%d/impl=%s", m, n, k, impl()), func(b *testing.B) {
			x := f.shape([]int{m, n, k, 0})
			a, w, c := draw(r, x.lenA), draw(r, x.lenB), draw(r, x.lenC)
			ep := None()
			if !f.ta && !f.tb {
				ep = Bias(draw(r, n))
			}
			call := func() { f.got(m, n, k, a, x.lda, w, x.ldb, c, x.ldc, ep) }
			b.ReportAllocs()
			for b.Loop() {
				call()
			}
			best := hw.Best(20*time.Millisecond, call)
			flops := 2 * float64(m) * float64(n) * float64(k) / best
			b.ReportMetric(best*1e9, "best-ns")
			b.ReportMetric(flops/1e9, "GFLOP/s")
			if peak := hw.Peak(); peak > 0 {
				b.ReportMetric(100*flops/peak, "%peak")
			}
			if m == 1 {
				rate := 4 * float64(x.lenB) / best
				b.ReportMetric(rate/1e9, "GB/s")
				if most := hw.Bandwidth(max(4*x.lenB, 4096)); most > 0 {
					b.ReportMetric(100*rate/most, "%bandwidth")
				}
			}
		})
	}
}

// BenchmarkCall takes shapes so small that the call counts, directly and with constant sizes,
// as generated code calls them.
func BenchmarkCall(b *testing.B) {
	x, w, c, bias := make([]float32, 4096), make([]float32, 4096), make([]float32, 4096), make([]float32, 64)
	run := func(name string, call func()) {
		b.Run(name+"/impl="+impl(), func(b *testing.B) {
			for b.Loop() {
				call()
			}
			b.ReportMetric(hw.Best(20*time.Millisecond, call)*1e9/calls, "best-ns/call")
		})
	}
	run("NNPacked/m=1,n=16,k=4", func() {
		for range calls {
			NNPacked(1, 16, 4, x, 4, w, c, 16, BiasAct(bias, ReLU))
		}
	})
	run("NNPacked/m=1,n=3,k=16", func() {
		for range calls {
			NNPacked(1, 3, 16, x, 16, w, c, 3, Bias(bias))
		}
	})
	run("NNPacked/m=1,n=32,k=64", func() {
		for range calls {
			NNPacked(1, 32, 64, x, 64, w, c, 32, Bias(bias))
		}
	})
	run("NNPacked/m=1,n=10,k=32", func() {
		for range calls {
			NNPacked(1, 10, 32, x, 32, w, c, 10, Bias(bias))
		}
	})
	for _, s := range [][2]int{{16, 4}, {3, 16}, {32, 64}, {10, 32}, {128, 784}} {
		n, k := s[0], s[1]
		p := make([]float32, PackedLen(k, n))
		in, out := make([]float32, k), make([]float32, n)
		l := NewLayer(n, k, p, Bias(make([]float32, n)))
		run(fmt.Sprintf("Layer/n=%d,k=%d", n, k), func() {
			for range calls {
				l.Apply(in, out)
			}
		})
	}
	run("NN/m=4,n=4,k=4", func() {
		for range calls {
			NN(4, 4, 4, x, 4, w, 4, c, 4, None())
		}
	})
	run("NN/m=8,n=8,k=8", func() {
		for range calls {
			NN(8, 8, 8, x, 8, w, 8, c, 8, None())
		}
	})
	run("NN/m=16,n=16,k=16", func() {
		for range calls {
			NN(16, 16, 16, x, 16, w, 16, c, 16, None())
		}
	})
	run("TN/m=16,n=3,k=1", func() {
		for range calls {
			TN(16, 3, 1, x, 16, w, 3, c, 3, Accumulate())
		}
	})
	run("NT/m=1,n=16,k=3", func() {
		for range calls {
			NT(1, 16, 3, x, 3, w, 3, c, 16, None())
		}
	})
}

// calls is how many calls a step of BenchmarkCall makes.
const calls = 100
