package conv

import (
	"github.com/nngen/nngen/runtime/f32"
	"github.com/nngen/nngen/runtime/gemm"
)

// transposedGeneric defines Transposed.
func transposedGeneric(n int, g *Geometry, y, x, w []float32, ep gemm.Epilogue) {
	dxGeneric(n, g, y, x, w)
	for i := range y[:n*g.H*g.W*g.C] {
		y[i] = ep.Stored(y[i], i%g.C, i)
	}
}

// dxGeneric defines DX.
func dxGeneric(n int, g *Geometry, dx, dy, w []float32) {
	if g.narrow() {
		spreadGeneric(n, g, dx, dy, w)
		return
	}
	chainsGeneric(n, g, dx, dy, w)
}

// spreadGeneric adds up what the pixels of dy give to each of dx, each a chain over the output channels.
func spreadGeneric(n int, g *Geometry, dx, dy, w []float32) {
	clear(dx[:n*g.H*g.W*g.C])
	for i := range n {
		for oy := range g.OH {
			for ox := range g.OW {
				grad := dy[((i*g.OH+oy)*g.OW+ox)*g.OC:][:g.OC]
				for fy := range g.FH {
					for fx := range g.FW {
						y, x := source(oy, g.SH, fy, g.DH, g.PT), source(ox, g.SW, fx, g.DW, g.PL)
						if y < 0 || y >= g.H || x < 0 || x >= g.W {
							continue
						}
						for c := range g.C {
							var sum float32
							for oc, v := range w[((fy*g.FW+fx)*g.C+c)*g.OC:][:g.OC] {
								sum = f32.FMA(grad[oc], v, sum)
							}
							dx[((i*g.H+y)*g.W+x)*g.C+c] += sum
						}
					}
				}
			}
		}
	}
}

// chainsGeneric defines DX of convolutions that are not narrow, and DepthwiseDX.
func chainsGeneric(n int, g *Geometry, dx, dy, w []float32) {
	per, cols := g.C/g.Groups, g.OC/g.Groups
	for i := range n {
		grad := dy[i*g.OH*g.OW*g.OC:][:g.OH*g.OW*g.OC]
		for y := range g.H {
			for x := range g.W {
				for c := range g.C {
					group, ci := c/per, c%per
					var sum float32
					for fy := g.FH - 1; fy >= 0; fy-- {
						oy, ok := target(y, g.SH, fy, g.DH, g.PT)
						if !ok {
							continue
						}
						for fx := g.FW - 1; fx >= 0; fx-- {
							ox, ok := target(x, g.SW, fx, g.DW, g.PL)
							if !ok {
								continue
							}
							inside := oy >= 0 && oy < g.OH && ox >= 0 && ox < g.OW
							row := w[((fy*g.FW+fx)*per+ci)*g.OC+group*cols:]
							for oc := range cols {
								var d float32
								if inside {
									d = grad[(oy*g.OW+ox)*g.OC+group*cols+oc]
								}
								sum = f32.FMA(d, row[oc], sum)
							}
						}
					}
					dx[((i*g.H+y)*g.W+x)*g.C+c] = sum
				}
			}
		}
	}
}

// target returns the pixel of y that reads coordinate x with tap f along one axis, and whether there is
// one, inside y or outside.
func target(x, stride, f, dilation, pad int) (o int, ok bool) {
	at := x + pad - f*dilation
	o = at / stride
	return o, o*stride == at
}
