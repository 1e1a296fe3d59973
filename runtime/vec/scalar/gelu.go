package scalar

import "github.com/nngen/nngen/runtime/f32"

const (
	phiMax = 15 // Φ(−x)·x rounds to 0

	// Φ(−a)·e^(a²/2) in powers of u = (a−3)/(a+3), 0 ≤ a ≤ 14.6; relative error below 2⁻²⁴·⁹.
	phi0 = 0x1.f1b89cp-4
	phi1 = -0x1.a6b66cp-3
	phi2 = 0x1.f8baccp-4
	phi3 = -0x1.7a9404p-5
	phi4 = 0x1.91dfa4p-8
	phi5 = 0x1.7ca528p-9
	phi6 = -0x1.01e1fap-10
	phi7 = -0x1.635c0ep-12
	phi8 = 0x1.e4653ep-14
	phi9 = 0x1.c02422p-15

	rsqrt2Pi = 0x1.988454p-2 // 1/√(2π)
)

// phi returns Φ(x), the normal distribution function, and E = e^(−x²/2).
func phi(x float32) (p, e float32) {
	a := lower(phiMax, abs(x))
	s := a * a
	lo := f32.FMA(a, a, -s)
	e = expReduced(-0.5 * s)
	e = f32.FMA(e, -0.5*lo, e)
	u := (a - 3) / (a + 3)
	u2 := u * u
	u4 := u2 * u2
	q0 := f32.FMA(u, phi1, phi0)
	q1 := f32.FMA(u, phi3, phi2)
	q2 := f32.FMA(u, phi5, phi4)
	q3 := f32.FMA(u, phi7, phi6)
	q4 := f32.FMA(u, phi9, phi8)
	q0 = f32.FMA(u2, q1, q0)
	q2 = f32.FMA(u2, q3, q2)
	q2 = f32.FMA(u4, q4, q2)
	q0 = f32.FMA(u4, q2, q0)
	tail := float32(e * q0)
	if negative(x) {
		return tail, e
	}
	return 1 - tail, e
}

// GELU returns x·Φ(x).
func GELU(x float32) float32 {
	p, _ := phi(x)
	return x * p
}

// GELUGrad returns dy·(Φ(x) + x·φ(x)).
func GELUGrad(dy, x float32) float32 {
	x = lower(phiMax, upper(-phiMax, x))
	p, e := phi(x)
	return dy * f32.FMA(x*rsqrt2Pi, e, p)
}

const (
	geluC1 = 0x1.988454p+0 // 2·√(2/π)
	geluC3 = 0x1.2444f2p-4 // 2·√(2/π)·0.044715
	geluD3 = 0x1.b6676cp-3 // the factor of x² in the derivative
)

// GELUTanh returns x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))), as x·sigmoid of twice the
// argument of tanh.
func GELUTanh(x float32) float32 {
	x2 := x * x
	return x * Sigmoid(x*f32.FMA(x2, geluC3, geluC1))
}

// geluTanhMax is where the derivative of GELUTanh has become 0 or 1.
const geluTanhMax = 12

// GELUTanhGrad returns dy times the derivative of GELUTanh.
func GELUTanhGrad(dy, x float32) float32 {
	x = lower(geluTanhMax, upper(-geluTanhMax, x))
	x2 := x * x
	v := x * f32.FMA(x2, geluC3, geluC1)
	z := expNeg(minusAbs(v))
	s, c := float32(1), z // numerators of s and 1 − s
	if negative(v) {
		s, c = c, s
	}
	r := 1 / (1 + z)
	s *= r
	d := x * f32.FMA(x2, geluD3, geluC1) // x·v′
	return dy * f32.FMA(s, d*(c*r), s)
}
