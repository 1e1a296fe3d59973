package fit

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Evaluate returns the mean loss of a set and the metrics named, nil for those of the tasks:
// accuracy for classes, rmse and r2 for regression. Metrics of a network with several outputs carry
// the output's name in front. The loss is without penalties and class weights, weighted by the examples' weights; in the
// metrics each example counts once, whatever its weight. It is an error if the set does not have the numbers that its examples need, or
// others than that, or if no output has a metric of some name.
func Evaluate(t Trainer, s Set, metrics []string) ([]Metric, error) {
	if err := cmp.Or(check(t, "the set", s, 1), checkMetrics(t, metrics)); err != nil {
		return nil, err
	}
	return evaluate(context.Background(), t, s, metrics, nil)
}

// Measured is a row of the table of metrics: a number for the predictions of an output, by its task.
type Measured struct {
	Name  string
	Lower bool // whether lower is better
	// Default says that it is measured where no metrics are named.
	Default bool
	Report  //nngen:if reports
	// Tasks has a function for each task that the metric is for.
	Tasks map[string]func(p *predictions) float64
}

// Report is what reports say of a metric, beside its value.
type Report struct {
	Doc   string // one sentence
	Share bool   // whether it is a share of 1, which they give in percent
	// Counted says that each row, or each unit, is either right or wrong, and the metric is the share of those that are right.
	Counted bool
	// Wide says that they show it for outputs of more than five classes alone.
	Wide bool
	// Contrast says that the metric means nothing where all targets are the same.
	Contrast bool
}

// reports says that somebody asks for Report.
//
//lint:ignore U1000 comments alone name it: lines of copies go by it
const reports = true //nngen:part All

// The tasks.
const (
	Regression = "regression"
	Binary     = "binary"
	Multiclass = "multiclass"
)

// The tasks that some output has, and whether some metric is a mean over classes.
const (
	binary     = true //nngen:part Binary
	multiclass = true //nngen:part Multiclass
	confusions = true //nngen:part classPrecision classRecall classF1
)

// table lists the metrics, in the order of reports; each has a file metric_<name>.go.
var table = []Measured{Accuracy, Top2, Top3, Top5, Precision, Recall, F1, ROCAUC, MSE, RMSE, MAE, R2}

// All lists the metrics, in the order of reports.
func All() []Measured { return table }

// AllOf returns the metrics of a task, in the order of reports.
func AllOf(task string) []Measured {
	return slices.DeleteFunc(slices.Clone(table), func(m Measured) bool { return m.Tasks[task] == nil })
}

// Known returns the names of the metrics of a task, in the order of reports.
func Known(task string) []string { return Output{Metrics: AllOf(task)}.names(true) }

// Defaults returns the metrics of a task that are measured where none are named.
func Defaults(task string) []string { return Output{Metrics: AllOf(task)}.names(false) }

// names returns the names of the metrics of an output: all, or those that are measured where none are named.
func (o Output) names(all bool) (names []string) {
	for _, m := range o.Metrics {
		if all || m.Default {
			names = append(names, m.Name)
		}
	}
	return names
}

// checkMetrics verifies that each metric is one of some output.
func checkMetrics(t Trainer, metrics []string) error {
	var known []string
	for _, o := range t.Outputs() {
		known = append(known, o.names(true)...)
	}
	for _, m := range metrics {
		if !slices.Contains(known, m) {
			return fmt.Errorf("fit: no metric %q; there are %s; a spec names others in its training: metrics", m,
				strings.Join(known, ", "))
		}
	}
	return nil
}

// Monitors returns the names that early stopping and schedules may monitor: the loss and each metric of each output,
// of several outputs with the output's name in front; and each with val_ in front, of the validation set.
func Monitors(outputs []Output) []string {
	names := []string{"loss"}
	for _, o := range outputs {
		for _, m := range o.names(true) {
			names = append(names, prefix(outputs, o)+m)
		}
	}
	for _, m := range names[:len(names):len(names)] {
		names = append(names, "val_"+m)
	}
	return names
}

// prefix returns what stands in front of the names of an output's metrics.
func prefix(outputs []Output, o Output) string {
	if len(outputs) == 1 {
		return ""
	}
	return o.Name + "_"
}

// evaluate returns the loss, the metrics named, or those of the tasks, and further ones by their full names. It ends
// with ctx.
func evaluate(ctx context.Context, t Trainer, s Set, metrics, more []string) ([]Metric, error) {
	outputs := t.Outputs()
	loss, outs, err := predict(ctx, t, outputs, s)
	if err != nil {
		return nil, err
	}
	result := []Metric{{Name: "loss", Value: loss, Lower: true}}
	for i, o := range outputs {
		names := metrics
		if names == nil {
			names = o.names(false)
		}
		if monitoring {
			for _, m := range more {
				if name, ok := strings.CutPrefix(m, prefix(outputs, o)); ok && !slices.Contains(names, name) {
					names = append(slices.Clip(names), name)
				}
			}
		}
		p := newPredictions(o, s, outs[i], s.Y[i])
		for _, name := range names {
			if k := slices.Index(o.names(true), name); k >= 0 {
				m := &o.Metrics[k]
				result = append(result, Metric{prefix(outputs, o) + name, p.measure(m), m.Lower})
			}
		}
	}
	return result, nil
}

// predict returns the mean loss of a set and its outputs. It ends with ctx.
func predict(ctx context.Context, t Trainer, outputs []Output, s Set) (loss float64, outs [][]float32, err error) {
	for _, o := range outputs {
		outs = append(outs, make([]float32, s.N*o.Width))
	}
	for from := 0; from < s.N; from += t.Piece {
		if err := ctx.Err(); err != nil {
			return 0, nil, err
		}
		to := min(from+t.Piece, s.N)
		piece := make([][]float32, len(outs))
		for i, o := range outputs {
			piece[i] = outs[i][from*o.Width : to*o.Width]
		}
		loss += t.Evaluate(s.Slice(from, to), piece)
	}
	if total := Weight(s.N*outputs[0].steps(), s.W); total > 0 {
		loss /= total
	}
	return loss, outs, nil
}

// Measure returns the metrics of the predictions y of a set against targets t, one row for each step, by name: those
// of the output's task. Steps of weight 0, such as those behind the end of a sequence, do not count; other weights of
// examples do not matter. If a prediction is NaN, so are all metrics.
//
//	regression  mse, rmse, mae, r2; r2 takes the squares of several units together
//	binary      accuracy, precision, recall, f1, roc_auc; a unit counts as 1 from the output's threshold on
//	multiclass  accuracy, top_2, top_3, top_5, and the means over the classes of precision, recall, f1
func Measure(o Output, s Set, y, t []float32) map[string]float64 {
	p := newPredictions(o, s, y, t)
	all := map[string]float64{}
	for _, m := range AllOf(o.Task) {
		all[m.Name] = p.measure(&m)
	}
	return all
}

// predictions are those of an output, with its targets: one row for each step that counts.
type predictions struct {
	task      string
	n, width  int
	y, t      []float32
	threshold float32 // from which on a unit counts as 1 //nngen:if binary
	nan       bool    // whether a prediction is NaN
	confusion [][]int // once it has been asked for //nngen:if confusions
}

func newPredictions(o Output, s Set, y, t []float32) *predictions {
	width := o.Width / o.steps()
	if stepped && o.steps() > 1 && s.W != nil {
		y, t = weighted(width, y, s.W), weighted(width, t, s.W)
	}
	if quantiles && len(o.Quantiles) > 0 {
		width /= len(o.Quantiles)
		y, t = middle(o.Quantiles, width, y), middle(o.Quantiles, width, t)
	}
	p := &predictions{task: o.Task, n: len(y) / width, width: width, y: y, t: t}
	if binary {
		p.threshold = cmp.Or(o.Threshold, 0.5)
	}
	p.nan = slices.ContainsFunc(y, func(v float32) bool { return v != v })
	return p
}

// quantiles says that an output foretells quantiles.
const quantiles = true //nngen:part Quantiles

// middle returns the block, of those of each row, of the quantile that is nearest to ½.
func middle(quantiles []float32, width int, x []float32) []float32 {
	best := 0
	for k, q := range quantiles {
		if math.Abs(float64(q)-0.5) < math.Abs(float64(quantiles[best])-0.5) {
			best = k
		}
	}
	var rows []float32
	for ; len(x) > 0; x = x[width*len(quantiles):] {
		rows = append(rows, x[best*width:][:width]...)
	}
	return rows
}

// measure returns a metric.
func (p *predictions) measure(m *Measured) float64 {
	if p.nan {
		return math.NaN()
	}
	return m.Tasks[p.task](p)
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

// counts are the units of binary outputs by whether they are from the threshold on, and their targets above 0.5.
type counts struct{ tp, fp, fn float64 }

func (p *predictions) sides() counts {
	var c counts
	for i, v := range p.y {
		guess, truth := v >= p.threshold, p.t[i] > 0.5
		switch {
		case guess && truth:
			c.tp++
		case guess:
			c.fp++
		case truth:
			c.fn++
		}
	}
	return c
}

// macro returns the mean of f over the classes, given how often each was rightly predicted, predicted, and true. A
// class that is neither predicted nor there is left out, as in scikit-learn.
func (p *predictions) macro(f func(tp, guessed, truly float64) float64) float64 {
	if p.confusion == nil {
		p.confusion = Confusion(p.n, p.width, p.y, p.t)
	}
	sum, classes := 0.0, 0.0
	for j := range p.width {
		guessed, truly := 0.0, 0.0
		for k := range p.width {
			guessed += float64(p.confusion[k][j])
			truly += float64(p.confusion[j][k])
		}
		if guessed == 0 && truly == 0 {
			continue
		}
		classes++
		sum += f(float64(p.confusion[j][j]), guessed, truly)
	}
	return ratio(sum, classes)
}

// ratio returns a/b, and 0 for 0/0 as scikit-learn does.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// Confusion returns the confusion matrix: row the class of the target, column that of the prediction. Predictions must
// be numbers.
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
