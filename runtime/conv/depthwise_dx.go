package conv

import (
	"github.com/nngen/nngen/runtime/cpu"
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
		clear(out)
		for a := range min(g.SH, g.H) {
			v := phaseOf(a, g.H, g.FH, g.SH, g.DH, g.PT)
			for b := range min(g.SW, g.W) {
				h := phaseOf(b, g.W, g.FW, g.SW, g.DW, g.PL)
				t := taps{rows: v.count, cols: h.count, xRow: v.apart * row, xCol: h.apart * g.C,
					wRow: -v.step * g.FW * g.C, wCol: -h.step * g.C}
				if t.rows == 0 || t.cols == 0 {
					continue
				}
				from := image[(v.at-f.top)*row+(h.at-f.left)*g.C:]
				for y := range v.extent {
					to := out[((a+y*g.SH)*g.W+b)*g.C:]
					r.addTaps(t, h.extent, g.C, to, g.SW*g.C, from[y*row:], g.C, w, (v.tap*g.FW+h.tap)*g.C)
				}
			}
		}
	}
	rooms.Put(r)
}
