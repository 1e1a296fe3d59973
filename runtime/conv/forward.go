package conv

import "github.com/nngen/nngen/runtime/gemm"

// Forward convolves n images and applies the epilogue to each pixel as to a row of OC columns.
//
//	y  n×OH×OW×OC
//	x  n×H×W×C
//	w  FH×FW×(C/Groups)×OC
//
// y must not overlap x, w or the slice of the epilogue. Forward does not allocate. It panics
// if the geometry makes no sense or a slice is too short.
func Forward(n int, g *Geometry, y, x, w []float32, ep gemm.Epilogue) {
	g.check(n)
	g.checkX(n, x)
	g.checkW(w)
	g.checkY(n, y)
	ep.Check(g.OC, n*g.OH*g.OW*g.OC)
	forward(n, g, y, x, plain(g, w), false, ep)
}
