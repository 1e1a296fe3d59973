package quant

import (
	"fmt"
	"math"
	"math/rand"
	"testing"
	"time"

	"github.com/nngen/nngen/runtime/conv"
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/hw"
	"github.com/nngen/nngen/runtime/pool"
	"github.com/nngen/nngen/runtime/rnn"
)

// BenchmarkDense times a product of one row, beside that in float32.
func BenchmarkDense(b *testing.B) {
	r := rand.New(rand.NewSource(1))
	for _, size := range [][2]int{{64, 64}, {784, 128}, {128, 10}, {512, 512}, {2048, 2048}} {
		k, n := size[0], size[1]
		x, w, y, s := int8s(r, k), make([]int8, PackedLen(1, k, n)), make([]int8, n), scales(r, n)
		Pack(1, k, n, int8s(r, k*n), w)
		b.Run(fmt.Sprintf("k=%d,n=%d/impl=int8", k, n), func(b *testing.B) {
			for range b.N {
				Dense(1, n, k, y, x, w, s)
			}
		})
		fx, fw, fy, bias := make([]float32, k), make([]float32, gemm.PackedLen(k, n)), make([]float32, n), make([]float32, n)
		gemm.Pack(k, n, make([]float32, k*n), n, fw)
		layer := gemm.NewLayer(n, k, fw, gemm.BiasAct(bias, gemm.ReLU))
		b.Run(fmt.Sprintf("k=%d,n=%d/impl=float32", k, n), func(b *testing.B) {
			for range b.N {
				layer.Apply(fx, fy)
			}
		})
	}
}

// BenchmarkNetwork times the two products of 784-128-10, beside those in float32, in turn: the best of either.
func BenchmarkNetwork(b *testing.B) {
	r := rand.New(rand.NewSource(1))
	const in, hidden, out = 784, 128, 10
	pack := func(k, n int) []int8 {
		w := make([]int8, PackedLen(1, k, n))
		Pack(1, k, n, int8s(r, k*n), w)
		return w
	}
	x, h, y := int8s(r, in), make([]int8, hidden), make([]float32, out)
	w1, w2, s := pack(in, hidden), pack(hidden, out), scales(r, hidden)
	bias, scale := make([]int32, out), make([]float32, out)
	integers := func() {
		Dense(1, hidden, in, h, x, w1, s)
		DenseFloat(1, out, hidden, y, h, w2, bias, scale)
	}
	layer := func(k, n int, act gemm.Act) gemm.Layer {
		w := make([]float32, gemm.PackedLen(k, n))
		gemm.Pack(k, n, make([]float32, k*n), n, w)
		return gemm.NewLayer(n, k, w, gemm.BiasAct(make([]float32, n), act))
	}
	first, last := layer(in, hidden, gemm.ReLU), layer(hidden, out, gemm.Linear)
	fx, fh := make([]float32, in), make([]float32, hidden)
	floats := func() {
		first.Apply(fx, fh)
		last.Apply(fh, y)
	}
	int8Best, floatBest := math.Inf(1), math.Inf(1)
	for b.Loop() {
		int8Best = min(int8Best, hw.Best(time.Millisecond, integers))
		floatBest = min(floatBest, hw.Best(time.Millisecond, floats))
	}
	b.ReportMetric(1e6*int8Best, "int8-µs")
	b.ReportMetric(1e6*floatBest, "float32-µs")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkConv times a convolution of one image, beside that in float32.
func BenchmarkConv(b *testing.B) {
	r := rand.New(rand.NewSource(1))
	g := conv.Geometry{H: 8, W: 8, C: 16, OH: 8, OW: 8, OC: 32, FH: 3, FW: 3, SH: 1, SW: 1, PT: 1, PL: 1, DH: 1, DW: 1, Groups: 1}
	x, w, y, s := int8s(r, 8*8*16), make([]int8, PackedLen(3, 48, 32)), make([]int8, 8*8*32), scales(r, 32)
	b.Run("impl=int8", func(b *testing.B) {
		for range b.N {
			Conv(1, &g, y, x, w, s)
		}
	})
	fx, fw, fy, bias := make([]float32, 8*8*16), make([]float32, 144*32), make([]float32, 8*8*32), make([]float32, 32)
	b.Run("impl=float32", func(b *testing.B) {
		for range b.N {
			conv.ForwardPacked(1, &g, fy, fx, fw, gemm.BiasAct(bias, gemm.ReLU))
		}
	})
}

// BenchmarkDepthwise times a depthwise convolution and a mean of one image, as MobileNet has them.
func BenchmarkDepthwise(b *testing.B) {
	r := rand.New(rand.NewSource(1))
	g := conv.Geometry{H: 24, W: 24, C: 32, OH: 24, OW: 24, OC: 32, FH: 3, FW: 3, SH: 1, SW: 1, PT: 1, PL: 1, DH: 1, DW: 1,
		Groups: 32}
	x, w, y, s := int8s(r, 24*24*32), int8s(r, 9*32), make([]int8, 24*24*32), scales(r, 32)
	b.Run("conv=3x3", func(b *testing.B) {
		for range b.N {
			Depthwise(1, &g, y, x, w, s)
		}
	})
	all := pool.Window{H: 24, W: 24, C: 32, OH: 1, OW: 1, FH: 24, FW: 24, SH: 1, SW: 1}
	b.Run("mean=24x24", func(b *testing.B) {
		for range b.N {
			Average(1, all, y, x)
		}
	})
}

// BenchmarkRecurrent times recurrent layers over one sequence and over many, beside those in float32.
func BenchmarkRecurrent(b *testing.B) {
	r := rand.New(rand.NewSource(1))
	for _, size := range []struct{ n, f, u int }{{1, 16, 64}, {32, 16, 64}, {1, 1, 8}, {1, 128, 256}} {
		for kind, name := range map[cell]string{lstmCell: "lstm", gruCell: "gru"} {
			s := Steps{T: 16, F: size.f, U: size.u, All: true}
			d := draw(r, kind, s, size.n)
			y := make([]int8, size.n*s.T*s.U)
			label := fmt.Sprintf("cell=%s/n=%d,f=%d,u=%d", name, size.n, size.f, size.u)
			b.Run(label+"/impl=int8", func(b *testing.B) {
				for range b.N {
					layers[kind].run(size.n, s, y, d.x, nil, d.packedW, d.packedV, d.g)
				}
			})
			k := d.k
			shape := rnn.Shape{T: s.T, F: s.F, U: s.U}
			floats := func(n int) []float32 {
				x := make([]float32, n)
				for i := range x {
					x[i] = r.Float32()/4 - 0.125
				}
				return x
			}
			h, x := floats(size.n*s.T*s.U), floats(size.n*s.T*s.F)
			w, v, bias := floats(s.F*k*s.U), floats(s.U*k*s.U), floats(2*k*s.U)
			gates, more := floats(size.n*s.T*k*s.U), floats(size.n*s.T*s.U)
			run := func() {
				if kind == lstmCell {
					rnn.LSTM(size.n, shape, h, gates, more, x, w, v, bias, nil)
				} else {
					rnn.GRU(size.n, shape, h, gates, more, x, w, v, bias, nil)
				}
			}
			if size.n == 1 && kind == lstmCell {
				c := rnn.NewLSTMCell(shape, w, v, bias)
				run = func() { c.Run(shape, h, x) }
			} else if size.n == 1 {
				c := rnn.NewGRUCell(shape, w, v, bias)
				run = func() { c.Run(shape, h, x) }
			}
			b.Run(label+"/impl=float32", func(b *testing.B) {
				for range b.N {
					run()
				}
			})
		}
	}
}
