package conv

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/gemm"
)

// PackedLen returns the length of a packed filter: the output channels of each group are rounded up
// to whole panels.
func PackedLen(g *Geometry) int {
	return g.Groups * gemm.PackedLen(g.FH*g.FW*(g.C/g.Groups), g.OC/g.Groups)
}

// Pack copies a filter to p as ForwardPacked wants it: for each group, one panel of 16 output channels
// after the other as gemm.Pack writes them, taps and input channels being the rows. p must not
// overlap w. Pack panics if the geometry makes no sense or a slice is too short.
func Pack(g *Geometry, w, p []float32) {
	g.check(0)
	g.checkW(w)
	g.checkPacked(p)
	rows, cols := g.FH*g.FW*(g.C/g.Groups), g.OC/g.Groups
	size := gemm.PackedLen(rows, cols)
	for i := range g.Groups {
		gemm.Pack(rows, cols, w[i*cols:], g.OC, p[i*size:(i+1)*size])
	}
}

// ForwardPacked convolves as Forward does, with the same bits, with the filter that Pack wrote to p.
// y must not overlap x, p or the slice of the epilogue. It panics as Forward does.
func ForwardPacked(n int, g *Geometry, y, x, p []float32, ep gemm.Epilogue) {
	r := rooms.Get().(*room)
	r.convolvePacked(n, g, y, x, p, ep)
	rooms.Put(r)
}

// convolvePacked is ForwardPacked.
func (r *room) convolvePacked(n int, g *Geometry, y, x, p []float32, ep gemm.Epilogue) {
	g.check(n)
	g.checkX(n, x)
	g.checkY(n, y)
	g.checkPacked(p)
	ep.CheckSlice(g.OC, n*g.OH*g.OW*g.OC)
	if !cpu.HasSIMD() {
		forwardGeneric(n, g, y, x, packed(g, p), ep)
		return
	}
	r.forward(n, g, y, x, packed(g, p), ep)
}

// checkPacked panics if p is shorter than PackedLen.
func (g *Geometry) checkPacked(p []float32) {
	cols := (g.OC/g.Groups + nr - 1) / nr * nr
	if float64(g.FH)*float64(g.FW)*float64(g.C)*float64(cols) > float64(len(p)) {
		panic(badPacked)
	}
}
