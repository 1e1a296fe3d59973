// Package f32 holds the float32 arithmetic that Go's language and standard library leave
// open, so that the Go twins of the kernels give the same bits on every platform.
package f32

import "math"

// FMA returns a·b + c with a single rounding, to nearest even, as IEEE 754 defines
// fusedMultiplyAdd. Overflow, underflow, infinities and NaN are those of the standard,
// NaN payloads aside.
//
// The product of two float32 is exact in float64: 48 bits of 53, and no exponent leaves
// the range. The sum with c is rounded to 53 bits and then to 24, and rounding twice is
// wrong only where the first result lies halfway between two float32 without the exact
// sum lying there. So wherever the low bits could be those of a halfway point, the sum is
// first rounded to odd (Boldo and Melquiond, Emulation of a FMA and Correctly Rounded
// Sums: Proved Algorithms Using Rounding to Odd, IEEE Trans. Computers 57(4), 2008).
func FMA(a, b, c float32) float32 {
	s := float64(a)*float64(b) + float64(c)
	// Of a halfway point of normal float32 the low 28 bits are 0 and bit 28 is 1; of
	// subnormal ones even more low bits are 0.
	if math.Float64bits(s)<<36 == 0 {
		return viaOdd(a, b, c)
	}
	return float32(s)
}

// viaOdd is FMA for the sums that may be a halfway point.
func viaOdd(a, b, c float32) float32 {
	p := float64(a) * float64(b)
	return float32(roundToOdd(p+float64(c), p, float64(c)))
}

// roundToOdd returns x+y rounded to odd, where s is x+y rounded to nearest even: s itself
// if it is exact, else the one of the two neighbours of x+y whose last bit is 1.
func roundToOdd(s, x, y float64) float64 {
	// Knuth's TwoSum: x + y = s + e exactly.
	t := s - x
	e := (x - (s - t)) + (y - t)
	bits := math.Float64bits(s)
	switch {
	case bits&1 == 1 || !(e < 0 || e > 0): // odd, exact, infinite or NaN
		return s
	case (e > 0) == (s > 0): // x+y is farther from 0 than s
		return math.Float64frombits(bits + 1)
	}
	return math.Float64frombits(bits - 1)
}

// Axpy sets y[i] to FMA(a, x[i], y[i]) for every i < len(x). It panics if y is shorter
// than x; x and y may be the same slice.
func Axpy(a float32, x, y []float32) {
	y = y[:len(x):len(y)]
	for i, v := range x {
		s := float64(a)*float64(v) + float64(y[i])
		if math.Float64bits(s)<<36 == 0 {
			y[i] = viaOdd(a, v, y[i])
			continue
		}
		y[i] = float32(s)
	}
}
