package conv

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/gemm"
)

// forward computes y by products of matrices where those have kernels, and there is room.
func forward(n int, g *Geometry, y, x []float32, w filter, isPacked bool, ep gemm.Epilogue) {
	if !cpu.HasAVX2FMA || g.taps() > roomSize {
		forwardGeneric(n, g, y, x, w, ep)
		return
	}
	if s, i := borrow(); i >= 0 {
		forwardRows(n, g, y, x, w, isPacked, ep, s)
		giveBack(i)
		return
	}
	forwardOnStack(n, g, y, x, w, isPacked, ep)
}

//go:noinline
func forwardOnStack(n int, g *Geometry, y, x []float32, w filter, isPacked bool, ep gemm.Epilogue) {
	if g.taps() > stackSize {
		forwardGeneric(n, g, y, x, w, ep)
		return
	}
	var rows [stackSize]float32
	forwardRows(n, g, y, x, w, isPacked, ep, space{rows: rows[:]})
}

// forwardRows is forwardGeneric by products of matrices, with the same bits.
func forwardRows(n int, g *Geometry, y, x []float32, w filter, isPacked bool, ep gemm.Epilogue, s space) {
	k, cols, pixels := g.taps(), g.OC/g.Groups, n*g.OH*g.OW
	step := s.count(k)
	if !ep.Continues() {
		clear(y[:pixels*g.OC])
	}
	for from := 0; from < pixels; from += step {
		m := min(step, pixels-from)
		for group := range g.Groups {
			at := from*g.OC + group*cols
			e := ep.Part(group*cols, at).Continued()
			switch {
			case g.byColumns():
				g.gatherColumns(s.rows, x, from, from+m)
				if !isPacked {
					gemm.TN(m, cols, k, s.rows, m, w.w, g.OC, y[at:], g.OC, e)
					continue
				}
				for j := 0; j < cols; j += nr {
					gemm.TN(m, min(nr, cols-j), k, s.rows, m, w.from(group, j), nr, y[at+j:], g.OC, ep.Part(j, at+j).Continued())
				}
			case isPacked:
				g.gather(s.rows, x, from, from+m, group)
				gemm.NNPacked(m, cols, k, s.rows, k, w.w[group*w.group:], y[at:], g.OC, e)
			default:
				g.gather(s.rows, x, from, from+m, group)
				gemm.NN(m, cols, k, s.rows, k, w.w[group*w.group:], g.OC, y[at:], g.OC, e)
			}
		}
	}
}
