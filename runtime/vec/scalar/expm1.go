package scalar

import (
	"math"

	"github.com/nngen/nngen/runtime/f32"
)

// expm1Min is where eˣ − 1 has become −1.
const expm1Min = -18

// Expm1Neg returns eˣ − 1 for x ≤ 0. For other x but NaN the result means nothing.
func Expm1Neg(x float32) float32 { return expm1(upper(expm1Min, x)) }

// expm1 is eˣ − 1 while the power of two is in range.
func expm1(x float32) float32 {
	e, n := reduce(x, round+bias)
	s := math.Float32frombits(n << 23)
	return f32.FMA(s, e, s-1)
}
