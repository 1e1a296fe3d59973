package conv

// DepthwiseDW writes the gradient of Depthwise with respect to w, as DW does for as many groups as
// channels, and with its bits.
//
//	dw  FH×FW×C×(OC/C), written in full; +0 if n is 0
//	x   n×H×W×C
//	dy  n×OH×OW×OC
//
// dw must not overlap x or dy. DepthwiseDW does not allocate. It panics as DW does.
func DepthwiseDW(n int, g *Geometry, dw, x, dy []float32) {
	g.checkDepthwise(n)
	g.checkX(n, x)
	g.checkY(n, dy)
	g.checkW(dw)
	dwGeneric(n, g, dw, x, dy)
}
