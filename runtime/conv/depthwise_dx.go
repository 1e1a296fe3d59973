package conv

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec"
)

// DepthwiseDX writes the gradient of Depthwise with respect to x, as DX does for as many groups as
// channels, and with its bits.
//
//	dx  n×H×W×C, written in full; pixels that no filter reads become +0
//	dy  n×OH×OW×OC
//	w   FH×FW×C×(OC/C)
//
// dx must not overlap dy or w. DepthwiseDX does not allocate in the steady state. It panics as DX does.
func DepthwiseDX(n int, g *Geometry, dx, dy, w []float32) {
	g.checkDepthwise(n)
	g.checkX(n, dx)
	g.checkY(n, dy)
	g.checkW(w)
	if !cpu.HasSIMD() || g.OC != g.C {
		chainsGeneric(n, g, dx, dy, w)
		return
	}
	r := rooms.Get().(*room)
	f := g.gradientReads()
	for i := range n {
		image, row := r.read(f, dy[i*g.OH*g.OW*g.C:][:g.OH*g.OW*g.C], g.OH, g.OW, g.C)
		out := dx[i*g.H*g.W*g.C:][:g.H*g.W*g.C]
		for a := range min(g.SH, g.H) {
			v := phaseOf(a, g.H, g.FH, g.SH, g.DH, g.PT)
			for b := range min(g.SW, g.W) {
				h := phaseOf(b, g.W, g.FW, g.SW, g.DW, g.PL)
				for y := range v.extent {
					r.matrix = grow(r.matrix, h.extent*g.C)
					clear(r.matrix)
					for p := range v.count {
						for q := range h.count {
							from := image[(y+v.at+p*v.apart-f.top)*row+(h.at+q*h.apart-f.left)*g.C:][:h.extent*g.C]
							vec.MulAddRow(h.extent, g.C, r.matrix, from, w[((v.tap-p*v.step)*g.FW+h.tap-q*h.step)*g.C:])
						}
					}
					vec.CopyCols(h.extent, g.C, out[((a+y*g.SH)*g.W+b)*g.C:], g.SW*g.C, r.matrix, g.C)
				}
			}
		}
	}
	rooms.Put(r)
}
