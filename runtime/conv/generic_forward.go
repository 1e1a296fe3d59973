package conv

import (
	"github.com/nngen/nngen/runtime/f32"
	"github.com/nngen/nngen/runtime/gemm"
)

// forwardGeneric defines Forward, ForwardPacked and Depthwise.
func forwardGeneric(n int, g *Geometry, y, x []float32, w filter, ep gemm.Epilogue) {
	cols := g.OC / g.Groups
	for i := range n {
		image := x[i*g.H*g.W*g.C:][:g.H*g.W*g.C]
		for oy := range g.OH {
			for ox := range g.OW {
				at := ((i*g.OH+oy)*g.OW + ox) * g.OC
				for group := range g.Groups {
					for j := 0; j < cols; j += nr {
						oc := group*cols + j
						out := y[at+oc:][:min(nr, cols-j)]
						var sum [nr]float32
						if ep.Continues() {
							copy(sum[:], out)
						}
						pixel(g, sum[:len(out)], image, oy, ox, group, w.from(group, j), w.row)
						for k := range out {
							out[k] = ep.Stored(sum[k], oc+k, at+oc+k)
						}
					}
				}
			}
		}
	}
}

// pixel continues the sums of output channels of a group of pixel (oy, ox), whose weights are in rows
// of w, one for each tap and input channel.
func pixel(g *Geometry, sum, image []float32, oy, ox, group int, w []float32, row int) {
	per := g.C / g.Groups
	r := 0
	for fy := range g.FH {
		y := source(oy, g.SH, fy, g.DH, g.PT)
		for fx := range g.FW {
			x := source(ox, g.SW, fx, g.DW, g.PL)
			inside := y >= 0 && y < g.H && x >= 0 && x < g.W
			for ci := range per {
				var v float32
				if inside {
					v = image[(y*g.W+x)*g.C+group*per+ci]
				}
				f32.Axpy(v, w[r*row:][:len(sum)], sum)
				r++
			}
		}
	}
}
