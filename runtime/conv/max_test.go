package conv

import (
	"fmt"
	"math"
	"math/rand"
	"testing"

	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
	"github.com/nngen/nngen/runtime/pool"
)

// TestForwardMaxHasTheBitsOfBoth compares ForwardMaxPacked with ForwardPacked and pool.Max, for geometries that the kernel
// takes and others, NaN, infinities and zeros.
func TestForwardMaxHasTheBitsOfBoth(t *testing.T) { kerneltest.Modes(t, testForwardMax) }

func testForwardMax(t *testing.T) {
	r := rand.New(rand.NewSource(9))
	nan, inf, zero := float32(math.NaN()), float32(math.Inf(1)), float32(math.Copysign(0, -1))
	for i := range 200 {
		g := square(4*(1+r.Intn(9)), 1, 6, 1+2*r.Intn(3))
		switch i % 4 {
		case 1:
			g.W, g.OW, g.C = 4*(1+r.Intn(9)), 2*(1+r.Intn(7)), 4
		case 2:
			g.OC, g.H, g.SH = 1+r.Intn(20), 2*g.H, 2
		case 3:
			g.PT, g.PL, g.OH, g.OW = r.Intn(3), r.Intn(3), 2*(1+r.Intn(14)), 2*(1+r.Intn(14))
		}
		n := r.Intn(4)
		nx, ny, nw := g.sizes(n)
		x, w, b, p := draw(r, nx), draw(r, nw), draw(r, g.OC), make([]float32, PackedLen(g))
		if i%3 == 0 && nx > 0 {
			x[r.Intn(nx)] = []float32{nan, inf, zero, -inf}[r.Intn(4)]
			b[r.Intn(g.OC)] = []float32{nan, inf, zero, -inf, 0}[r.Intn(5)]
		}
		Pack(g, w, p)
		y, want, got := make([]float32, ny), make([]float32, ny/4), draw(r, ny/4)
		for name, ep := range map[string]gemm.Epilogue{"none": gemm.None(), "bias": gemm.Bias(b),
			"relu": gemm.BiasAct(b, gemm.ReLU), "leaky": gemm.BiasAct(b, gemm.LeakyReLU).Alpha(-0.3)} {
			ForwardPacked(n, g, y, x, p, ep)
			pool.Max(n, pool.Window{H: g.OH, W: g.OW, C: g.OC, OH: g.OH / 2, OW: g.OW / 2, FH: 2, FW: 2, SH: 2, SW: 2}, want, y)
			ForwardMaxPacked(n, g, got, x, p, ep)
			same(t, g, "y, "+name, got, want)
		}
	}
}

// TestForwardMaxAllocatesNothingAndMisusePanics has odd extents, and what lies beyond slices.
func TestForwardMaxAllocatesNothingAndMisusePanics(t *testing.T) {
	g := square(8, 1, 6, 3)
	odd := *g
	odd.OW = 7
	x, y, p, b := make([]float32, 2*64), make([]float32, 2*16*6), make([]float32, PackedLen(g)), make([]float32, 6)
	ep := gemm.Bias(b)
	if n := testing.AllocsPerRun(5, func() { ForwardMaxPacked(2, g, y, x, p, ep) }); n != 0 {
		t.Errorf("%g allocations, want 0", n)
	}
	for _, c := range []struct {
		want string
		call func()
	}{
		{badMax, func() { ForwardMaxPacked(2, &odd, y, x, p, ep) }},
		{badY, func() { ForwardMaxPacked(2, g, y[1:], x, p, ep) }},
		{badX, func() { ForwardMaxPacked(2, g, y, x[1:], p, ep) }},
		{badPacked, func() { ForwardMaxPacked(2, g, y, x, p[1:], ep) }},
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); got != c.want {
					t.Errorf("panic %q, want %q", got, c.want)
				}
			}()
			c.call()
		}()
	}
}
