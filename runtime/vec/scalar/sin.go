package scalar

import (
	"math"

	"github.com/nngen/nngen/runtime/f32"
)

const (
	twoOverPi = 0x1.45f306p-1   // 2/π
	halfPi1   = 0x1.921fb6p+0   // π/2 rounded to float32
	halfPi2   = -0x1.777a5cp-25 // π/2 − halfPi1, rounded
	halfPi3   = -0x1.ee59dap-50 // the rest, rounded

	// (sin r − r)/r³ and (cos r − 1 + r²/2)/r⁴ for |r| ≤ 0.81, in powers of r²; the relative errors of sine and
	// cosine are below 2⁻²⁷.
	sin0 = -0x1.555542p-3
	sin1 = 0x1.1105fap-7
	sin2 = -0x1.98d742p-13
	cos0 = 0x1.555548p-5
	cos1 = -0x1.6c0aecp-10
	cos2 = 0x1.998d66p-16

	farBits = 0x48800000 // those of 2¹⁸: from there on quarters are counted in integers
)

// Sin returns the sine of x in radians: NaN at ±∞.
func Sin(x float32) float32 {
	r, n := quarters(x)
	return wave(r, n)
}

// Cos returns the cosine of x in radians: NaN at ±∞.
func Cos(x float32) float32 {
	r, n := quarters(x)
	return wave(r, n+1)
}

// SinGrad returns dy·cos x.
func SinGrad(dy, x float32) float32 { return dy * Cos(x) }

// CosGrad returns −dy·sin x.
func CosGrad(dy, x float32) float32 { return -(dy * Sin(x)) }

// IsNear tells whether all are so small that sine and cosine need no integers to count quarters of a circle. NaN and
// ±∞ are not.
func IsNear(x []float32) bool {
	for _, v := range x {
		if math.Float32bits(v)&^sign >= farBits {
			return false
		}
	}
	return true
}

// quarters returns x = n·π/2 + r with |r| a little above π/4 at most; only the low two bits of n are meant.
//
// For |x| < 2¹⁸ n has 18 bits. The first multiply-add is exact: its result is below 1 and a multiple of 2⁻²⁴. Each of
// the others rounds to a relative 2⁻²⁴ of what is left, however little that is.
func quarters(x float32) (r float32, n uint32) {
	if math.Float32bits(x)&^sign >= farBits {
		return quartersFar(x)
	}
	t := f32.FMA(x, twoOverPi, round)
	k := t - round
	r = f32.FMA(k, -halfPi1, x)
	r = f32.FMA(k, -halfPi2, r)
	return f32.FMA(k, -halfPi3, r), math.Float32bits(t)
}

// wave returns sin(r + n·π/2).
func wave(r float32, n uint32) float32 {
	r2 := r * r
	y := f32.FMA(r2, f32.FMA(r2, sin2, sin1), sin0)
	y = f32.FMA(r*r2, y, r)
	if n&1 != 0 {
		c := f32.FMA(r2, f32.FMA(r2, cos2, cos1), cos0)
		y = f32.FMA(r2, f32.FMA(r2, c, -0.5), 1)
	}
	return math.Float32frombits(math.Float32bits(y) ^ n<<30&sign)
}

// fourOverPi are bits of 4/π, each word 8 bits behind the one before.
var fourOverPi = [24]uint32{
	0xa2, 0xa2f9, 0xa2f983, 0xa2f9836e, 0xf9836e4e, 0x836e4e44, 0x6e4e4415, 0x4e441529,
	0x441529fc, 0x1529fc27, 0x29fc2757, 0xfc2757d1, 0x2757d1f5, 0x57d1f534, 0xd1f534dd, 0xf534ddc0,
	0x34ddc0db, 0xddc0db62, 0xc0db6295, 0xdb629599, 0x6295993c, 0x95993c43, 0x993c4390, 0x3c439041,
}

// quartersFar is quarters for |x| ≥ 2¹⁸: the bits of x times 2/π around the point, from the product of the 24 bits of x
// with those 96 of 4/π that matter. It returns NaN for ±∞ and NaN.
//
// Source: Payne and Hanek, Radian reduction for trigonometric functions, SIGNUM Newsletter 18(1), 1983; in the form of
// Arm's optimized routines, sincosf.
func quartersFar(x float32) (r float32, n uint32) {
	b := math.Float32bits(x)
	if b&^sign >= 0x7f800000 {
		return x - x, 0
	}
	words := fourOverPi[b>>26&15:]
	m := (b&0x7fffff | 0x800000) << (b >> 23 & 7)
	p := uint64(m*words[0])<<32 | uint64(m)*uint64(words[8])>>32
	p += uint64(m) * uint64(words[4])
	q := (p + 1<<61) >> 62
	r = float32(int64(p-q<<62)) * (0x1.921fb6p+0 * 0x1p-62)
	if b&sign != 0 {
		return -r, -uint32(q)
	}
	return r, uint32(q)
}
