package conv

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec"
)

// DepthwiseDW writes the gradient of Depthwise with respect to w, as DW does for as many groups as
// channels, and with its bits.
//
//	dw  FH×FW×C×(OC/C), written in full; +0 if n is 0
//	x   n×H×W×C
//	dy  n×OH×OW×OC
//
// dw must not overlap x or dy. DepthwiseDW does not allocate in the steady state. It panics as DW does.
func DepthwiseDW(n int, g *Geometry, dw, x, dy []float32) {
	DepthwiseDWRows(n, g, 0, g.FH*g.FW, dw, x, dy)
}

// DepthwiseDWRows is DepthwiseDW for rows [from, to) of dw, each of which is a tap: it leaves the others as they are.
func DepthwiseDWRows(n int, g *Geometry, from, to int, dw, x, dy []float32) {
	g.checkDepthwise(n)
	g.checkX(n, x)
	g.checkY(n, dy)
	g.checkW(dw)
	g.checkRange(from, to)
	if !cpu.HasSIMD() {
		dwGeneric(n, g, from, to, dw, x, dy)
		return
	}
	clear(dw[from*g.OC : to*g.OC])
	r := rooms.Get().(*room)
	f := g.reads()
	for i := range n {
		image, row := r.repeated(g, f, x[i*g.H*g.W*g.C:][:g.H*g.W*g.C])
		for oy := range g.OH {
			grad := dy[(i*g.OH+oy)*g.OW*g.OC:][:g.OW*g.OC]
			for tap := from; tap < to; tap++ {
				fy, fx := tap/g.FW, tap%g.FW
				pixels := r.every(g.OW, g.OC, g.SW, image[(oy*g.SH+fy*g.DH)*row+fx*g.DW*g.OC:])
				vec.DotRowsAcc(g.OW, g.OC, dw[tap*g.OC:][:g.OC], pixels, grad)
			}
		}
	}
	rooms.Put(r)
}
