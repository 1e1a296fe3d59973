package sparse

import (
	"math"
	"testing"

	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/rng"
)

// TestAgreesWithTheDenseProductOfTheMaskedMatrix compares with package gemm, bit for bit where that
// takes its sums in one chain.
func TestAgreesWithTheDenseProductOfTheMaskedMatrix(t *testing.T) {
	for _, c := range []struct{ n, in, out int }{{1, 1, 1}, {1, 7, 3}, {5, 12, 33}, {9, 31, 40}, {150, 20, 33}} {
		p := Pattern{In: c.in, Out: c.out, Start: []int32{0}}
		dense := make([]float32, c.in*c.out)
		var w []float32
		draw := 0
		next := func() float32 { draw++; return float32(rng.Float64(1, 2, 3, draw) - 0.5) }
		for j := range c.out {
			for i := range c.in {
				if next() > 0.2 {
					p.Index = append(p.Index, int32(i))
					w = append(w, next())
					dense[i*c.out+j] = w[len(w)-1]
				}
			}
			p.Start = append(p.Start, int32(len(p.Index)))
		}
		x, dy := make([]float32, c.n*c.in), make([]float32, c.n*c.out)
		for i := range x {
			x[i] = next()
		}
		for i := range dy {
			dy[i] = next()
		}
		y, dx, dw := make([]float32, c.n*c.out), make([]float32, c.n*c.in), make([]float32, len(w))
		Forward(c.n, &p, y, x, w)
		DX(c.n, &p, dx, dy, w)
		DW(c.n, &p, dw, x, dy)
		wantY, wantDX, wantDW := make([]float32, len(y)), make([]float32, len(dx)), make([]float32, len(dense))
		gemm.NN(c.n, c.out, c.in, x, c.in, dense, c.out, wantY, c.out, gemm.None())
		gemm.NT(c.n, c.in, c.out, dy, c.out, dense, c.out, wantDX, c.in, gemm.None())
		gemm.TN(c.in, c.out, c.n, x, c.in, dy, c.out, wantDW, c.out, gemm.None())
		for i := range y {
			if math.Abs(float64(y[i]-wantY[i])) > 1e-6 {
				t.Fatalf("%v: y[%d] = %v, the dense product gives %v", c, i, y[i], wantY[i])
			}
		}
		for i := range dx {
			if dx[i] != wantDX[i] {
				t.Fatalf("%v: dx[%d] = %v, the dense product gives %v", c, i, dx[i], wantDX[i])
			}
		}
		for j := range c.out {
			for k := p.Start[j]; k < p.Start[j+1]; k++ {
				if want := wantDW[int(p.Index[k])*c.out+j]; math.Abs(float64(dw[k]-want)) > 1e-5 {
					t.Fatalf("%v: dw[%d] = %v, the dense product gives %v", c, k, dw[k], want)
				}
			}
		}
		one := make([]float32, c.out)
		for i := range c.n {
			Forward(1, &p, one, x[i*c.in:], w)
			for j := range one {
				if one[j] != y[i*c.out+j] {
					t.Fatalf("%v: example %d alone gives %v, in a batch %v", c, i, one[j], y[i*c.out+j])
				}
			}
		}
		if a := testing.AllocsPerRun(10, func() { Forward(c.n, &p, y, x, w); DX(c.n, &p, dx, dy, w); DW(c.n, &p, dw, x, dy) }); a >= 1 {
			t.Errorf("%v: %v allocations", c, a)
		}
	}
}
