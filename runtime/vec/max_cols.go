package vec

import (
	"math"

	"github.com/nngen/nngen/runtime/vec/scalar"
)

var negInf = float32(math.Inf(-1))

// MaxCols computes dst[i] = maxⱼ x[i,j]: −∞ for empty rows, NaN if an element is NaN. dst
// must not overlap x.
func MaxCols(n, f int, dst, x []float32) {
	if !fits(n, f, len(x)) || len(dst) < n {
		panic(badShape)
	}
	for i := range n {
		m := negInf
		for _, v := range x[i*f:][:f] {
			m = scalar.Max(m, v)
		}
		dst[i] = m
	}
}
