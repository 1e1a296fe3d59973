package conv

import "github.com/nngen/nngen/runtime/cpu"

// DX writes the gradient of Forward with respect to x, given that with respect to y: each pixel of dx is
// the sum over what Forward added it to. It is also the transposed convolution of dy.
//
//	dx  n×H×W×C, written in full; pixels that no filter reads become +0
//	dy  n×OH×OW×OC
//	w   FH×FW×(C/Groups)×OC
//
// dx must not overlap dy or w. DX does not allocate. It panics if the geometry makes no sense or
// a slice is too short.
func DX(n int, g *Geometry, dx, dy, w []float32) {
	g.check(n)
	g.checkX(n, dx)
	g.checkY(n, dy)
	g.checkW(w)
	if !cpu.HasAVX2FMA || g.FH*g.FW*(g.OC/g.Groups) > roomSize {
		dxGeneric(n, g, dx, dy, w)
		return
	}
	if s, i := borrow(); i >= 0 {
		dxRows(n, g, dx, dy, w, s)
		giveBack(i)
		return
	}
	dxOnStack(n, g, dx, dy, w)
}
