package conv

import "github.com/nngen/nngen/runtime/gemm"

const badSteps = "conv: Steps: not one step of a sequence, or a slice shorter than its shape"

// Steps computes n steps of a sequence, of which g has one: H, OH and OW are 1, W is the number of steps that the filter
// reaches, and nothing is padded. last, W×C, holds those before, in order, and becomes those that the next step reaches:
// x, n×C, comes behind them. Where W is 1 there is none, and last is not looked at. y, n×OC, becomes what Forward gives
// for each step. y must not overlap x, last, w or the slice of the epilogue. Steps does not allocate in the steady state.
// It panics if the geometry is not of that kind or a slice is too short.
func Steps(n int, g *Geometry, y, last, x, w []float32, ep gemm.Epilogue) {
	r := rooms.Get().(*room)
	all, image := r.steps(n, g, last, x)
	if n > 0 {
		r.convolve(1, &all, y, image, w, ep)
	}
	rooms.Put(r)
}

// StepsPacked computes what Steps does, with the same bits, with the filter that Pack wrote to p.
func StepsPacked(n int, g *Geometry, y, last, x, p []float32, ep gemm.Epilogue) {
	r := rooms.Get().(*room)
	all, image := r.steps(n, g, last, x)
	if n > 0 {
		r.convolvePacked(1, &all, y, image, p, ep)
	}
	rooms.Put(r)
}

// steps returns the geometry of n steps, whose image is these and those before them that they reach.
func (g *Geometry) steps(n int) Geometry {
	all := *g
	all.W, all.OW = g.W-1+n, n
	return all
}

// sequenceLen returns the elements of the copy that n steps are convolved in; 0 if they are in place.
func (g *Geometry) sequenceLen(n int) int {
	if g.W == 1 {
		return 0
	}
	return (g.W + n) * g.C
}

// steps returns n steps and those before them that they reach as one image, and its geometry, and moves last on.
func (r *room) steps(n int, g *Geometry, last, x []float32) (all Geometry, image []float32) {
	g.check(n)
	if g.H != 1 || g.OH != 1 || g.OW != 1 || g.PT != 0 || g.PL != 0 || g.W != (g.FW-1)*g.DW+1 ||
		g.W > 1 && len(last) < g.W*g.C || len(x) < n*g.C {
		panic(badSteps)
	}
	all = g.steps(n)
	if g.W == 1 {
		return all, x
	}
	last = last[:g.W*g.C]
	r.sequence = grow(r.sequence, g.sequenceLen(n))
	copy(r.sequence, last)
	copy(r.sequence[len(last):], x[:n*g.C])
	copy(last, r.sequence[n*g.C:])
	return all, r.sequence[g.C:]
}
