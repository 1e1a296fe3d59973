package conv

import "github.com/nngen/nngen/runtime/gemm"

// Depthwise convolves each channel of n images with filters of its own, OC/C of them, and applies the
// epilogue to each pixel as to a row of OC columns. It is Forward with as many groups as
// channels, which g must have, and has its bits.
//
//	y  n×OH×OW×OC
//	x  n×H×W×C
//	w  FH×FW×C×(OC/C)
//
// y must not overlap x, w or the slice of the epilogue. Depthwise does not allocate. It panics if the
// geometry makes no sense or a slice is too short.
func Depthwise(n int, g *Geometry, y, x, w []float32, ep gemm.Epilogue) {
	g.checkDepthwise(n)
	g.checkX(n, x)
	g.checkW(w)
	g.checkY(n, y)
	ep.Check(g.OC, n*g.OH*g.OW*g.OC)
	forwardGeneric(n, g, y, x, plain(g, w), ep)
}
