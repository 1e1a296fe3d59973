package gemm

import "github.com/nngen/nngen/runtime/cpu"

// A Chain is a Layer whose sums are one chain each, from the first element of x on, whatever the shape: it has the bits
// of [Strided].
type Chain struct{ l Layer }

// NewChain prepares a product as [NewLayer] does.
func NewChain(n, k int, p []float32, ep Epilogue) Chain { return Chain{prepare(n, k, p, ep, 1)} }

// Apply computes y = x·B and applies the epilogue, as [Layer.Apply] does.
func (c *Chain) Apply(x, y []float32) {
	if len(x) < c.l.k || len(y) < c.l.n || !cpu.HasSIMD() || c.l.args.panels == 0 {
		c.slow(x, y)
		return
	}
	gemvRowSIMD(&c.l.args, &x[0], &y[0])
}

// slow is Apply without kernels, for products of several calls, and for slices that are too short. It stays out of line as
// that of Layer does.
//
//go:noinline
func (c *Chain) slow(x, y []float32) {
	if c.l.n > 0 {
		Strided(1, c.l.n, c.l.k, x, c.l.k, 1, c.l.p, nr, nr*c.l.k, y, c.l.n, c.l.ep)
	}
}
