package gemm

import (
	"fmt"
	"math"
	"math/rand"
	"testing"

	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// TestSlideMaxHasTheBitsOfItsTwin compares the kernel with its twin for all its tiles, several calls, and slices that end,
// or begin, where memory may not be touched. What is NaN or may not be a bias it must refuse.
func TestSlideMaxHasTheBitsOfItsTwin(t *testing.T) {
	defer func(w int) { work = w }(work)
	inf, zero := float32(math.Inf(1)), float32(math.Copysign(0, -1))
	r := rand.New(rand.NewSource(1))
	const n = slideColumns
	for m := 2; m < 60; m += 2 {
		for trial := range 6 {
			p, _, _, _, _, _ := gathering(r, 1, 1)
			lines, lda := 2+2*r.Intn(5), r.Intn(4*m)
			draw := func(n int, odd ...float32) []float32 {
				x := make([]float32, n)
				for i := range x {
					if x[i] = float32(r.NormFloat64()); len(odd) > 0 && r.Intn(20) == 0 {
						x[i] = odd[r.Intn(len(odd))]
					}
				}
				return x
			}
			fence := kerneltest.Fence(kerneltest.Edge(m%4 == 2))
			odd := []float32{0, zero, 1e-42, -1e-42, math.MaxFloat32}
			if trial > 2 {
				odd = append(odd, inf, -inf)
			}
			a, b := fence(draw((2*lines-1)*lda+p.last+2*m, odd...)), fence(draw(nr*p.Terms()))
			bias := fence(draw(n, 0, math.MaxFloat32, 1e-42))
			if trial == 5 {
				bias[r.Intn(n)] = []float32{zero, inf, -inf, float32(math.NaN())}[r.Intn(4)]
			}
			if work = 1 << 22; m%3 == 0 {
				work = 8 * m * n * p.Terms()
			}
			for name, ep := range map[string]Epilogue{"bias": Bias(bias), "relu": BiasAct(bias, ReLU)} {
				want, got := make([]float32, lines*m*n), fence(make([]float32, lines*m*n))
				slideMaxGeneric(p, lines, m, n, a, lda, b, want, ep)
				if !SlideMax(p, lines, m, n, a, lda, b, got, ep, a) {
					if trial <= 2 {
						t.Fatalf("lines=%d, m=%d, k=%d, %s: refused", lines, m, p.Terms(), name)
					}
					continue
				}
				if at := kerneltest.Diff(got, want); at >= 0 {
					t.Fatalf("lines=%d, m=%d, k=%d, %s: c[%d] = %x, want %x", lines, m, p.Terms(), name, at, got[at], want[at])
				}
			}
		}
	}
}

// TestSlideMaxRefusesNaN sets one factor to NaN, wherever it is.
func TestSlideMaxRefusesNaN(t *testing.T) {
	var p Places
	p.Reset(2, 1)
	p.Run(0)
	for _, m := range []int{2, 4, 6, 8, 14} {
		a, b, c, bias := make([]float32, 8*m+1), make([]float32, 2*nr), make([]float32, 2*m*6), make([]float32, 6)
		for at := range a {
			a[at] = float32(math.NaN())
			if got := SlideMax(&p, 2, m, 6, a, 2*m, b, c, Bias(bias), nil); got {
				want := make([]float32, len(c))
				slideMaxGeneric(&p, 2, m, 6, a, 2*m, b, want, Bias(bias))
				if i := kerneltest.Diff(c, want); i >= 0 {
					t.Errorf("m=%d: NaN at %d is lost", m, at)
				}
			}
			a[at] = 0
		}
	}
}

// TestSlideMaxAllocatesNothingAndMisusePanics hands over what lies beyond slices.
func TestSlideMaxAllocatesNothingAndMisusePanics(t *testing.T) {
	var p Places
	p.Reset(2, 3)
	p.Run(0)
	p.Run(7)
	a, b, c, bias := make([]float32, 3*20+10+12), make([]float32, 4*nr), make([]float32, 2*6*6), make([]float32, 6)
	ep := Bias(bias)
	for _, x := range []struct {
		want string
		call func()
	}{
		{badA, func() { SlideMax(&p, 2, 6, 6, a[:len(a)-1], 20, b, c, ep, nil) }},
		{badA, func() { SlideMax(new(Places), 2, 6, 6, a, 20, b, c, ep, nil) }},
		{badB, func() { SlideMax(&p, 2, 6, 6, a, 20, b[:len(b)-1], c, ep, nil) }},
		{badC, func() { SlideMax(&p, 2, 6, 6, a, 20, b, c[:len(c)-1], ep, nil) }},
		{badBias, func() { SlideMax(&p, 2, 6, 6, a, 20, b, c, Bias(bias[:5]), nil) }},
		{badSlideMax, func() { SlideMax(&p, 2, 6, 6, a, 20, b, c, None(), nil) }},
		{badSlideMax, func() { SlideMax(&p, 2, 6, 6, a, 20, b, c, BiasAct(bias, LeakyReLU), nil) }},
		{badSlideMax, func() { SlideMax(&p, 2, 6, 5, a, 20, b, c, ep, nil) }},
		{badSlideMax, func() { SlideMax(&p, 3, 6, 6, a, 20, b, c, ep, nil) }},
		{badSlideMax, func() { SlideMax(&p, 2, 5, 6, a, 20, b, c, ep, nil) }},
		{badSize, func() { SlideMax(&p, -2, 6, 6, a, 20, b, c, ep, nil) }},
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
