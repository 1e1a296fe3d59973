package quant

import "github.com/nngen/nngen/runtime/conv"

// Depthwise computes y = x ∗ w, rescaled, where each channel of x has its own filters: w is fh×fw×oc, row-major, and
// channel j of y is made of channel j/(oc/c) of x. What a filter reads outside of the image is the zero of x. The arrays
// must not overlap. It does not allocate, and panics if a slice is too short.
func Depthwise(n int, g *conv.Geometry, y, x, w []int8, r Rescale) {
	checkDepthwise(n, g, len(y), len(x), len(w))
	r.check(g.OC)
	var sums [stripPixels * stripCols]int32
	for i := range n * g.OH {
		image, oy := x[i/g.OH*g.H*g.W*g.C:], i%g.OH
		for ox := 0; ox < g.OW; ox += stripPixels {
			pixels := min(stripPixels, g.OW-ox)
			for j := 0; j < g.OC; j += stripCols {
				cols := depthwiseStrip(&sums, g, image, w, r.Bias, r.Range[zeroX], oy, ox, pixels, j)
				r.apply(y[(i*g.OW+ox)*g.OC+j:], sums[:], j, cols, pixels, g.OC, stripCols)
			}
		}
	}
}

// DepthwiseFloat is Depthwise with float32 results: the sums times scale. zero holds the zero of x.
func DepthwiseFloat(n int, g *conv.Geometry, y []float32, x, w []int8, bias []int32, scale []float32, zero []int32) {
	checkDepthwise(n, g, len(y), len(x), len(w))
	if len(bias) < g.OC || len(scale) < g.OC || len(zero) < 1 {
		panic(badShape)
	}
	var sums [stripPixels * stripCols]int32
	for i := range n * g.OH {
		image, oy := x[i/g.OH*g.H*g.W*g.C:], i%g.OH
		for ox := 0; ox < g.OW; ox += stripPixels {
			pixels := min(stripPixels, g.OW-ox)
			for j := 0; j < g.OC; j += stripCols {
				cols := depthwiseStrip(&sums, g, image, w, bias, zero[0], oy, ox, pixels, j)
				for p := range pixels {
					y := y[(i*g.OW+ox+p)*g.OC+j:]
					for c, v := range sums[p*stripCols:][:cols] {
						y[c] = float32(v) * scale[j+c]
					}
				}
			}
		}
	}
}

// A strip is some pixels of a row of y, of which some channels are computed before they are rescaled.
const stripPixels, stripCols = 8, 2 * panel

// depthwiseStrip computes the sums of pixels of row oy of y, from ox on, and of channels from j on, whose number it returns.
func depthwiseStrip(sums *[stripPixels * stripCols]int32, g *conv.Geometry, image, w []int8, bias []int32, zero int32,
	oy, ox, pixels, j int) (cols int) {
	cols = min(stripCols, g.OC-j)
	for p := range pixels {
		s := sums[p*stripCols:][:cols]
		copy(s, bias[j:])
		depthwiseSums(s, g, image, w[j:], zero, oy*g.SH-g.PT, (ox+p)*g.SW-g.PL, j)
	}
	return cols
}

func checkDepthwise(n int, g *conv.Geometry, y, x, w int) {
	low := min(g.H, g.W, g.C, g.OH, g.OW, g.OC, g.FH, g.FW, g.SH, g.SW, g.DH, g.DW)
	if n < 0 || low < 1 || min(g.PT, g.PL) < 0 || g.OC%g.C != 0 {
		panic(badSize)
	}
	if y < n*g.OH*g.OW*g.OC || x < n*g.H*g.W*g.C || w < g.FH*g.FW*g.OC {
		panic(badShape)
	}
}

// depthwiseSums adds to s what channels of a pixel of y, from channel j on, are the sums of: those of pixels of x from row
// and col on, and of the weights of the channels.
func depthwiseSums(s []int32, g *conv.Geometry, x, w []int8, zero int32, row, col, j int) {
	top, bottom := insideOf(row, g.DH, g.FH, g.H)
	left, right := insideOf(col, g.DW, g.FW, g.W)
	if zero != 0 && (bottom-top < g.FH || right-left < g.FW) {
		for t := range g.FH * g.FW {
			if fy, fx := t/g.FW, t%g.FW; fy < top || fy >= bottom || fx < left || fx >= right {
				for c, v := range w[t*g.OC:][:len(s)] {
					s[c] += zero * int32(v)
				}
			}
		}
	}
	if top == bottom || left == right {
		return
	}
	x, w = x[((row+top*g.DH)*g.W+col+left*g.DW)*g.C:], w[(top*g.FW+left)*g.OC:]
	t := taps{rows: bottom - top, cols: right - left, xRow: g.DH * g.W * g.C, xCol: g.DW * g.C, wRow: g.FW * g.OC, wCol: g.OC}
	if g.OC == g.C {
		t.add(s, x[j:], w)
		return
	}
	m := g.OC / g.C
	for r := range t.rows {
		for k := range t.cols {
			x := x[r*t.xRow+k*t.xCol:]
			for c, v := range w[r*t.wRow+k*t.wCol:][:len(s)] {
				s[c] += int32(x[(j+c)/m]) * int32(v)
			}
		}
	}
}

// insideOf returns which of n taps, step pixels apart from pixel at on, are inside of an extent: those from lo up to hi.
func insideOf(at, step, n, extent int) (lo, hi int) {
	for lo < n && at+lo*step < 0 {
		lo++
	}
	for hi = lo; hi < n && at+hi*step < extent; {
		hi++
	}
	return lo, hi
}
