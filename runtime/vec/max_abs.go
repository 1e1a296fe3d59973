package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// MaxAbs returns the largest |x[i]|; 0 if there is nothing, NaN if an element is NaN.
func MaxAbs(x []float32) float32 {
	if len(x) == 0 {
		return 0
	}
	if cpu.HasAVX2FMA {
		var m [1]float32
		maxAbsAVX2(1, len(x), &m[0], &x[0])
		return scalar.Abs(m[0])
	}
	return maxAbsGeneric(x)
}

func maxAbsGeneric(x []float32) float32 {
	var m float32
	for _, v := range x {
		m = scalar.Max(m, scalar.Abs(v))
	}
	return m
}
