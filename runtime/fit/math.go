package fit

// The functions below use only operations that IEEE 754 defines, each rounded by itself, so that
// schedules have the same bits on every machine: those of package math may be fused on some.

// ipow returns x to a power n ≥ 0, by repeated squaring.
func ipow(x float64, n int) float64 {
	p := 1.0
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			p = float64(p * x)
		}
		x = float64(x * x)
	}
	return p
}

const pi = 3.14159265358979323846264338327950288419716939937510582097494459

// cosPi returns cos(π·x), within 4 units in the last place of 1.
func cosPi(x float64) float64 {
	if x < 0 {
		x = -x
	}
	for x >= 2 {
		x -= 2
	}
	if x > 1 {
		x = 2 - x
	}
	switch {
	case x > 0.5:
		return -cosPi(1 - x)
	case x > 0.25:
		y := float64(pi * (0.5 - x))
		return taylor(y, y, 2)
	}
	return taylor(float64(pi*x), 1, 1)
}

// taylor sums the series of sin (first y, k = 2) or cos (first 1, k = 1) for |y| ≤ π/4.
func taylor(y, first float64, k int) float64 {
	square, term, sum := float64(y*y), first, first
	for range 10 {
		term = -float64(term*square) / float64(k*(k+1))
		sum += term
		k += 2
	}
	return sum
}

// pow returns x^p for x in [0, 1] and p > 0: exp(p·ln x) by series, within about 10⁻¹⁵ relative to 1.
func pow(x, p float64) float64 {
	if n := int(p); float64(n) == p {
		return ipow(x, n)
	}
	if x <= 0 {
		return 0
	}
	return exp(float64(p * ln(x)))
}

const ln2 = 0.693147180559945309417232121458176568

// ln returns the natural logarithm of x in (0, 1], by 2·artanh((m − 1)/(m + 1)) of its mantissa.
func ln(x float64) float64 {
	e := 0
	for x < 0.75 {
		x *= 2
		e--
	}
	z := (x - 1) / (x + 1)
	square, term, sum := float64(z*z), z, 0.0
	for k := 1; k < 41; k += 2 {
		sum += term / float64(k)
		term = float64(term * square)
	}
	return 2*sum + float64(float64(e)*ln2)
}

// exp returns eˣ for x ≤ 0.
func exp(x float64) float64 {
	halvings := 0
	for x < -0.5 {
		x /= 2
		halvings++
	}
	term, sum := 1.0, 1.0
	for k := 1; k < 20; k++ {
		term = float64(term*x) / float64(k)
		sum += term
	}
	for range halvings {
		sum = float64(sum * sum)
	}
	return sum
}
