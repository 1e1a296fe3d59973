package scalar

import "github.com/nngen/nngen/runtime/f32"

// Sigmoid returns 1/(1 + e⁻ˣ). With z = e^−|x| and q = z/(1 + z) it is 1 − q, or z − z·q for
// negative x, where q itself would carry the whole rounding error of 1 + z.
func Sigmoid(x float32) float32 {
	z := expNeg(minusAbs(x))
	q := z / (1 + z)
	t := float32(1)
	if negative(x) {
		t = z
	}
	return f32.FMA(-t, q, t)
}

// SigmoidGrad returns dy·(y − y²), y = sigmoid x.
func SigmoidGrad(dy, y float32) float32 { return dy * f32.FMA(-y, y, y) }

// SiLU returns x·sigmoid(x).
func SiLU(x float32) float32 { return x * Sigmoid(x) }

// quick is 1.702, for which x·sigmoid(quick·x) comes closest to GELU.
const quick = 0x1.b3b646p+0

// QuickGELU returns x·sigmoid(1.702·x); the product within is rounded.
func QuickGELU(x float32) float32 { return x * Sigmoid(float32(quick*x)) }

// QuickGELUGrad returns dy·s·(1 + v·(1 − s)), s = sigmoid v, v = 1.702·x.
func QuickGELUGrad(dy, x float32) float32 { return SiLUGrad(dy, float32(quick*x)) }

// flatMax is where x·e⁻ˣ has become 0.
const flatMax = 110

// SiLUGrad returns dy·s·(1 + x·(1 − s)), s = sigmoid x.
func SiLUGrad(dy, x float32) float32 {
	x = lower(flatMax, upper(-flatMax, x))
	z := expNeg(minusAbs(x))
	s, c := float32(1), z // numerators of s and 1 − s
	if negative(x) {
		s, c = c, s
	}
	r := 1 / (1 + z)
	s *= r
	return dy * f32.FMA(s, x*(c*r), s)
}
