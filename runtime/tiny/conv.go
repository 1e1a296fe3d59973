package tiny

import "github.com/nngen/nngen/runtime/f32"

// Geometry holds the extents of a convolution, as conv.Geometry.
type Geometry struct{ H, W, C, OH, OW, OC, FH, FW, SH, SW, PT, PL, DH, DW, Groups int }

// tap returns the pixel of x that tap t of the filter reads for pixel o of y, −1 for one outside of x.
func (g *Geometry) tap(o, t int) int {
	y := o/g.OW*g.SH + t/g.FW*g.DH - g.PT
	x := o%g.OW*g.SW + t%g.FW*g.DW - g.PL
	if y < 0 || y >= g.H || x < 0 || x >= g.W {
		return -1
	}
	return y*g.W + x
}

// Conv computes n convolutions with a constant filter, with the bits of conv.Forward, and of conv.Depthwise for a group
// for each channel:
//
//	y  n×OH×OW×OC
//	x  n×H×W×C
//	w  FH×FW×(C/Groups)×OC
//
// Each sum is one chain, in which pixels outside of x count as 0.
func Conv(n int, g Geometry, y, x []float32, w F32, e Epilogue) {
	per, cols := g.C/g.Groups, g.OC/g.Groups
	for i := range n * g.OH * g.OW {
		image := x[i/(g.OH*g.OW)*g.H*g.W*g.C:]
		out := y[i*g.OC:][:g.OC]
		clear(out)
		for group := range g.Groups {
			sums := out[group*cols:][:cols]
			for t := range g.FH * g.FW {
				pixel := g.tap(i%(g.OH*g.OW), t)
				for c := range per {
					v := float32(0)
					if pixel >= 0 {
						v = image[pixel*g.C+group*per+c]
					}
					w.axpy(v, (t*per+c)*g.OC+group*cols, sums)
				}
			}
		}
		e.apply(out, 0)
	}
}

// few is the number of channels below which a transposed convolution without groups adds up products, as package conv
// does.
const few = 8

// ConvTransposed computes n transposed convolutions with the bits of conv.Transposed: y is n×H×W×C, x n×OH×OW×OC.
// Without an epilogue it is conv.DX.
func ConvTransposed(n int, g Geometry, y, x []float32, w F32, e Epilogue) {
	in, out := g.OH*g.OW*g.OC, g.H*g.W*g.C
	for i := range n {
		dx, dy := y[i*out:][:out], x[i*in:][:in]
		if g.Groups == 1 && g.C < few {
			g.spread(dx, dy, w)
		} else {
			g.gather(dx, dy, w)
		}
		for p := 0; p < out; p += g.C {
			e.apply(dx[p:][:g.C], 0)
		}
	}
}

// DepthwiseDX is ConvTransposed with a group for each channel, with the bits of conv.DepthwiseDX.
func DepthwiseDX(n int, g Geometry, dx, dy []float32, w F32) {
	in, out := g.OH*g.OW*g.OC, g.H*g.W*g.C
	for i := range n {
		g.gather(dx[i*out:][:out], dy[i*in:][:in], w)
	}
}

// spread adds to dx what each pixel of dy gives, a chain over its channels for each tap and channel of dx.
func (g *Geometry) spread(dx, dy []float32, w F32) {
	clear(dx)
	for o := range g.OH * g.OW {
		grad := dy[o*g.OC:][:g.OC]
		for t := range g.FH * g.FW {
			pixel := g.tap(o, t)
			if pixel < 0 {
				continue
			}
			for c := range g.C {
				sum := float32(0)
				for k, v := range grad {
					sum = f32.FMA(v, w.At((t*g.C+c)*g.OC+k), sum)
				}
				dx[pixel*g.C+c] += sum
			}
		}
	}
}

// gather computes each number of dx as one chain over the taps from the last to the first.
func (g *Geometry) gather(dx, dy []float32, w F32) {
	per, cols := g.C/g.Groups, g.OC/g.Groups
	for i := range dx {
		y, x, group, c := i/g.C/g.W, i/g.C%g.W, i%g.C/per, i%g.C%per
		sum := float32(0)
		for t := g.FH*g.FW - 1; t >= 0; t-- {
			ay, ax := y+g.PT-t/g.FW*g.DH, x+g.PL-t%g.FW*g.DW
			oy, ox := ay/g.SH, ax/g.SW
			if oy*g.SH != ay || ox*g.SW != ax {
				continue
			}
			inside := oy >= 0 && oy < g.OH && ox >= 0 && ox < g.OW
			row := (t*per+c)*g.OC + group*cols
			for k := range cols {
				v := float32(0)
				if inside {
					v = dy[(oy*g.OW+ox)*g.OC+group*cols+k]
				}
				sum = f32.FMA(v, w.At(row+k), sum)
			}
		}
		dx[i] = sum
	}
}
