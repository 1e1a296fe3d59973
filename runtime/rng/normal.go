package rng

import "math"

// Normal returns number i of a standard normal distribution: the quantile of Float64, that of 0 being
// taken at 2⁻⁵⁴. It is within 10⁻¹³ of the true quantile, relative to 1, and the same bits on every
// machine.
func Normal(seed uint64, stream uint32, step uint64, i int) float64 {
	return Quantile(Float64(seed, stream, step, i))
}

// Quantile returns the quantile of the standard normal distribution for p in [0, 1), that of 0 being
// taken at 2⁻⁵⁴.
//
// Source: Wichura, Algorithm AS 241: the percentage points of the normal distribution, Applied
// Statistics 37(3), 1988: PPND16.
func Quantile(p float64) float64 {
	if p <= 0 {
		p = 0x1p-54
	}
	q := p - 0.5
	if q > -0.425 && q < 0.425 {
		r := 0.180625 - float64(q*q)
		return float64(q*poly(r, 2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
			13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608)) /
			poly(r, 5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
				5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1)
	}
	r := p
	if q > 0 {
		r = 1 - p
	}
	r = math.Sqrt(-ln(r))
	var x float64
	if r <= 5 {
		r -= 1.6
		x = poly(r, 7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
			3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734) /
			poly(r, 1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
				0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1)
	} else {
		r -= 5
		x = poly(r, 2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
			0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772) /
			poly(r, 2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
				0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1)
	}
	if q < 0 {
		return -x
	}
	return x
}

// poly returns the polynomial with the given coefficients, the highest first, each step rounded.
func poly(x float64, coefficients ...float64) float64 {
	sum := 0.0
	for _, c := range coefficients {
		sum = float64(sum*x) + c
	}
	return sum
}

// ln returns the natural logarithm of x in (0, 1/2], by 2·artanh((m − 1)/(m + 1)) of its mantissa.
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
	return 2*sum + float64(float64(e)*0.693147180559945309417232121458176568)
}
