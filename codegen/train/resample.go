package train

import (
	"math"
	"slices"

	"github.com/nngen/nngen/runtime/fit"
)

// resampled returns a function that measures an output on a sample of rows with replacement, of which it is told how
// often each is in it: the metrics of its task that fit.Measure returns but those that are shares of rows, whose
// intervals are Wilson's.
//
// Metrics are sums over rows, or functions of such sums, so that each row is looked at once, before the first sample,
// and a sample takes an addition for each row and sum. The area under the ROC curve is such a sum over the units in the
// order of their predictions, which is the same in all samples.
func resampled(o fit.Output, test sample) func(times []int32) map[string]float64 {
	switch n := test.s.N; o.Task {
	case fit.Binary:
		return resampledUnits(o, n, test.y, test.t)
	case fit.Multiclass:
		return resampledClasses(n, test.y, test.t)
	default:
		return resampledNumbers(n, middle(o, test.y), middle(o, test.t))
	}
}

// middle returns of outputs that foretell quantiles those of the quantile that is nearest to ½, which are measured, and
// of their targets as many; others as they are.
func middle(o fit.Output, x []float32) []float32 {
	if len(o.Quantiles) == 0 {
		return x
	}
	off := func(q float32) float64 { return math.Abs(float64(q) - 0.5) }
	best := 0
	for k, q := range o.Quantiles {
		if off(q) < off(o.Quantiles[best]) {
			best = k
		}
	}
	width := o.Width / len(o.Quantiles)
	var rows []float32
	for ; len(x) > 0; x = x[o.Width:] {
		rows = append(rows, x[best*width:][:width]...)
	}
	return rows
}

// resampledNumbers is resampled of regression: mse, rmse, mae, and r2, which is of the squares of the targets' distances
// from their mean in the sample. Sums of targets are of their distances from the mean of all rows, so that squares do
// not cancel.
func resampledNumbers(n int, y, t []float32) func([]int32) map[string]float64 {
	width := len(y) / n
	mean := make([]float64, width)
	for i, v := range t {
		mean[i%width] += float64(v) / float64(n)
	}
	squares, sizes, apart := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range y {
		e, d := float64(y[i])-float64(t[i]), float64(t[i])-mean[i%width]
		squares[i/width] += e * e
		sizes[i/width] += math.Abs(e)
		apart[i/width] += d * d
	}
	const rounding = 1e-12 // of sums of squares, and less than what numbers that differ as float32 leave
	sums := make([]float64, width)
	return func(times []int32) map[string]float64 {
		clear(sums)
		square, size, total := 0.0, 0.0, 0.0
		for i, k := range times {
			if k == 0 {
				continue
			}
			w := float64(k)
			square, size, total = square+w*squares[i], size+w*sizes[i], total+w*apart[i]
			for j := range width {
				sums[j] += w * (float64(t[i*width+j]) - mean[j])
			}
		}
		about := total
		for _, s := range sums {
			total -= s * s / float64(n)
		}
		if total <= rounding*about { // the targets of the sample are all the same, which tells nothing of r2
			total = math.NaN()
		}
		units := float64(n * width)
		return map[string]float64{"mse": square / units, "rmse": math.Sqrt(square / units), "mae": size / units,
			"r2": 1 - square/total}
	}
}

// resampledUnits is resampled of binary outputs: precision, recall, f1 and roc_auc of all units.
func resampledUnits(o fit.Output, n int, y, t []float32) func([]int32) map[string]float64 {
	width := len(y) / n
	threshold := o.Threshold
	if threshold == 0 {
		threshold = 0.5
	}
	order := make([]int32, len(y))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		switch {
		case y[a] < y[b]:
			return -1
		case y[a] > y[b]:
			return 1
		}
		return int(a - b)
	})
	return func(times []int32) map[string]float64 {
		var tp, guessed, truly float64
		var above, below, pairs float64 // positive and negative units so far, and pairs of them in the right order
		var p, q float64                // those of the units whose predictions are the same
		for i, unit := range order {
			w, positive := float64(times[int(unit)/width]), t[unit] > 0.5
			if y[unit] >= threshold {
				guessed += w
				if positive {
					tp += w
				}
			}
			if positive {
				truly, p = truly+w, p+w
			} else {
				q += w
			}
			if i+1 == len(order) || y[order[i+1]] != y[unit] {
				pairs += p*below + p*q/2
				above, below, p, q = above+p, below+q, 0, 0
			}
		}
		auc := 0.5
		if above > 0 && below > 0 {
			auc = pairs / (above * below)
		}
		return map[string]float64{"precision": share(tp, guessed), "recall": share(tp, truly),
			"f1": share(2*tp, guessed+truly), "roc_auc": auc}
	}
}

// resampledClasses is resampled of classes: the means of precision, recall and f1 over those that the sample has, or
// that are predicted in it.
func resampledClasses(n int, y, t []float32) func([]int32) map[string]float64 {
	width := len(y) / n
	truth, guess := make([]int, n), make([]int, n)
	for i := range n {
		truth[i], guess[i] = largest(t[i*width:][:width]), largest(y[i*width:][:width])
	}
	tp, guessed, truly := make([]float64, width), make([]float64, width), make([]float64, width)
	return func(times []int32) map[string]float64 {
		clear(tp)
		clear(guessed)
		clear(truly)
		for i, k := range times {
			w := float64(k)
			truly[truth[i]] += w
			guessed[guess[i]] += w
			if truth[i] == guess[i] {
				tp[truth[i]] += w
			}
		}
		var precision, recall, f1, classes float64
		for k := range width {
			if guessed[k]+truly[k] == 0 {
				continue
			}
			precision += share(tp[k], guessed[k])
			recall += share(tp[k], truly[k])
			f1 += share(2*tp[k], guessed[k]+truly[k])
			classes++
		}
		return map[string]float64{"precision": share(precision, classes), "recall": share(recall, classes),
			"f1": share(f1, classes)}
	}
}

// largest returns where the first of the largest numbers of x is.
func largest(x []float32) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}

// share returns a/b, and 0 for 0/0 as fit.Measure does.
func share(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
