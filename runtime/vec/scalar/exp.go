package scalar

import (
	"math"

	"github.com/nngen/nngen/runtime/f32"
)

const (
	log2e = 0x1.715476p+0   // 1/ln 2
	ln2Hi = 0x1.62e43p-1    // ln 2 rounded to float32
	ln2Lo = -0x1.05c61p-29  // ln 2 − ln2Hi
	round = 0x1.8p23        // adding it leaves the nearest integer in the low bits
	bias  = 127             // of the exponent in a float32
	sign  = uint32(1) << 31 // bit of the sign

	// (eʳ − 1 − r)/r² for |r| ≤ ln 2/2; the relative error of eʳ − 1 is below 2⁻²⁶.
	exp0 = 0x1.fffffep-2
	exp1 = 0x1.5554aap-3
	exp2 = 0x1.55579ep-5
	exp3 = 0x1.122c88p-7
	exp4 = 0x1.6ab168p-10

	expMin = -176 // both halves of the power of two are 0, and so is eˣ, without an underflow, which takes time
	expMax = 89   // eˣ overflows
)

// reduce returns e = eʳ − 1 with x = n·ln 2 + r, |r| ≤ ln 2/2, and bits whose low ones are
// those of the integer n plus the bias that is added in round.
func reduce(x, round float32) (e float32, n uint32) {
	t := f32.FMA(x, log2e, round)
	k := t - round
	r := f32.FMA(k, -ln2Hi, x)
	r = f32.FMA(k, -ln2Lo, r)
	return polynomial(r), math.Float32bits(t)
}

// reduceShort is reduce without the low part of ln 2, for results that do not depend on x
// where n is large.
func reduceShort(x, round float32) (e float32, n uint32) {
	t := f32.FMA(x, log2e, round)
	return polynomial(f32.FMA(t-round, -ln2Hi, x)), math.Float32bits(t)
}

// polynomial returns eʳ − 1 for |r| ≤ ln 2/2.
func polynomial(r float32) float32 {
	r2 := r * r
	q := f32.FMA(r, exp1, exp0)
	p := f32.FMA(r, exp3, exp2)
	p = f32.FMA(r2, exp4, p)
	q = f32.FMA(r2, p, q)
	return f32.FMA(r2, q, r)
}

// expReduced is eˣ for expMin ≤ x ≤ expMax. The power of two is applied in two halves, so
// that the last multiplication alone rounds, also to denormals. With n biased by 254 the
// exponents of the halves are ⌊n/2⌋ and ⌈n/2⌉.
func expReduced(x float32) float32 {
	e, n := reduce(x, round+2*bias)
	half := n << 22 & 0xff800000
	rest := n<<23 - half
	s := math.Float32frombits(half)
	return float32(f32.FMA(s, e, s) * math.Float32frombits(rest))
}

// Exp returns eˣ.
func Exp(x float32) float32 {
	return expReduced(lower(expMax, upper(expMin, x)))
}

// expNeg returns e⁻ᵃ for a ≥ 0 given as −a.
func expNeg(minusA float32) float32 {
	return expReduced(upper(expMin, minusA))
}

// upper returns the larger of c and x, and x if it is NaN.
func upper(c, x float32) float32 {
	if c > x {
		return c
	}
	return x
}

// lower returns the smaller of c and x, and x if it is NaN.
func lower(c, x float32) float32 {
	if c < x {
		return c
	}
	return x
}

// minusAbs returns −|x|.
func minusAbs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) | sign) }

// abs returns |x|.
func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ sign) }

// negative tells whether the sign bit of x is set.
func negative(x float32) bool { return math.Float32bits(x)&sign != 0 }
