package conv

import "github.com/nngen/nngen/runtime/gemm"

// window returns what gemm.Sweep takes of the geometry.
func (g *Geometry) window() gemm.Window {
	row := g.reads().row(g.H, g.W, g.C)
	return gemm.Window{Rows: g.OH, Cols: g.OW, Lines: g.FH, Taps: g.FW, Terms: g.C / g.Groups, ARow: g.SH * row,
		ALine: g.DH * row, APixel: g.C, CRow: g.OW * g.OC, CPixel: g.OC}
}

// sweeps tells whether swept has a kernel and gains by it over products of rows, with AVX-512 at full width: where the
// taps of a row of the filter read neighbouring pixels, and tiles of two registers a row have no columns.
func (g *Geometry) sweeps(ep gemm.Epilogue) bool {
	if g.SW > 1 || g.DW > 1 {
		return false
	}
	w, cols := g.window(), g.OC/g.Groups
	return gemm.Sweeps(&w, cols, ep) && (cols <= nr || !gemm.Wide(w.Cols, cols, w.Taps*w.Terms))
}

// swept is forward by the kernel that goes over the pixels of some rows.
func (r *room) swept(n int, g *Geometry, y, x []float32, w filter, ep gemm.Epilogue) {
	window, per, cols, f := g.window(), g.C/g.Groups, g.OC/g.Groups, g.reads()
	for i := range n {
		image, _ := r.read(f, x[i*g.H*g.W*g.C:][:g.H*g.W*g.C], g.H, g.W, g.C)
		out := y[i*g.OH*g.OW*g.OC:][:g.OH*g.OW*g.OC]
		for group := range g.Groups {
			gemm.Sweep(&window, cols, image[group*per:], w.from(group, 0), w.row, w.panel, out[group*cols:],
				ep.Part(group*cols, 0))
		}
	}
}
