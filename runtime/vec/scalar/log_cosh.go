package scalar

const logCoshSmall = 0.5 // below, 1 − tanh² stays above √½

// LogCosh returns ln cosh x: −½·ln(1 − tanh²x) for small |x|, else |x| + ln(1 + e^−2|x|) −
// ln 2.
func LogCosh(x float32) float32 {
	a := abs(x)
	if a < logCoshSmall {
		t := Tanh(a)
		return -0.5 * log1pReduced(-(t * t))
	}
	return a + (Log1pUnit(expNeg(-(a + a))) - ln2Hi)
}
