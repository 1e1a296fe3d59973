package scalar

import (
	"math"

	"github.com/nngen/nngen/runtime/f32"
)

// ReLU returns max(x, 0); −0 stays −0.
func ReLU(x float32) float32 { return upper(0, x) }

// ReLUGrad returns dy where y > 0, else 0, y = ReLU(x).
func ReLUGrad(dy, y float32) float32 {
	if y <= 0 {
		return 0
	}
	return dy
}

// LeakyReLU returns α·x where x is negative (−0 is), else x.
func LeakyReLU(x, alpha float32) float32 {
	if negative(x) {
		return alpha * x
	}
	return x
}

// LeakyReLUGrad returns α·dy where y ≤ 0, else dy; y = LeakyReLU(x, α) with
// α ≥ 0, or x.
func LeakyReLUGrad(dy, y, alpha float32) float32 {
	if y <= 0 {
		return alpha * dy
	}
	return dy
}

const sixth = 0x1.555556p-3 // 1/6

// HardSigmoid returns x/6 + 1/2, clipped to 0 and 1.
func HardSigmoid(x float32) float32 {
	return lower(1, upper(0, f32.FMA(x, sixth, 0.5)))
}

// HardSigmoidGrad returns dy/6 where −3 < x < 3, else 0.
func HardSigmoidGrad(dy, x float32) float32 {
	if abs(x) >= 3 {
		return 0
	}
	return dy * sixth
}

// HardSwish returns x·HardSigmoid(x).
func HardSwish(x float32) float32 { return x * HardSigmoid(x) }

// HardSwishGrad returns dy·(x/3 + 1/2) where −3 < x < 3, 0 below and dy above.
func HardSwishGrad(dy, x float32) float32 {
	d := f32.FMA(x, 2*sixth, 0.5)
	if x >= 3 {
		d = 1
	}
	if x <= -3 {
		d = 0
	}
	return dy * d
}

// Softsign returns x/(1 + |x|).
func Softsign(x float32) float32 { return x / (1 + abs(x)) }

// SoftsignGrad returns dy·(1 − |y|)², y = Softsign(x).
func SoftsignGrad(dy, y float32) float32 {
	d := 1 - abs(y)
	return dy * (d * d)
}

// Step returns 1 where x ≥ 0, else 0.
func Step(x float32) float32 {
	switch {
	case x >= 0:
		return 1
	case x < 0:
		return 0
	}
	return x
}

// Sign returns 1 for positive x, −1 for negative x, and x itself for ±0 and NaN.
func Sign(x float32) float32 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x
}

// Abs returns |x|.
func Abs(x float32) float32 { return abs(x) }

// AbsGrad returns dy with the sign turned where x is negative, 0 where x is 0, NaN where it
// is NaN.
func AbsGrad(dy, x float32) float32 { return dy * Sign(x) }

// Sqrt returns √x, rounded as IEEE 754 says.
func Sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// Reciprocal returns 1/x, rounded as IEEE 754 says.
func Reciprocal(x float32) float32 { return 1 / x }

// ReciprocalGrad returns −dy·y², y = 1/x.
func ReciprocalGrad(dy, y float32) float32 { return -(dy * (y * y)) }

// SqrtGrad returns dy/2/y, y = √x.
func SqrtGrad(dy, y float32) float32 { return (0.5 * dy) / y }
