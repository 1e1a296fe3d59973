package conv

import "github.com/nngen/nngen/runtime/gemm"

//go:noinline
func dwOnStack(n int, g *Geometry, dw, x, dy []float32) {
	if g.taps() > stackSize {
		dwGeneric(n, g, dw, x, dy)
		return
	}
	var rows [stackSize]float32
	dwRows(n, g, dw, x, dy, space{rows: rows[:]})
}

// dwRows is dwGeneric by products of matrices, with the same bits.
func dwRows(n int, g *Geometry, dw, x, dy []float32, s space) {
	k, cols, pixels := g.taps(), g.OC/g.Groups, n*g.OH*g.OW
	step := s.count(k)
	clear(dw[:k*g.OC])
	for from := 0; from < pixels; from += step {
		m := min(step, pixels-from)
		for group := range g.Groups {
			d := dy[from*g.OC+group*cols:]
			if g.byColumns() {
				g.gatherColumns(s.rows, x, from, from+m)
				gemm.NN(k, cols, m, s.rows, m, d, g.OC, dw[group*cols:], g.OC, gemm.Accumulate())
				continue
			}
			g.gather(s.rows, x, from, from+m, group)
			gemm.TN(k, cols, m, s.rows, k, d, g.OC, dw[group*cols:], g.OC, gemm.Accumulate())
		}
	}
}
