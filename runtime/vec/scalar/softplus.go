package scalar

import "github.com/nngen/nngen/runtime/f32"

const (
	sqrt2Minus1 = 0x1.a8279ap-2
)

// Log1pUnit returns ln(1+z) for 0 ≤ z ≤ 1.
func Log1pUnit(z float32) float32 {
	if z > sqrt2Minus1 {
		y := log1pReduced(f32.FMA(z, 0.5, -0.5))
		return f32.FMA(1, ln2Hi, f32.FMA(1, ln2Lo, y))
	}
	return log1pReduced(z)
}

// Softplus returns ln(1 + eˣ) as max(x, 0) + ln(1 + e^−|x|).
func Softplus(x float32) float32 {
	return upper(0, x) + Log1pUnit(expNeg(minusAbs(x)))
}

// SoftplusGrad returns dy·(1 − e⁻ʸ), y = softplus x.
func SoftplusGrad(dy, y float32) float32 { return dy * -Expm1Neg(-y) }
