package conv

// DepthwiseDX writes the gradient of Depthwise with respect to x, as DX does for as many groups as
// channels, and with its bits.
//
//	dx  n×H×W×C, written in full; pixels that no filter reads become +0
//	dy  n×OH×OW×OC
//	w   FH×FW×C×(OC/C)
//
// dx must not overlap dy or w. DepthwiseDX does not allocate. It panics as DX does.
func DepthwiseDX(n int, g *Geometry, dx, dy, w []float32) {
	g.checkDepthwise(n)
	g.checkX(n, dx)
	g.checkY(n, dy)
	g.checkW(w)
	chainsGeneric(n, g, dx, dy, w)
}
