package gemm

import "github.com/nngen/nngen/runtime/cpu"

// A Chain is a Layer whose sums are one chain each, from the first element of x on, whatever the shape: it has the bits
// of [Strided].
type Chain struct {
	l  Layer
	ps int // elements from a panel of the weights to the next
}

// NewChain prepares a product as [NewLayer] does.
func NewChain(n, k int, p []float32, ep Epilogue) Chain {
	return Chain{prepare(n, k, p, ep, 1), nr * k}
}

// Apply computes y = x·B and applies the epilogue, as [Layer.Apply] does.
func (c *Chain) Apply(x, y []float32) {
	if len(x) < c.l.k || len(y) < c.l.n || !cpu.HasSIMD() || c.l.args.panels == 0 {
		c.slow(x, y)
		return
	}
	gemvRowSIMD(&c.l.args, &x[0], &y[0])
}

// Begin computes the first k terms of the sums of m rows of A, which [Chain.From] goes on with: y, m×n, becomes
// A·B[:k] without an epilogue. A is m×k. It panics as [Strided] does, and if k is more than the chain has.
func (c *Chain) Begin(m, k int, a []float32, y []float32) {
	if k > c.l.k {
		panic(badA)
	}
	Strided(m, c.l.n, k, a, k, 1, c.l.p, nr, c.ps, y, c.l.n, None())
}

// From returns what goes on with sums that [Chain.Begin] made, of the first k terms: its Apply computes y += x·B[k:] for
// a row x of the other terms, and applies the epilogue. The bits are those of Apply on all terms. k is less than the
// terms of the chain.
func (c *Chain) From(k int) Chain {
	rest := Chain{c.l, c.ps}
	rest.l.k, rest.l.p, rest.l.ep = c.l.k-k, c.l.p[min(k*nr, len(c.l.p)):], c.l.ep.Continued()
	if r := &rest.l.args; r.panels > 0 {
		r.b, r.k, r.flags = &rest.l.p[0], rest.l.k, rest.l.ep.flags()
	}
	return rest
}

// Until returns the product of a row of k terms with the first k rows of the weights, which it shares: its Apply has the
// bits of a Chain of those alone. It panics if k is more than the chain has.
func (c *Chain) Until(k int) Chain {
	if k > c.l.k {
		panic(badA)
	}
	part := Chain{c.l, c.ps}
	part.l.k = k
	if r := &part.l.args; r.panels > 0 {
		r.k = k
	}
	return part
}

// slow is Apply without kernels, for products of several calls, and for slices that are too short. It stays out of line as
// that of Layer does.
//
//go:noinline
func (c *Chain) slow(x, y []float32) {
	if c.l.n > 0 {
		Strided(1, c.l.n, c.l.k, x, c.l.k, 1, c.l.p, nr, c.ps, y, c.l.n, c.l.ep)
	}
}
