package stats

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// z is the 97.5 % point of the normal distribution: intervals hold 95 %.
const z = 1.959963984540054

// Wilson returns the 95 % confidence interval of a proportion of which share holds in n trials (Wilson, Probable
// Inference, the Law of Succession, and Statistical Inference, 1927).
func Wilson(share float64, n int) (low, high float64) {
	m := float64(n)
	center := (share + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(share*(1-share)/m+z*z/(4*m*m))
	return max(center-half, 0), min(center+half, 1)
}

// rounds returns how many samples a bootstrap over n rows draws: 1,000 where that is fast, at least 100.
func rounds(n int) int { return min(max(2_000_000/max(n, 1), 100), 1000) }

// Bootstrap returns the 95 % percentile intervals of several statistics at once over samples of n rows with
// replacement (Efron and Tibshirani, An Introduction to the Bootstrap, section 13.3). measure is called with how often
// each row is in a sample, and the next time with the same slice. Samples in which a statistic is NaN do not count for
// it; one that has none that count is NaN. The same n gives the same samples.
func Bootstrap(n, statistics int, measure func(times []int32) []float64) (low, high []float64) {
	r := rand.New(rand.NewPCG(uint64(n), 0))
	drawn := make([][]float64, statistics)
	times := make([]int32, n)
	for range rounds(n) {
		clear(times)
		for range times {
			times[r.IntN(n)]++
		}
		for i, v := range measure(times) {
			if v == v {
				drawn[i] = append(drawn[i], v)
			}
		}
	}
	low, high = make([]float64, statistics), make([]float64, statistics)
	for i, d := range drawn {
		if low[i], high[i] = math.NaN(), math.NaN(); len(d) > 0 {
			slices.Sort(d)
			low[i], high[i] = stat.Quantile(0.025, stat.Empirical, d, nil), stat.Quantile(0.975, stat.Empirical, d, nil)
		}
	}
	return low, high
}
