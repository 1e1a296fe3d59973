package scalar

import (
	"math"

	"github.com/nngen/nngen/runtime/f32"
)

const (
	sqrtHalf = 0x3f3504f3 // bits of √½

	// (ln(1+f) − f + f²/2)/f³ for √½ ≤ 1+f ≤ √2; the relative error of ln is below 2⁻²⁷.
	log0 = 0x1.555554p-2
	log1 = -0x1.000228p-2
	log2 = 0x1.99a036p-3
	log3 = -0x1.547226p-3
	log4 = 0x1.22d5f4p-3
	log5 = -0x1.0d80e4p-3
	log6 = 0x1.056ec6p-3
	log7 = -0x1.38f13p-4
)

// log1pReduced returns ln(1+f) for √½ ≤ 1+f ≤ √2.
func log1pReduced(f float32) float32 {
	f2 := f * f
	f4 := f2 * f2
	a := f32.FMA(f, log1, log0)
	b := f32.FMA(f, log3, log2)
	c := f32.FMA(f, log5, log4)
	d := f32.FMA(f, log7, log6)
	a = f32.FMA(f2, b, a)
	c = f32.FMA(f2, d, c)
	p := f32.FMA(f4, c, a)
	return f32.FMA(f2, f32.FMA(f, p, -0.5), f)
}

// Log returns ln x: −∞ at ±0, NaN for negative x.
func Log(x float32) float32 {
	v, k := x, float32(0)
	if x < 0x1p-126 {
		v, k = x*0x1p23, -23
	}
	b := math.Float32bits(v)
	n := int32(b-sqrtHalf) >> 23
	k += float32(n)
	f := math.Float32frombits(b-uint32(n)<<23) - 1
	y := f32.FMA(k, ln2Hi, f32.FMA(k, ln2Lo, log1pReduced(f)))
	switch {
	case !(x < inf): // ∞ and NaN
		return x
	case x == 0:
		return -inf
	case x < 0:
		return nan
	}
	return y
}

// LogGrad returns dy/x.
func LogGrad(dy, x float32) float32 { return dy / x }

var (
	inf = float32(math.Inf(1))
	nan = float32(math.NaN())
)
