package conv

import "github.com/nngen/nngen/runtime/f32"

// dwGeneric defines DW and DepthwiseDW, for rows [from, to) of dw.
func dwGeneric(n int, g *Geometry, from, to int, dw, x, dy []float32) {
	per, cols := g.C/g.Groups, g.OC/g.Groups
	clear(dw[from*g.OC : to*g.OC])
	for i := range n {
		image := x[i*g.H*g.W*g.C:][:g.H*g.W*g.C]
		for oy := range g.OH {
			for ox := range g.OW {
				d := dy[((i*g.OH+oy)*g.OW+ox)*g.OC:][:g.OC]
				for fy := range g.FH {
					sy := source(oy, g.SH, fy, g.DH, g.PT)
					for fx := range g.FW {
						sx := source(ox, g.SW, fx, g.DW, g.PL)
						inside := sy >= 0 && sy < g.H && sx >= 0 && sx < g.W
						for c := range g.C {
							at := (fy*g.FW+fx)*per + c%per
							if at < from || at >= to {
								continue
							}
							var v float32
							if inside {
								v = image[(sy*g.W+sx)*g.C+c]
							}
							oc := c / per * cols
							f32.Axpy(v, d[oc:oc+cols], dw[at*g.OC+oc:])
						}
					}
				}
			}
		}
	}
}
