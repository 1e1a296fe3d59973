package stats

import (
	"cmp"
	"math"
	"slices"
)

// Bounds of a temperature. Those of few rows that are all right, or all wrong, come near them.
const (
	minTemperature = 0.05
	maxTemperature = 100
)

// prior is how much is known of a temperature before any row: that its inverse is near 1, with a deviation of its
// logarithm of about 1/√prior.
const prior = 3

// Temperature returns the temperature T of softmax(scores/T), within minTemperature and maxTemperature, that the labels of
// rows make most probable (Guo et al., On Calibration of Modern Neural Networks, 2017). A row of scores has one for each
// class.
//
// A few rows that are all right would make T as small as it may be, and the first row that is wrong cost all: so β = 1/T
// has a prior, the gamma distribution whose mode is 1, and what is least is
//
//	the log loss summed over the rows + prior·(β − 1 − log β)
//
// Its second term is 0 at T = 1, and more elsewhere, so that the log loss of the rows is never more than at T = 1. Both
// are convex in β; the root of the derivative Σ(Σₖ pₖ·zₖ − z of the true class) + prior·(1 − 1/β) is bisected.
func Temperature(scores [][]float64, truth []int) float64 {
	slope := func(beta float64) float64 {
		sum := prior * (1 - 1/beta)
		for i, z := range scores {
			for k, p := range softmax(z, beta) {
				sum += p * z[k]
			}
			sum -= z[truth[i]]
		}
		return sum
	}
	low, high := 1.0/maxTemperature, 1.0/minTemperature
	for range 60 {
		if mid := math.Sqrt(low * high); slope(mid) < 0 {
			low = mid
		} else {
			high = mid
		}
	}
	return 1 / math.Sqrt(low*high)
}

// Tempered returns predictions of the probabilities softmax(scores/t).
func Tempered(scores [][]float64, truth []int, t float64) *Classes {
	c := &Classes{Truth: truth}
	for _, z := range scores {
		c.P = append(c.P, softmax(z, 1/t))
	}
	return c
}

// Untempered returns predictions of what the probabilities would be without the division of scores by a temperature.
func (c *Classes) Untempered(t float64) *Classes {
	scores := make([][]float64, len(c.P))
	for i, p := range c.P {
		for _, v := range p {
			scores[i] = append(scores[i], t*math.Log(math.Max(v, math.SmallestNonzeroFloat64)))
		}
	}
	plain := Tempered(scores, c.Truth, 1)
	plain.Threshold = c.Threshold
	return plain
}

// softmax returns the softmax of beta·z.
func softmax(z []float64, beta float64) []float64 {
	row := make([]float64, len(z))
	for k, v := range z {
		row[k] = beta * v
	}
	logSoftmax(row, 0)
	return row
}

// Conformal returns the radius of intervals that hold new targets with at least a probability, given by how much each
// of n targets lies outside of an interval of radius 0: the ⌈(n + 1)·coverage⌉-th smallest of them (Vovk, Gammerman and
// Shafer, Algorithmic Learning in a Random World, 2005; Lei et al., Distribution-Free Predictive Inference for
// Regression, 2018). It is not ok if n is too small for that: see ConformalRows.
func Conformal(outside []float64, coverage float64) (radius float64, ok bool) {
	k := rank(len(outside), coverage)
	if k > len(outside) {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(outside))
	return sorted[k-1], true
}

// rank is ⌈(n + 1)·coverage⌉, of a product that may be a rounding above a whole number.
func rank(n int, coverage float64) int { return max(1, int(math.Ceil(float64(n+1)*coverage-1e-9))) }

// ConformalRows returns the least number of rows from which intervals of a coverage can be found.
func ConformalRows(coverage float64) int { return int(math.Ceil(coverage/(1-coverage) - 1e-9)) }

// Counts are the rows of two classes by whether they are of the second, and are taken for it.
type Counts struct{ TP, FP, FN, TN float64 }

// Precision, Recall and F1 are those of the second class; 0 for 0/0, as in scikit-learn.
func (c Counts) Precision() float64 { return share(c.TP, c.TP+c.FP) }

// Recall is the share of the second class that is taken for it.
func (c Counts) Recall() float64 { return share(c.TP, c.TP+c.FN) }

// F1 is the harmonic mean of precision and recall.
func (c Counts) F1() float64 { return share(2*c.TP, 2*c.TP+c.FP+c.FN) }

func share(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// At counts what a threshold gives: the second class is chosen from that probability on.
func At(p, truth []float32, threshold float32) (c Counts) {
	for i, v := range p {
		switch guess := v >= threshold; {
		case guess && truth[i] > 0.5:
			c.TP++
		case guess:
			c.FP++
		case truth[i] > 0.5:
			c.FN++
		default:
			c.TN++
		}
	}
	return c
}

// Threshold returns the threshold with the best score among those that give different choices: between two
// probabilities that follow one another, in front of all, and behind all. Of equal scores that nearest to ½ is taken.
// Probabilities must be numbers.
func Threshold(p, truth []float32, score func(Counts) float64) float32 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(p[b], p[a]) })
	var c Counts
	for _, t := range truth {
		if t > 0.5 {
			c.FN++
		} else {
			c.TN++
		}
	}
	best, at := math.Inf(-1), float32(0.5)
	offer := func(above, below float32) {
		threshold := between(above, below)
		s := score(c)
		if s > best || s == best && math.Abs(float64(threshold)-0.5) < math.Abs(float64(at)-0.5) {
			best, at = s, threshold
		}
	}
	above := float32(1)
	for k, i := range order {
		if k == 0 || p[i] != above {
			offer(above, p[i])
		}
		if above = p[i]; truth[i] > 0.5 {
			c.TP, c.FN = c.TP+1, c.FN-1
		} else {
			c.FP, c.TN = c.FP+1, c.TN-1
		}
	}
	offer(above, 0)
	return at
}

// between returns a threshold above one probability and not above another: half way, but where they are neighbours.
func between(above, below float32) float32 {
	if mid := float32((float64(above) + float64(below)) / 2); mid > below {
		return mid
	}
	return above
}
