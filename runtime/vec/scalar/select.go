package scalar

// Max returns the larger of a and b, NaN if one of them is NaN. Of two zeros it is b.
func Max(a, b float32) float32 {
	if a != a {
		return a
	}
	return upper(a, b)
}

// Clip returns x, or the nearer of lo and hi if x lies outside. NaN stays NaN.
func Clip(x, lo, hi float32) float32 { return lower(hi, upper(lo, x)) }
