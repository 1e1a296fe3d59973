package quant

import "github.com/nngen/nngen/runtime/conv"

// Dense computes y = x·w, rescaled, for rows x of k and y of n numbers; w is packed: see Pack. The arrays must not
// overlap. It does not allocate, and panics if a slice is too short.
func Dense(rows, n, k int, y, x, w []int8, r Rescale) {
	if rows < 0 || n < 1 || k < 1 || len(y) < rows*n || len(x) < rows*k || len(w) < PackedLen(k, n) {
		panic(badShape)
	}
	r.check(n)
	g := flat(n, k)
	p := product{g: &g, n: rows, x: x, w: w, zero: 0, bias: r.Bias, y: y, rescale: r}
	p.run()
}

// DenseFloat is Dense with float32 results: the sums times scale.
func DenseFloat(rows, n, k int, y []float32, x, w []int8, bias []int32, scale []float32) {
	if rows < 0 || n < 1 || k < 1 || len(y) < rows*n || len(x) < rows*k || len(w) < PackedLen(k, n) || len(bias) < n || len(scale) < n {
		panic(badShape)
	}
	g := flat(n, k)
	p := product{g: &g, n: rows, x: x, w: w, bias: bias, float: y, scale: scale}
	p.run()
}

// flat is the geometry of a matrix as a filter of one pixel.
func flat(n, k int) conv.Geometry {
	return conv.Geometry{H: 1, W: 1, C: k, OH: 1, OW: 1, OC: n, FH: 1, FW: 1, SH: 1, SW: 1, DH: 1, DW: 1, Groups: 1}
}
