package quant

import "github.com/nngen/nngen/runtime/conv"

// Depthwise computes y = x ∗ w, rescaled, where each channel of x has its own filters: w is fh×fw×oc, row-major, and
// channel j of y is made of channel j/(oc/c) of x. What a filter reads outside of the image is the zero of x. The arrays
// must not overlap. It does not allocate, and panics if a slice is too short.
func Depthwise(n int, g *conv.Geometry, y, x, w []int8, r Rescale) {
	checkDepthwise(n, g, len(y), len(x), len(w))
	r.check(g.OC)
	const block = 2 * panel
	for at, end := 0, n*g.OH*g.OW; at < end; at++ {
		for j := 0; j < g.OC; j += block {
			var s [block]int32
			cols := min(block, g.OC-j)
			depthwiseSums(s[:copy(s[:], r.Bias[j:][:cols])], g, x, w, r.Range[zeroX], at, j)
			r.apply(y[at*g.OC+j:], s[:], j, cols, 1, g.OC, block)
		}
	}
}

// DepthwiseFloat is Depthwise with float32 results: the sums times scale. zero holds the zero of x.
func DepthwiseFloat(n int, g *conv.Geometry, y []float32, x, w []int8, bias []int32, scale []float32, zero []int32) {
	checkDepthwise(n, g, len(y), len(x), len(w))
	if len(bias) < g.OC || len(scale) < g.OC || len(zero) < 1 {
		panic(badShape)
	}
	const block = 2 * panel
	for at, end := 0, n*g.OH*g.OW; at < end; at++ {
		for j := 0; j < g.OC; j += block {
			var s [block]int32
			cols := min(block, g.OC-j)
			depthwiseSums(s[:copy(s[:], bias[j:][:cols])], g, x, w, zero[0], at, j)
			for c := range cols {
				y[at*g.OC+j+c] = float32(s[c]) * scale[j+c]
			}
		}
	}
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

// depthwiseSums adds to s what channels of a pixel of y, from channel j on, are the sums of; at counts the pixels of all
// images.
func depthwiseSums(s []int32, g *conv.Geometry, x, w []int8, zero int32, at, j int) {
	m := g.OC / g.C
	x = x[at/(g.OH*g.OW)*g.H*g.W*g.C:]
	oy, ox := at/g.OW%g.OH, at%g.OW
	for fy := range g.FH {
		row := oy*g.SH + fy*g.DH - g.PT
		for fx := range g.FW {
			col := ox*g.SW + fx*g.DW - g.PL
			w := w[(fy*g.FW+fx)*g.OC+j:][:len(s)]
			if row < 0 || row >= g.H || col < 0 || col >= g.W {
				for c, v := range w {
					s[c] += zero * int32(v)
				}
				continue
			}
			x := x[(row*g.W+col)*g.C:][:g.C]
			if m == 1 {
				for c, v := range x[j:][:len(s)] {
					s[c] += int32(v) * int32(w[c])
				}
				continue
			}
			for c, v := range w {
				s[c] += int32(x[(j+c)/m]) * int32(v)
			}
		}
	}
}
