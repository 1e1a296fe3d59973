package scalar

import (
	"math"

	"github.com/nngen/nngen/runtime/f32"
)

// tanhMax is where tanh has become 1.
const tanhMax = 10

// Tanh returns tanh x. With m = e^2|x| − 1 and q = m/(m + 2) it is q, or m/2 − m/2·q for m < 1,
// where q itself would carry the whole rounding error of m + 2; and the sign of x.
func Tanh(x float32) float32 {
	a := lower(tanhMax, abs(x))
	m := expm1(a + a)
	y := m / (m + 2)
	if m < 1 {
		h := 0.5 * m
		y = f32.FMA(-h, y, h)
	}
	return math.Float32frombits(math.Float32bits(y) | math.Float32bits(x)&sign)
}

// TanhGrad returns dy·(1 − y²), y = tanh x.
func TanhGrad(dy, y float32) float32 { return dy * f32.FMA(-y, y, 1) }
