package scalar

import "math"

// Floor returns the largest whole number that is not above x; x itself if it is ±0, ±∞ or NaN.
func Floor(x float32) float32 {
	r := Round(x)
	if r > x {
		return r - 1
	}
	return r
}

// Ceil returns the smallest whole number that is not below x; x itself if it is ±0, ±∞ or NaN.
func Ceil(x float32) float32 { return -Floor(-x) }

// Round returns the whole number next to x, of two as near the even one; x itself if it is ±0, ±∞ or NaN.
func Round(x float32) float32 {
	a := abs(x)
	if !(a < 0x1p23) {
		return x
	}
	r := float32(a+0x1p23) - 0x1p23
	return math.Float32frombits(math.Float32bits(r) | math.Float32bits(x)&sign)
}
