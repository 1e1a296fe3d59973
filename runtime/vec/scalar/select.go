package scalar

// Max returns the larger of a and b, NaN if one of them is NaN. Of two zeros it is b.
func Max(a, b float32) float32 {
	if a != a {
		return a
	}
	return upper(a, b)
}

// Min returns the smaller of a and b, NaN if one of them is NaN. Of two zeros it is b.
func Min(a, b float32) float32 {
	if a != a {
		return a
	}
	return lower(a, b)
}

// WhereAtLeast returns x where a ≥ b, else 0; 0 too where one of them is NaN.
func WhereAtLeast(x, a, b float32) float32 {
	if a >= b {
		return x
	}
	return 0
}

// WhereLess returns 0 where a ≥ b, else x.
func WhereLess(x, a, b float32) float32 {
	if a >= b {
		return 0
	}
	return x
}

// ClipGrad returns 0 where y ≤ lo or y ≥ hi, else dy; y = Clip(x, lo, hi), or x.
func ClipGrad(dy, y, lo, hi float32) float32 {
	if y <= lo || y >= hi {
		return 0
	}
	return dy
}

// Clip returns x, or the nearer of lo and hi if x lies outside. NaN stays NaN.
func Clip(x, lo, hi float32) float32 { return lower(hi, upper(lo, x)) }
