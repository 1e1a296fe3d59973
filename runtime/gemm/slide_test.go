package gemm

import (
	"fmt"
	"math"
	"math/rand"
	"slices"
	"testing"

	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// TestSlideHasTheBitsOfItsTwin compares the kernel with its twin for all widths of tiles, lines of many lengths, and several
// calls, with slices that end, or begin, where memory may not be touched.
func TestSlideHasTheBitsOfItsTwin(t *testing.T) {
	if !cpu.HasAVX2FMA {
		t.Skip("no kernel here")
	}
	defer func(w int) { work = w }(work)
	inf := float32(math.Inf(1))
	odd := []float32{float32(math.NaN()), inf, -inf, 0, float32(math.Copysign(0, -1)), 1e-42, -1e-42, math.MaxFloat32}
	r := rand.New(rand.NewSource(1))
	for m := 1; m < 140; m += 1 + m/20 {
		for n := 1; n <= slideColumns; n++ {
			p, _, _, _, _, _ := gathering(r, 1, 1)
			lines, lda := 1+r.Intn(9), r.Intn(2*m)
			behind, size := SlideLens(lines, m, n)
			draw := func(n int) []float32 {
				x := make([]float32, n)
				for i := range x {
					if x[i] = float32(r.NormFloat64()); r.Intn(40) == 0 {
						x[i] = odd[r.Intn(len(odd))]
					}
				}
				return x
			}
			fence := kerneltest.Fence(kerneltest.Edge(m%2 == 1))
			a, b, bias := fence(draw((lines-1)*lda+p.last+behind)), fence(draw(nr*p.Terms())), fence(draw(n))
			if work = 1 << 22; m%3 == 0 {
				work = 2 * 32 * n * p.Terms()
			}
			for name, ep := range map[string]Epilogue{"none": None(), "bias": Bias(bias), "relu": BiasAct(bias, ReLU),
				"leaky": BiasAct(bias, LeakyReLU).Alpha(0.3)} {
				want, got := make([]float32, lines*m*n), fence(make([]float32, size))
				slideGeneric(p, lines, m, n, a, lda, b, want, ep)
				Slide(p, lines, m, n, a, lda, b, got, ep)
				if at := kerneltest.Diff(got[:len(want)], want); at >= 0 {
					t.Fatalf("lines=%d, m=%d, n=%d, k=%d, %s: c[%d] = %x, want %x",
						lines, m, n, p.Terms(), name, at, got[at], want[at])
				}
			}
		}
	}
}

// TestSlideAllocatesNothingAndMisusePanics hands over what lies beyond slices.
func TestSlideAllocatesNothingAndMisusePanics(t *testing.T) {
	var p Places
	p.Reset(2, 3)
	p.Run(0)
	p.Run(7)
	behind, size := SlideLens(2, 9, 5)
	a, b, c := make([]float32, 20+10+behind), make([]float32, 4*nr), make([]float32, size)
	if n := testing.AllocsPerRun(5, func() { Slide(&p, 2, 9, 5, a, 20, b, c, None()) }); n != 0 {
		t.Errorf("%g allocations, want 0", n)
	}
	for _, x := range []struct {
		want string
		call func()
	}{
		{badA, func() { Slide(&p, 2, 9, 5, a[:len(a)-1], 20, b, c, None()) }},
		{badA, func() { Slide(new(Places), 2, 9, 5, a, 20, b, c, None()) }},
		{badB, func() { Slide(&p, 2, 9, 5, a, 20, b[:len(b)-1], c, None()) }},
		{badC, func() { Slide(&p, 2, 9, 5, a, 20, b, c[:len(c)-1], None()) }},
		{badBias, func() { Slide(&p, 2, 9, 5, a, 20, b, c, Bias(a[:4])) }},
		{badSlide, func() { Slide(&p, 2, 9, 5, a, 20, b, c, Accumulate()) }},
		{badSlide, func() { Slide(&p, 2, 9, 5, a, 20, b, c, GradAct(ReLU, c)) }},
		{badSlide, func() { Slide(&p, 2, 9, 7, a, 20, b, c, None()) }},
		{badSize, func() { Slide(&p, -1, 9, 5, a, 20, b, c, None()) }},
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
	long := make([]int32, work)
	for _, x := range []struct {
		m, n, k, reach int
		want           bool
	}{{28, 6, 25, 900, true}, {28, 7, 25, 900, false}, {28, 6, 25, mostPlace + 1, false}, {28, 6, len(long), 900, false}} {
		if got := Slides(x.m, x.n, x.k, x.reach, None()); got != x.want {
			t.Errorf("Slides%v is %v", x, got)
		}
	}
	before := slices.Clone(c)
	Slide(&p, 0, 9, 5, a, 20, b, c, None())
	if !slices.Equal(before, c) {
		t.Error("no lines, but C has changed")
	}
}
