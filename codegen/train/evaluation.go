package train

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/runs"
	"github.com/nngen/nngen/codegen/stats"
	"github.com/nngen/nngen/runtime/fit"
)

// Evaluation is how good a network is on a set of examples. In JSON, numbers that are not finite are null.
type Evaluation struct {
	Examples int                `json:"examples"`
	Loss     number             `json:"loss"`
	Outputs  []OutputEvaluation `json:"outputs"`
	// Remarks say what makes the numbers mean less than they seem to.
	Remarks []string `json:"remarks,omitempty"`
	// Seen is that of them by which the network may have learned from the examples; "" if it has not.
	Seen string `json:"-"`
}

// OutputEvaluation is what one output has to do with it.
type OutputEvaluation struct {
	Name    string   `json:"name"`
	Metrics []metric `json:"metrics"`
	// Baselines are what simpler models of the training set reach.
	Baselines []baseline `json:"baselines,omitempty"`
	// Confusion counts examples by class: row the true one, column the predicted one; nil for
	// regression.
	Confusion [][]int  `json:"confusion,omitempty"`
	Classes   []string `json:"classes,omitempty"`
	// Positive is the class of a binary output that precision, recall, f1 and average_precision are of; "" for others,
	// where they are means over the classes.
	Positive string `json:"positive_class,omitempty"`
	// Targets are the metrics of each of several targets, by the names of their columns.
	Targets []OutputEvaluation `json:"targets,omitempty"`
	// PerClass is how well each class is found, and Confused the pairs of classes that are confused most often.
	PerClass []classMetrics `json:"per_class,omitempty"`
	Confused []confused     `json:"most_confused,omitempty"`
	// Threshold and Temperature say what the outputs would be without them.
	Threshold   *fitted `json:"threshold,omitempty"`
	Temperature *fitted `json:"temperature,omitempty"`
}

// fitted is a number that was fitted when the training was over, or set, and what the metrics are with another in its
// place.
type fitted struct {
	Name    string   `json:"-"`
	Value   number   `json:"value"`
	Without number   `json:"without"`
	Metrics []metric `json:"metrics"`
}

func (f *fitted) String() string {
	text := fmt.Sprintf("%s %.4g; with %g in its place:", f.Name, f.Value, f.Without)
	for _, m := range f.Metrics {
		text += "  " + m.String()
	}
	return text
}

// metric is a measured number of an output, with its 95 % confidence interval if that is known.
type metric struct {
	Name  string  `json:"name"`
	Value number  `json:"value"`
	Low   *number `json:"low,omitempty"`
	High  *number `json:"high,omitempty"`
	share bool    // of 1
	// counted says that it is a share of rows, or of units of binary outputs.
	counted bool
}

// intervalCoverage names the metric of the share of targets that are in their intervals.
const intervalCoverage = "interval_coverage"

// String writes a share in percent, and a dash for what cannot be measured.
func (m metric) String() string {
	if v := float64(m.Value); v != v {
		return m.Name + " –"
	}
	text := m.Name + " " + m.number(m.Value)
	if m.share {
		text += " %"
	}
	if m.Low != nil && *m.Low == *m.Low {
		text += " [" + m.number(*m.Low) + ", " + m.number(*m.High) + "]"
	}
	return text
}

func (m metric) number(v number) string {
	if m.share {
		return fmt.Sprintf("%.2f", 100*v)
	}
	return plain(float64(v))
}

// plain writes a number with four digits, without an exponent unless it is huge or tiny.
func plain(v float64) string {
	text := strconv.FormatFloat(v, 'g', 4, 64)
	if size := math.Abs(v); size >= 1e15 || size < 1e-4 || v != v {
		return text
	}
	rounded, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// baseline is what a simpler model reaches in the main metric of an output.
type baseline struct {
	Model  string `json:"model"`
	Metric string `json:"metric"`
	Value  number `json:"value"`
	share  bool
}

func (b baseline) String() string {
	return fmt.Sprintf("%s of %s", metric{Name: b.Metric, Value: b.Value, share: b.share}, b.Model)
}

// classMetrics is how well one class is found.
type classMetrics struct {
	Class     string `json:"class"`
	Precision number `json:"precision"`
	Recall    number `json:"recall"`
	F1        number `json:"f1"`
	Support   int    `json:"support"`
}

// confused is how many examples of a class were taken for another.
type confused struct {
	Class     string `json:"class"`
	Predicted string `json:"predicted"`
	Examples  int    `json:"examples"`
}

// number is a float64 that is null in JSON if it is not finite.
type number = runs.Number

// sample is the examples of a set with the targets t of one output, and its predictions y if there are some.
type sample struct {
	s    fit.Set
	t, y []float32
}

// at returns x[i], nil if there is none.
func at(x [][]float32, i int) []float32 {
	if i < len(x) {
		return x[i]
	}
	return nil
}

// judge adds to an output's evaluation what its metrics are worth: intervals, measures of single classes and simpler
// models. Outputs with a row for each of several steps, and those with a prediction that is NaN, keep their metrics
// alone. targets are the names of its targets, nil where they have none.
func (e *Evaluation) judge(o *net.Output, d decided, r *OutputEvaluation, test, train sample, targets []string,
	v views) {
	if o.Steps() > 1 || o.NextToken || test.s.N == 0 || slices.ContainsFunc(test.y,
		func(v float32) bool { return v != v }) {
		return
	}
	remark := func(format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		if len(e.Outputs) > 1 {
			text = o.Name + ": " + text
		}
		e.Remarks = append(e.Remarks, text)
	}
	c := classesOf(o, test.y, test.t)
	if c != nil {
		c.Threshold = float64(d.Threshold)
		r.judgeClasses(c, remark)
		r.judgeDecision(o, d, c, test)
		remarkDecision(o, d, c, test, remark)
	} else if o.Task == "regression" && constant(test.t, len(test.t)/test.s.N) {
		remark("the targets are all the same%s, so that %s means nothing", data.Within(test.t),
			strings.Join(r.unmeasured(o.Task), " and "))
	}
	r.judgeNumbers(o, d, test)
	r.remarkCoverage(o.Interval, remark)
	r.intervals(d.Output, test)
	r.judgeCost(o, test, train, remark)
	simple := r.baselines(o, c, test, train, v, remark)
	r.remarkRounding(test.t, remark)
	if len(targets) > 1 && o.Quantiles == nil {
		r.judgeTargets(d, targets, test, simple, remark)
	}
}

// remarkRounding says so of an error, of the network or of a simpler model, that is less than what float32 rounds off
// targets of whole numbers.
func (r *OutputEvaluation) remarkRounding(targets []float32, remark func(string, ...any)) {
	by := data.Rounding(targets)
	say := func(name string, v number, whose any) {
		if name == "rmse" && float64(v) < by {
			remark("%s is less than what float32 rounds off targets of that size, up to %g: of the data's own numbers it may "+
				"be as much", whose, by)
		}
	}
	for _, m := range r.Metrics {
		say(m.Name, m.Value, m)
	}
	for _, b := range r.Baselines {
		say(b.Metric, b.Value, b)
	}
}

// judgeNumbers adds which share of the targets is below each quantile, and how wide intervals are and what they hold.
func (r *OutputEvaluation) judgeNumbers(o *net.Output, d decided, test sample) {
	width, targets := o.Layer.Shape.Size(), o.TargetWidth()
	share := func(name string, v float64, n int) {
		low, high := stats.Wilson(v, n)
		a, b := number(low), number(high)
		r.Metrics = append(r.Metrics, metric{Name: name, Value: number(v), Low: &a, High: &b, share: true})
	}
	for k, q := range o.Quantiles {
		below := 0
		for i := range test.s.N {
			for j := range targets {
				at := i*width + k*targets + j
				below += bit(test.t[at] <= test.y[at])
			}
		}
		n := test.s.N * targets
		share(fmt.Sprintf("below_q%g", q), float64(below)/float64(n), n)
	}
	if d.radius != nil {
		covered, wide := intervals{o, test.y, test.t, d.radius}.coverage(0, 1, test.s.N)
		share(intervalCoverage, covered, test.s.N*targets)
		r.Metrics = append(r.Metrics, metric{Name: "interval_width", Value: number(wide)})
	}
}

// remarkCoverage remarks on intervals that hold fewer of the targets than they promise, and not by the chance of the
// examples measured.
func (r *OutputEvaluation) remarkCoverage(promised float64, remark func(string, ...any)) {
	for _, m := range r.Metrics {
		if m.Name == intervalCoverage && float64(*m.High) < promised {
			remark("intervals of %.4g %% hold fewer of the targets here: %s; the validation set that they were fitted to is too "+
				"small, unlike these examples, or chose the weights too", 100*promised, m)
		}
	}
}

// unmeasured marks the metrics of a task that mean nothing where all targets are the same, and returns their names.
func (r *OutputEvaluation) unmeasured(task string) []string {
	var names []string
	for _, m := range fit.All() {
		if m.Contrast && slices.Contains(fit.Known(task), m.Name) {
			names = append(names, m.Name)
		}
	}
	for i := range r.Metrics {
		if slices.Contains(names, r.Metrics[i].Name) {
			r.Metrics[i].Value = number(math.NaN())
		}
	}
	return names
}

// constant tells whether each of some columns holds one number alone.
func constant(x []float32, columns int) bool {
	for i := columns; i < len(x); i++ {
		if x[i] != x[i-columns] {
			return false
		}
	}
	return true
}

// intervals adds confidence intervals to the metrics: Wilson's to shares of the examples, by bootstrap to others, which
// draws the same samples each time. That of r2 leans down, since targets that are drawn again vary less; intervals are
// widened to hold the metric itself. Where all samples measure the same, as where each row is right, they know of no
// interval, and there is none.
func (r *OutputEvaluation) intervals(o fit.Output, test sample) {
	n := test.s.N
	measure := resampled(o, test)
	low, high := stats.Bootstrap(n, len(r.Metrics), func(times []int32) []float64 {
		measured := measure(times)
		var list []float64
		for _, m := range r.Metrics {
			v, ok := measured[m.Name]
			if !ok || m.Value != m.Value {
				v = math.NaN()
			}
			list = append(list, v)
		}
		return list
	})
	for i := range r.Metrics {
		m := &r.Metrics[i]
		l, h := low[i], high[i]
		if m.counted && len(test.t) > 0 {
			trials := n
			if o.Task == "binary" {
				trials = len(test.t) // each unit is right or not
			}
			l, h = stats.Wilson(float64(m.Value), trials)
		}
		if m.Low != nil {
			continue // it has one of its own
		}
		if l < h {
			a, b := min(number(l), m.Value), max(number(h), m.Value)
			m.Low, m.High = &a, &b
		}
	}
}
