package gemm

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"
	"time"

	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/hw"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// gathering draws places of rows and runs, which overlap, and the operands of a product.
func gathering(r *rand.Rand, m, n int) (p *Places, a, b []float32, brs, bps int, c []float32) {
	p = new(Places)
	p.Reset(1+r.Intn(7), 1+r.Intn(3))
	to := 0
	for range 1 + r.Intn(6) {
		at := r.Intn(40)
		p.Run(at)
		to = max(to, at+(p.k-1)*p.step+1)
	}
	ldc, x, y := n+r.Intn(3), 0, 0
	for range m {
		p.Row(x, y)
		x += r.Intn(9)
		y += ldc
	}
	a, c = make([]float32, x+to), make([]float32, m*ldc)
	brs = (n+7)&^7 + r.Intn(3)
	bps = nr
	if r.Intn(2) == 0 {
		brs, bps = nr, nr*p.Terms()
	}
	last := (n - 1) / nr
	b = make([]float32, last*bps+(p.Terms()-1)*brs+(n-last*nr+7)&^7)
	for _, s := range [][]float32{a, b, c} {
		for i := range s {
			s[i] = float32(r.NormFloat64())
		}
	}
	return p, a, b, brs, bps, c
}

// TestGatheredHasTheBitsOfItsTwin compares the kernel with its twin for all heights and widths of tiles, with slices that
// end, or begin, where memory may not be touched; and with a prefix of the rows, and several calls.
func TestGatheredHasTheBitsOfItsTwin(t *testing.T) {
	if !cpu.HasSIMD() {
		t.Skip("no kernel here")
	}
	defer func(w int) { work = w }(work)
	r := rand.New(rand.NewSource(1))
	for m := range 40 {
		for n := 1; n < 40; n += 1 + r.Intn(3) {
			p, a, b, brs, bps, c := gathering(r, m+r.Intn(3), n)
			bias := make([]float32, n)
			for i := range bias {
				bias[i] = float32(r.NormFloat64())
			}
			fence := kerneltest.Fence(kerneltest.Edge(m%2 == 1))
			a, b, bias = fence(a), fence(b), fence(bias)
			if work = 1 << 22; m%3 == 0 {
				work = GatherRows * nr * p.Terms()
			}
			for name, ep := range map[string]Epilogue{"none": None(), "accumulate": Accumulate(), "bias": Bias(bias),
				"relu": BiasAct(bias, ReLU), "leaky": BiasAct(bias, LeakyReLU).Alpha(0.3).Continued()} {
				want, got := slices.Clone(c), fence(slices.Clone(c))
				gatherGeneric(p, m, n, a, b, brs, bps, want, ep)
				Gathered(p, m, n, a, b, brs, bps, got, ep)
				if at := kerneltest.Diff(got, want); at >= 0 {
					t.Fatalf("m=%d, n=%d, k=%d, %s: c[%d] = %x, want %x", m, n, p.Terms(), name, at, got[at], want[at])
				}
			}
		}
	}
}

// TestGatheredAllocatesNothingAndMisusePanics uses the memory of places again, and hands over what lies beyond slices.
func TestGatheredAllocatesNothingAndMisusePanics(t *testing.T) {
	var p Places
	a, b, c := make([]float32, 20), make([]float32, 4*8), make([]float32, 5*8)
	set := func() {
		p.Reset(2, 3)
		p.Run(0)
		p.Run(7)
		for i := range 5 {
			p.Row(2*i, 8*i)
		}
		Gathered(&p, 5, 8, a, b, 8, nr, c, None())
	}
	set()
	if n := testing.AllocsPerRun(5, set); n != 0 {
		t.Errorf("%g allocations, want 0", n)
	}
	for _, x := range []struct {
		want string
		call func()
	}{
		{badA, func() { Gathered(&p, 5, 8, a[:18], b, 8, nr, c, None()) }},
		{badB, func() { Gathered(&p, 5, 8, a, b[:31], 8, nr, c, None()) }},
		{badB, func() { Gathered(&p, 5, 7, a, b[:31], 8, nr, c, None()) }},
		{badC, func() { Gathered(&p, 5, 8, a, b, 8, nr, c[:39], None()) }},
		{badBias, func() { Gathered(&p, 5, 8, a, b, 8, nr, c, Bias(a[:7])) }},
		{badSaved, func() { Gathered(&p, 5, 8, a, b, 8, nr, c, GradAct(ReLU, c)) }},
		{badSize, func() { Gathered(&p, 6, 8, a, b, 8, nr, c, None()) }},
		{badPlace, func() { p.Row(0, 80) }},
		{badPlace, func() { p.Run(-1) }},
		{badPlace, func() { p.Row(mostPlace+1, 80) }},
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); got != x.want {
					t.Errorf("panic %q, want %q", got, x.want)
				}
			}()
			x.call()
		}()
	}
}

// BenchmarkGathered reports the share of the peak of products as convolutions of LeNet-5 have them: y and dw.
func BenchmarkGathered(b *testing.B) {
	for _, s := range []struct{ m, n, runs, k int }{
		{84, 6, 5, 5}, {25, 6, 28, 28}, {60, 16, 5, 30}, {150, 16, 10, 10}, {84, 32, 3, 96},
	} {
		var p Places
		p.Reset(s.k, 1)
		for i := range s.runs {
			p.Run(i * 2 * s.k)
		}
		for i := range s.m {
			p.Row(i, i*s.n)
		}
		x, y, z := make([]float32, s.m+2*s.k*s.runs), make([]float32, (p.Terms()+1)*(s.n+15)&^15), make([]float32, s.m*s.n)
		bias := make([]float32, s.n)
		call := func() { Gathered(&p, s.m, s.n, x, y, nr, nr*p.Terms(), z, BiasAct(bias, ReLU)) }
		b.Run(fmt.Sprintf("m=%d,n=%d,k=%d×%d", s.m, s.n, s.runs, s.k), func(b *testing.B) {
			seconds, rates := hw.Beside(5*time.Millisecond, call)
			for b.Loop() {
				call()
			}
			if rates.Best > 0 {
				b.ReportMetric(100*2*float64(s.m*s.n*p.Terms())/seconds/rates.Best, "%peak")
			}
		})
	}
}
