package scalar

import "github.com/nngen/nngen/runtime/f32"

// Mish returns x·tanh(softplus(x)). With e = eˣ the factor is (e² + 2e)/(e² + 2e + 2); for
// x ≥ 0 it is taken in z = e⁻ˣ.
func Mish(x float32) float32 {
	z := expNeg(minusAbs(x))
	n, d := mishRatio(x, z)
	return x * (n / d)
}

// mishRatio gives numerator and denominator of tanh(softplus(x)), z = e^−|x|.
func mishRatio(x, z float32) (n, d float32) {
	if negative(x) {
		n = f32.FMA(z, z, z+z)
		return n, n + 2
	}
	n = f32.FMA(z, 2, 1)
	return n, f32.FMA(z*z, 2, n)
}

// MishGrad returns dy times the derivative of Mish, tanh(softplus(x)) + 4x·z·(1+z)/d² for
// negative x, z = eˣ; for other x z² stands for the first z.
func MishGrad(dy, x float32) float32 {
	x = lower(flatMax, upper(-flatMax, x))
	z := expNeg(minusAbs(x))
	n, d := mishRatio(x, z)
	w := z
	if !negative(x) {
		w = z * z
	}
	r := 1 / d
	g := (4 * x) * ((w * (1 + z)) * r)
	return dy * (f32.FMA(g, r, n*r))
}
