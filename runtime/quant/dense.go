package quant

import (
	"github.com/nngen/nngen/runtime/conv"
	"github.com/nngen/nngen/runtime/cpu"
)

// Dense computes y = x·w, rescaled, for rows x of k and y of n numbers; w is packed: see Pack. The arrays must not
// overlap. It does not allocate, and panics if a slice is too short.
func Dense(rows, n, k int, y, x, w []int8, r Rescale) {
	checkDense(rows, n, k, len(y), len(x), len(w))
	r.check(n)
	if cpu.HasAVX2FMA && fewRows(rows, k) {
		rowsRescaled(rows, n, k, y, x, w, &r)
		return
	}
	g := flat(rows, n, k)
	p := product{g: &g, n: 1, x: x, w: w, zero: 0, bias: r.Bias, y: y, rescale: r}
	p.run()
}

// DenseFloat is Dense with float32 results: the sums times scale.
func DenseFloat(rows, n, k int, y []float32, x, w []int8, bias []int32, scale []float32) {
	checkDense(rows, n, k, len(y), len(x), len(w))
	if len(bias) < n || len(scale) < n {
		panic(badShape)
	}
	if cpu.HasAVX2FMA && fewRows(rows, k) {
		rowsFloat(rows, n, k, y, x, w, bias, scale)
		return
	}
	g := flat(rows, n, k)
	p := product{g: &g, n: 1, x: x, w: w, bias: bias, float: y, scale: scale}
	p.run()
}

func checkDense(rows, n, k, y, x, w int) {
	if rows < 0 || n < 1 || k < 1 || y < rows*n || x < rows*k || w < PackedLen(1, k, n) {
		panic(badShape)
	}
}

// flat is the geometry of a product of matrices: the rows of x are pixels, and w is a filter of one pixel.
func flat(rows, n, k int) conv.Geometry {
	return conv.Geometry{
		H: 1, W: rows, C: k, OH: 1, OW: rows, OC: n, FH: 1, FW: 1, SH: 1, SW: 1, DH: 1, DW: 1, Groups: 1,
	}
}
