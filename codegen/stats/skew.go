package stats

import (
	"math"
	"slices"
)

const (
	skewed     = 1  // the skewness from which on numbers are looked at
	verySkewed = 2  // that of an exponential distribution, from which on their spread does not matter
	wide       = 20 // the ratio of the 95th and the 5th percentile, of 100, that is many times the usual one
	fewNumbers = 20 // of which a skewness says little
)

// FitsLog tells whether numbers are better told by their logarithms: all are above 0, strongly skewed to the right, and
// their logarithms clearly less, to either side.
func FitsLog(x []float64) bool {
	if len(x) < fewNumbers || !(slices.Min(x) > 0) { // NaN is the least
		return false
	}
	logs := make([]float64, len(x))
	for i, v := range x {
		logs[i] = math.Log(v)
	}
	s := skewness(x)
	if !(s > skewed) || !(math.Abs(skewness(logs)) < s/2) {
		return false
	}
	sorted := slices.Sorted(slices.Values(x))
	at := len(x) / 20
	return s > verySkewed || sorted[len(x)-1-at] > wide*sorted[at]
}

// skewness returns the third central moment in units of the deviation; NaN of numbers that are all the same.
func skewness(x []float64) float64 {
	mean := 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	second, third := 0.0, 0.0
	for _, v := range x {
		d := v - mean
		second += d * d / float64(len(x))
		third += d * d * d / float64(len(x))
	}
	return third / math.Pow(second, 1.5)
}
