package scalar

import (
	"math"

	"github.com/nngen/nngen/runtime/f32"
)

const (
	erfSmall = 0.875 // below it erf x is x plus a polynomial, from there on 1 − e^−q
	erfMax   = 4     // erf x has become 1

	// erf(x)/x − 1 in powers of x² for |x| < erfSmall; relative error of erf below 2⁻²⁶.
	erf0 = 0x1.06eba6p-3
	erf1 = -0x1.8126ecp-2
	erf2 = 0x1.ce1b86p-4
	erf3 = -0x1.b69b8cp-6
	erf4 = 0x1.479becp-8
	erf5 = -0x1.3ba3fep-11

	// ln(1 − erf x) without a constant term, in powers of x from the first for erfSmall ≤ x ≤ erfMax; relative error of
	// erf below 2⁻²⁸.
	erfc1 = -0x1.20e70cp+0
	erfc2 = -0x1.4577e6p-1
	erfc3 = -0x1.af5bd4p-4
	erfc4 = 0x1.778fc2p-6
	erfc5 = -0x1.a6ba34p-9
	erfc6 = 0x1.c35e8cp-13

	erfGradMax = 11            // e^−x² is 0
	twoRsqrtPi = 0x1.20dd76p+0 // 2/√π
)

// Erf returns the error function of x, 2/√π times the integral of e^−t² from 0 to x.
func Erf(x float32) float32 {
	a := lower(erfMax, abs(x))
	if a < erfSmall {
		s := x * x
		p := f32.FMA(s, erf5, erf4)
		p = f32.FMA(s, p, erf3)
		p = f32.FMA(s, p, erf2)
		p = f32.FMA(s, p, erf1)
		p = f32.FMA(s, p, erf0)
		return f32.FMA(x, p, x)
	}
	q := f32.FMA(a, erfc6, erfc5)
	q = f32.FMA(a, q, erfc4)
	q = f32.FMA(a, q, erfc3)
	q = f32.FMA(a, q, erfc2)
	q = f32.FMA(a, q, erfc1)
	y := abs(Expm1Neg(a * q))
	return math.Float32frombits(math.Float32bits(y) | math.Float32bits(x)&sign)
}

// ErfGrad returns dy·2/√π·e^−x².
func ErfGrad(dy, x float32) float32 {
	a := lower(erfGradMax, abs(x))
	s := a * a
	lo := f32.FMA(a, a, -s)
	e := expReduced(-s)
	e = f32.FMA(e, -lo, e)
	return dy * float32(twoRsqrtPi*e)
}
