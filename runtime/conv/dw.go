package conv

import "github.com/nngen/nngen/runtime/cpu"

// DW writes the gradient of Forward with respect to w, given that with respect to y, summed over the
// n images.
//
//	dw  FH×FW×(C/Groups)×OC, written in full; +0 if n is 0
//	x   n×H×W×C
//	dy  n×OH×OW×OC
//
// dw must not overlap x or dy. DW does not allocate. It panics if the geometry makes no sense
// or a slice is too short.
func DW(n int, g *Geometry, dw, x, dy []float32) {
	g.check(n)
	g.checkX(n, x)
	g.checkY(n, dy)
	g.checkW(dw)
	if !cpu.HasAVX2FMA || g.taps() > roomSize {
		dwGeneric(n, g, dw, x, dy)
		return
	}
	if s, i := borrow(); i >= 0 {
		dwRows(n, g, dw, x, dy, s)
		giveBack(i)
		return
	}
	dwOnStack(n, g, dw, x, dy)
}
