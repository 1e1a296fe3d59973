package fit

import (
	"sort"
)

// ROCAUC is the area under the curve of true against false positives.
var ROCAUC = Measured{
	Name:   "roc_auc",
	Report: Report{Doc: "Area under the ROC curve, of all units together.", Share: true, Contrast: true}, //nngen:if reports
	Tasks:  map[string]func(*predictions) float64{Binary: func(p *predictions) float64 { return auc(p.y, p.t) }},
}

// auc returns the area under the ROC curve: the share of pairs of a positive and a negative example
// that are ordered rightly, ties counting half (Fawcett, An introduction to ROC analysis, 2006, §7).
// It is 0.5 if there is only one class. No y may be NaN.
func auc(y, t []float32) float64 {
	order := make([]int, len(y))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(a, b int) bool { return y[order[a]] < y[order[b]] })
	positive, negative, sum := 0.0, 0.0, 0.0
	for i := 0; i < len(order); {
		j := i
		p, n := 0.0, 0.0
		for ; j < len(order) && y[order[j]] == y[order[i]]; j++ {
			if t[order[j]] > 0.5 {
				p++
			} else {
				n++
			}
		}
		sum += p*negative + p*n/2
		positive, negative = positive+p, negative+n
		i = j
	}
	if positive == 0 || negative == 0 {
		return 0.5
	}
	return sum / (positive * negative)
}
