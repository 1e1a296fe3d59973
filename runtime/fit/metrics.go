package fit

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
)

// Evaluate returns the mean loss of a set and the metrics named, nil for those of the tasks:
// accuracy for classes, rmse and r2 for regression. Metrics of a network with several outputs carry
// the output's name in front. It is an error if the set does not have the numbers that its examples need,
// or if no output has a metric of some name.
func Evaluate(t Trainer, s Set, metrics []string) ([]Metric, error) {
	if err := check(t, "the set", s); err != nil {
		return nil, err
	}
	if err := checkMetrics(t, metrics); err != nil {
		return nil, err
	}
	return evaluate(t, s, metrics, nil), nil
}

// checkMetrics verifies that each metric is one of some output.
func checkMetrics(t Trainer, metrics []string) error {
	var known []string
	for _, o := range t.Outputs() {
		known = append(known, Known(o.Task)...)
	}
	for _, m := range metrics {
		if !slices.Contains(known, m) {
			return fmt.Errorf("fit: no metric %q; there are %s", m, strings.Join(known, ", "))
		}
	}
	return nil
}

// Known returns the metrics of a task.
func Known(task string) []string {
	switch task {
	case "regression":
		return []string{"mse", "rmse", "mae", "r2"}
	case "binary":
		return []string{"accuracy", "precision", "recall", "f1", "roc_auc"}
	}
	return []string{"accuracy", "top_2", "top_3", "top_5", "precision", "recall", "f1"}
}

// prefix returns what stands in front of the names of an output's metrics.
func prefix(t Trainer, o Output) string {
	if len(t.Outputs()) == 1 {
		return ""
	}
	return o.Name + "_"
}

// evaluate returns the loss, the metrics named, or those of the tasks, and further ones by their full names.
func evaluate(t Trainer, s Set, metrics, more []string) []Metric {
	loss, outs := Predict(t, s)
	result := []Metric{{"loss", loss}}
	for i, o := range t.Outputs() {
		names := metrics
		if names == nil {
			names = Defaults(o.Task)
		}
		for _, m := range more {
			if name, ok := strings.CutPrefix(m, prefix(t, o)); ok && !slices.Contains(names, name) {
				names = append(slices.Clip(names), name)
			}
		}
		m := Measure(o, s, outs[i], s.Y[i])
		for _, name := range names {
			if v, ok := m[name]; ok {
				result = append(result, Metric{prefix(t, o) + name, v})
			}
		}
	}
	return result
}

// Defaults returns the metrics of a task that are measured where none are named.
func Defaults(task string) []string {
	if task == "regression" {
		return []string{"rmse", "r2"}
	}
	return []string{"accuracy"}
}

// Predict returns the mean loss of a set and its outputs.
func Predict(t Trainer, s Set) (loss float64, outs [][]float32) {
	outputs := t.Outputs()
	for _, o := range outputs {
		outs = append(outs, make([]float32, s.N*o.Width))
	}
	total := 0.0
	for from := 0; from < s.N; from += t.Piece() {
		to := min(from+t.Piece(), s.N)
		piece := make([][]float32, len(outs))
		for i, o := range outputs {
			piece[i] = outs[i][from*o.Width : to*o.Width]
		}
		loss += t.EvaluatePiece(s.Slice(from, to), piece)
		steps := outputs[0].steps()
		if s.W == nil {
			total += float64((to - from) * steps)
			continue
		}
		for _, w := range s.W[from*steps : to*steps] {
			total += float64(w)
		}
	}
	if total > 0 {
		loss /= total
	}
	return loss, outs
}

// Measure returns the metrics of the predictions y of a set against targets t, one row for each step.
// Steps of weight 0, such as those behind the end of a sequence, do not count.
//
//	regression  mse, rmse, mae, r2
//	binary      accuracy, precision, recall, f1, roc_auc; a unit counts as 1 from 0.5 on
//	multiclass  accuracy, top_2, top_3, top_5, and the means over the classes of precision, recall, f1
func Measure(o Output, s Set, y, t []float32) map[string]float64 {
	width := o.Width / o.steps()
	if o.steps() > 1 && s.W != nil {
		y, t = weighted(width, y, s.W), weighted(width, t, s.W)
	}
	n := len(y) / width
	switch o.Task {
	case "regression":
		return regression(n, width, y, t)
	case "binary":
		return binary(y, t)
	}
	return multiclass(n, width, y, t)
}

// weighted returns the rows of x whose weight is not 0.
func weighted(width int, x, weights []float32) []float32 {
	var rows []float32
	for i, w := range weights {
		if w != 0 {
			rows = append(rows, x[i*width:][:width]...)
		}
	}
	return rows
}

func regression(n, width int, y, t []float32) map[string]float64 {
	mse, mae, total := 0.0, 0.0, 0.0
	for j := range width {
		mean := 0.0
		for i := range n {
			mean += float64(t[i*width+j])
		}
		mean /= float64(n)
		for i := range n {
			d := float64(t[i*width+j]) - mean
			total += float64(d * d)
		}
	}
	for i := range y {
		e := float64(y[i]) - float64(t[i])
		mse += float64(e * e)
		mae += max(e, -e)
	}
	m := map[string]float64{"r2": 0}
	if total > 0 {
		m["r2"] = 1 - mse/total
	}
	mse, mae = mse/float64(len(y)), mae/float64(len(y))
	m["mse"], m["rmse"], m["mae"] = mse, math.Sqrt(mse), mae
	return m
}

func binary(y, t []float32) map[string]float64 {
	var tp, fp, fn, right float64
	for i, v := range y {
		guess, truth := v >= 0.5, t[i] > 0.5
		switch {
		case guess && truth:
			tp++
		case guess:
			fp++
		case truth:
			fn++
		}
		if guess == truth {
			right++
		}
	}
	p, r := ratio(tp, tp+fp), ratio(tp, tp+fn)
	return map[string]float64{"accuracy": ratio(right, float64(len(y))), "precision": p, "recall": r, "f1": ratio(2*tp, 2*tp+fp+fn), "roc_auc": auc(y, t)}
}

// ratio returns a/b, and 0 for 0/0 as scikit-learn does.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// auc returns the area under the ROC curve: the share of pairs of a positive and a negative example
// that are ordered rightly, ties counting half (Fawcett, An introduction to ROC analysis, 2006, §7).
// It is 0.5 if there is only one class.
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

func multiclass(n, width int, y, t []float32) map[string]float64 {
	c := Confusion(n, width, y, t)
	right := 0.0
	var top [5]float64 // examples whose class is among the first k + 1
	for i := range n {
		row := y[i*width:][:width]
		truth := argMax(t[i*width:][:width])
		above := 0
		for j, v := range row {
			if v > row[truth] || v == row[truth] && j < truth {
				above++
			}
		}
		for k := above; k < len(top); k++ {
			top[k]++
		}
	}
	var precision, recall, f1, classes float64
	for j := range width {
		tp, guessed, truly := float64(c[j][j]), 0.0, 0.0
		for k := range width {
			guessed += float64(c[k][j])
			truly += float64(c[j][k])
		}
		right += tp
		if guessed == 0 && truly == 0 {
			continue // a class that is neither predicted nor there, as scikit-learn leaves it out
		}
		classes++
		precision += ratio(tp, guessed)
		recall += ratio(tp, truly)
		f1 += ratio(2*tp, guessed+truly)
	}
	return map[string]float64{"accuracy": right / float64(n),
		"top_2": top[1] / float64(n), "top_3": top[2] / float64(n), "top_5": top[4] / float64(n),
		"precision": ratio(precision, classes), "recall": ratio(recall, classes), "f1": ratio(f1, classes)}
}

// Confusion returns the confusion matrix: row the class of the target, column that of the prediction.
func Confusion(n, width int, y, t []float32) [][]int {
	c := make([][]int, width)
	for i := range c {
		c[i] = make([]int, width)
	}
	for i := range n {
		c[argMax(t[i*width:][:width])][argMax(y[i*width:][:width])]++
	}
	return c
}

func argMax(x []float32) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}
