package train

import (
	"cmp"
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
	"github.com/nngen/nngen/spec"
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

// mostClasses is the largest number of classes for which a confusion matrix fits a terminal.
const mostClasses = 12

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

// mostTargets bounds the targets that are looked at one by one.
const mostTargets = 100

// targetMetrics are the two that are shown of each of several targets, by task: the first is compared with that of
// simpler models.
var targetMetrics = map[string][2]string{"regression": {"rmse", "r2"}, "binary": {"accuracy", "roc_auc"}}

// targetMetrics returns those of one of several targets.
func (r *OutputEvaluation) targetMetrics() [2]string {
	pair := targetMetrics["binary"]
	if !slices.ContainsFunc(r.Metrics, func(m metric) bool { return m.Name == pair[0] }) {
		pair = targetMetrics["regression"]
	}
	return pair
}

// judgeTargets adds what the metrics are of each target by itself, beside those of simpler models: of targets in
// several units, or of labels that are unlike each other in how often they are 1, that of all together says little.
// Targets of other tasks are numbers.
func (r *OutputEvaluation) judgeTargets(d decided, names []string, test sample, simple []simpleModel,
	remark func(string, ...any)) {
	task := "regression"
	if d.Task == "binary" {
		task = d.Task
	}
	n, main, lower := test.s.N, targetMetrics[task][0], task == "regression"
	for k, name := range names[:min(len(names), mostTargets)] {
		one := sample{s: test.s, t: columnOf(test.t, n, k), y: columnOf(test.y, n, k)}
		t := OutputEvaluation{Name: name}
		o := fit.Output{Name: name, Task: task, Width: 1, Steps: 1, Threshold: d.Threshold}
		measured := fit.Measure(o, test.s, one.y, one.t)
		for _, m := range fit.All() {
			if v, ok := measured[m.Name]; ok && !m.Wide {
				t.Metrics = append(t.Metrics, metric{Name: m.Name, Value: number(v), share: m.Share, counted: m.Counted})
			}
		}
		if o.Task == "binary" {
			c := stats.Binary(one.y, one.t)
			c.Threshold = float64(o.Threshold)
			second := c.PerClass()[1]
			t.ofSecondClass(second)
			if second.Predicted == 0 && second.Support > 0 {
				remark("%s is never predicted, though %d of %d examples have it", shown(name), second.Support, n)
			}
		}
		if constant(one.t, 1) {
			t.unmeasured(task)
		}
		t.intervals(o, one)
		own := t.metric(main)
		for _, s := range simple {
			m := metric{Name: main, share: own.share,
				Value: number(fit.Measure(o, test.s, columnOf(s.y, n, k), one.t)[main])}
			t.Baselines = append(t.Baselines, baseline{s.name, m.Name, m.Value, m.share})
			switch {
			case s.blind && (lower && own.Value >= m.Value || !lower && own.Value <= m.Value):
				remark("%s: %s is no better than %s of %s, which knows nothing of the inputs", shown(name), own, m, s.name)
			case !s.blind && own.Low != nil && (lower && *own.Low > m.Value || !lower && *own.High < m.Value):
				remark("%s: %s is worse than %s of %s", shown(name), own, m, s.name)
			}
		}
		r.Targets = append(r.Targets, t)
	}
}

// metric returns a metric by name, which must be there.
func (r *OutputEvaluation) metric(name string) metric {
	return r.Metrics[slices.IndexFunc(r.Metrics, func(m metric) bool { return m.Name == name })]
}

// columnOf returns number k of each of n rows.
func columnOf(x []float32, n, k int) []float32 {
	list, width := make([]float32, n), len(x)/n
	for i := range list {
		list[i] = x[i*width+k]
	}
	return list
}

// classesOf returns predictions of classes; nil if an output has none.
func classesOf(o *net.Output, y, t []float32) *stats.Classes {
	switch width := o.Layer.Shape.Size(); {
	case o.Task == "multiclass":
		return stats.Multiclass(width, y, t)
	case o.Task == "binary" && width == 1 && len(o.Classes) == 2:
		return stats.Binary(y, t)
	}
	return nil
}

// judgeClasses adds the measures of classes.
func (r *OutputEvaluation) judgeClasses(c *stats.Classes, remark func(string, ...any)) {
	r.Confusion = c.Confusion()
	for k, m := range c.PerClass() {
		r.PerClass = append(r.PerClass, classMetrics{r.Classes[k], number(m.Precision),
			number(m.Recall), number(m.F1), m.Support})
		switch {
		case m.Support == 0:
			remark("no example is of class %q, so nothing is known of how well it is found", r.Classes[k])
			if len(r.Classes) == 2 {
				r.unmeasured("binary")
			}
		case m.Predicted == 0:
			remark("class %q is never predicted, though %d of %d examples are of it; training: {class_weights: "+
				"balanced} may help",
				r.Classes[k], m.Support, len(c.Truth))
		case m.Recall == 0:
			remark("class %q is found in none of its %d of %d examples; training: {class_weights: balanced} may help",
				r.Classes[k], m.Support, len(c.Truth))
		}
	}
	if len(r.Classes) == 2 {
		r.ofSecondClass(c.PerClass()[1])
	}
	for _, p := range c.MostConfused(5) {
		r.Confused = append(r.Confused, confused{r.Classes[p.Truth], r.Classes[p.Predicted], p.Count})
	}
	for _, m := range stats.Measures {
		r.Metrics = append(r.Metrics, measure(m, c))
	}
	if n := c.Clipped(); n > 0 {
		remark("log_loss takes probabilities for 2⁻⁵² at least, as scikit-learn does, and the true class of %s has less: "+
			"a cross-entropy, of scores, is more there", spec.Count(n, "row"))
	}
}

// ofSecondClass takes out, of two classes, what cannot be measured of the second, whose precision, recall and f1 are
// those of the output: a share of no examples, which metrics in training count as 0.
func (r *OutputEvaluation) ofSecondClass(second stats.Class) {
	for name, v := range map[string]float64{"precision": second.Precision, "recall": second.Recall, "f1": second.F1} {
		for i := range r.Metrics {
			if m := &r.Metrics[i]; m.Name == name && math.IsNaN(v) {
				m.Value = number(v)
			}
		}
	}
}

// measure returns what classes are worth by a row of the table.
func measure(m stats.Measure, c *stats.Classes) metric {
	return metric{Name: m.Name, Value: number(m.Of(c)), share: m.Share}
}

// judgeDecision adds what the threshold and the temperature of an output change, and which examples it declines.
func (r *OutputEvaluation) judgeDecision(o *net.Output, d decided, c *stats.Classes, test sample) {
	if d.Threshold != 0 {
		plain := d.Output
		plain.Threshold = 0
		without := fit.Measure(plain, test.s, test.y, test.t)
		r.Threshold = &fitted{Name: "threshold", Value: number(d.Threshold), Without: 0.5}
		for _, m := range fit.All() {
			if v, measured := without[m.Name]; measured && m.Share && !m.Contrast { // of predicted classes
				r.Threshold.Metrics = append(r.Threshold.Metrics, metric{Name: m.Name, Value: number(v), share: true})
			}
		}
	}
	if d.temperature != 0 {
		plain := c.Untempered(d.temperature)
		r.Temperature = &fitted{Name: "temperature", Value: number(d.temperature), Without: 1}
		for _, m := range stats.Measures {
			if m.Tempered {
				r.Temperature.Metrics = append(r.Temperature.Metrics, measure(m, plain))
			}
		}
	}
	if o.Confidence == 0 {
		return
	}
	coverage, accuracy, kept := c.Kept(o.Confidence)
	interval := func(name string, share float64, n int) {
		m := metric{Name: name, Value: number(share), share: true}
		if n > 0 {
			low, high := stats.Wilson(share, n)
			l, h := number(low), number(high)
			m.Low, m.High = &l, &h
		}
		r.Metrics = append(r.Metrics, m)
	}
	interval("coverage", coverage, len(c.Truth))
	interval("kept_accuracy", accuracy, kept)
}

// judgeCost adds what mistakes cost on average where the threshold is chosen for the least cost, what they would with 0.5
// in its place, and what the better of two constant decisions does, of which the training rows say which it is.
func (r *OutputEvaluation) judgeCost(o *net.Output, test, train sample, remark func(string, ...any)) {
	if !byCost(o) || r.Threshold == nil {
		return
	}
	cost := func(s sample, y []float32, threshold number) metric {
		return metric{Name: "mean_cost",
			Value: number(costOf(o.Decision, stats.At(y, s.t, float32(threshold))) / float64(s.s.N))}
	}
	own := cost(test, test.y, r.Threshold.Value)
	r.Metrics = append(r.Metrics, own)
	r.Threshold.Metrics = append(r.Threshold.Metrics, cost(test, test.y, r.Threshold.Without))
	if train.s.N == 0 || len(train.t) == 0 {
		return
	}
	always := func(s sample, class int) metric { return cost(s, slices.Repeat([]float32{float32(class)}, s.s.N), 0.5) }
	best := 0
	if always(train, 1).Value < always(train, 0).Value {
		best = 1
	}
	m, model := always(test, best), fmt.Sprintf("always %q", o.Classes[best])
	r.Baselines = append(r.Baselines, baseline{Model: model, Metric: m.Name, Value: m.Value})
	if own.Value >= m.Value {
		remark("%s is no better than %s of %s, which knows nothing of the inputs", own, m, model)
	}
}

// byCost tells whether an output is to make cheap mistakes, in place of few.
func byCost(o *net.Output) bool { return o.Decision != nil && o.Decision.Rule == net.LeastCost }

// remarkDecision remarks on a threshold and a temperature that serve their aim on these examples worse than none would:
// they were fitted to others, which were too few, or of another kind. It remarks on a confidence that undoes what a
// threshold chooses.
func remarkDecision(o *net.Output, d decided, c *stats.Classes, test sample, remark func(string, ...any)) {
	if o.Decision != nil && o.Decision.Rule != net.FixedThreshold && d.Threshold != 0 {
		score := scoreOf(o.Decision)
		own, plain := stats.At(test.y, test.t, d.Threshold), stats.At(test.y, test.t, 0.5)
		if score(own) < score(plain) {
			remark("the threshold %.4g, chosen for %s, serves that worse here than 0.5 does: %s against %s; more validation "+
				"examples would choose it better",
				d.Threshold, strings.TrimSuffix(aim(o.Decision), ","), figures(own, o.Decision), figures(plain, o.Decision))
		}
	}
	if declined, outvoted := c.Outvoted(o.Confidence); d.Threshold != 0 && o.Confidence != 0 && outvoted > 0 {
		remark("of %d declined examples %d are of a class that the threshold %.4g chose, though the other is more probable: "+
			"reject goes by the probability of the class that is chosen, which is %.4g at the least", declined, outvoted,
			d.Threshold, min(d.Threshold, 1-d.Threshold))
	}
	if d.temperature != 0 {
		if own, plain := c.LogLoss(), c.Untempered(d.temperature).LogLoss(); own > plain {
			remark("with the temperature %.4g log_loss is %.4g here, and %.4g without it: the validation set that it was fitted "+
				"to is too small, unlike these examples, or chose the weights too", d.temperature, own, plain)
		}
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

// simpleModel is what a model other than a network makes of a set. One that is blind knows nothing of the inputs.
type simpleModel struct {
	name  string
	y     []float32
	blind bool
}

// baselines adds what the most frequent class, or the mean, and a linear model of the training set reach on the test
// set, in accuracy or rmse, and for series what earlier values do. It returns what they predict. c are the classes that
// the output predicts, nil if it has none. Where mistakes are to be cheap, accuracy is no reason for a remark.
func (r *OutputEvaluation) baselines(o *net.Output, c *stats.Classes, test, train sample, v views,
	remark func(string, ...any)) []simpleModel {
	if train.s.N == 0 || len(train.t) == 0 {
		return nil
	}
	name := fit.Defaults(o.Task)[0]
	at := slices.IndexFunc(r.Metrics, func(m metric) bool { return m.Name == name })
	if at < 0 {
		return nil
	}
	own := r.Metrics[at]
	lower := o.Task == "regression"
	add := func(model string, y []float32) metric {
		m := metric{Name: name, Value: number(fit.Measure(described(o), fit.Set{N: test.s.N}, y, test.t)[name]),
			share: own.share}
		r.Baselines = append(r.Baselines, baseline{model, name, m.Value, own.share})
		return m
	}
	constant, model := constantModel(o, test, train)
	if m := add(model, constant); !byCost(o) && (lower && own.Value >= m.Value || !lower && own.Value <= m.Value) {
		remark("%s is no better than %s of %s, which knows nothing of the inputs%s", own, m, model, remedy(o, train))
	}
	simple := []simpleModel{{model, constant, true}}
	others := v.lagged(test, train)
	if y := v.linear(o, test, train); y != nil {
		others = append(others, simpleModel{name: v.linearName(), y: y})
	}
	for _, s := range others {
		m := add(s.name, s.y)
		worse := own.Low != nil && (lower && *own.Low > m.Value || !lower && *own.High < m.Value)
		if worse && c != nil { // few rows that one of the two has right are no difference yet
			other := classesOf(o, s.y, test.t)
			worse = other == nil || c.Differs(other)
		}
		if worse && !byCost(o) {
			remark("%s is worse than %s of %s", own, m, s.name)
		}
	}
	return append(simple, others...)
}

// remedy says what to do about targets whose size varies by factors; "" for others.
func remedy(o *net.Output, train sample) string {
	if o.Task != "regression" || o.Scaling == "log" {
		return ""
	}
	for k := range o.Layer.Shape.Size() {
		var list []float64
		for _, v := range columnOf(train.t, train.s.N, k) {
			list = append(list, float64(v))
		}
		if !stats.FitsLog(list) {
			return ""
		}
	}
	return "; the targets are all above 0, and strongly skewed to the right: write standardize: log in its " +
		"output, which " +
		"learns their logarithms"
}

// constantModel predicts the most frequent class of the training set, or the mean, for every example.
func constantModel(o *net.Output, test, train sample) (y []float32, model string) {
	width := o.Layer.Shape.Size()
	mean := make([]float64, width)
	for i, v := range train.t {
		mean[i%width] += float64(v) / float64(train.s.N)
	}
	model = "the mean"
	switch {
	case o.Task == "binary" && width > 1:
		model = "the more frequent class of each"
		for k := range mean {
			mean[k] = math.Round(mean[k])
		}
	case o.Task != "regression":
		most := 0
		for k, v := range mean {
			if v > mean[most] {
				most = k
			}
		}
		if width == 1 {
			most = 0
			if mean[0] >= 0.5 {
				most = 1
			}
			mean[0] = float64(most)
		}
		model = "the most frequent class"
		if most < len(o.Classes) {
			model = fmt.Sprintf("the most frequent class, %q", o.Classes[most])
		}
	}
	for range test.s.N {
		for _, v := range mean {
			y = append(y, float32(v))
		}
	}
	return y, model
}

// linearModel predicts by a linear model of all inputs; nil if an input is not finite.
func linearModel(o *net.Output, test, train sample) []float32 {
	width := o.Layer.Shape.Size()
	x, _ := joined(train.s)
	rows := train.s.N
	if slices.ContainsFunc(x, func(v float32) bool { return v-v != 0 }) {
		return nil
	}
	z, _ := joined(test.s)
	if o.Task == "regression" {
		m, err := stats.Ridge(rows, x, train.t)
		if err != nil {
			return nil
		}
		return m.Predict(test.s.N, z)
	}
	c := classesOf(o, train.t, train.t)
	switch {
	case o.Task == "binary" && (c != nil || width > 1): // a model for each unit
		y := make([]float32, test.s.N*width)
		for k := range width {
			column := columnOf(train.t, rows, k)
			m, err := stats.Logistic(x, stats.Binary(column, column).Truth, 2)
			if err != nil {
				return nil
			}
			scores := m.Predict(test.s.N, z)
			for i := range test.s.N {
				if scores[2*i+1] >= scores[2*i] {
					y[i*width+k] = 1
				}
			}
		}
		return y
	case c == nil:
		return nil
	}
	m, err := stats.Logistic(x, c.Truth, c.Count())
	if err != nil {
		return nil
	}
	return m.Predict(test.s.N, z)
}

// joined returns the numbers of all inputs of a set side by side, and how many an example has.
func joined(s fit.Set) (x []float32, columns int) {
	for _, in := range s.X {
		columns += len(in) / s.N
	}
	for i := range s.N {
		for _, in := range s.X {
			width := len(in) / s.N
			x = append(x, in[i*width:][:width]...)
		}
	}
	return x, columns
}

// String writes the evaluation as lines of text.
func (e *Evaluation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "loss %s on %s\n", plain(float64(e.Loss)), spec.Count(e.Examples, "example"))
	for i := range e.Outputs {
		o := &e.Outputs[i]
		if len(e.Outputs) > 1 {
			fmt.Fprintf(&b, "%s: ", o.Name)
		}
		b.WriteString(o.lines())
	}
	for _, r := range e.Remarks {
		fmt.Fprintf(&b, "remark: %s\n", r)
	}
	return b.String()
}

// lines writes an output: its metrics with 95 % intervals, four to a line, what simpler models reach, and the classes.
func (o *OutputEvaluation) lines() string {
	var b strings.Builder
	for i, m := range o.Metrics {
		switch {
		case i > 0 && i%4 == 0:
			b.WriteString("\n  ")
		case i > 0:
			b.WriteString("  ")
		}
		b.WriteString(m.String())
	}
	b.WriteString("\n")
	if o.Positive != "" {
		fmt.Fprintf(&b, "  precision, recall, f1 and average_precision are of class %q\n", o.Positive)
	}
	for _, f := range []*fitted{o.Temperature, o.Threshold} {
		if f != nil {
			fmt.Fprintf(&b, "  %s\n", f)
		}
	}
	for i, m := range o.Baselines {
		if i == 0 {
			b.WriteString("  to compare: ")
		} else {
			b.WriteString("; ")
		}
		b.WriteString(m.String())
	}
	if len(o.Baselines) > 0 {
		b.WriteString("\n")
	}
	switch {
	case o.Targets != nil:
		b.WriteString(o.targets())
	case o.Confusion != nil && len(o.Classes) <= mostClasses:
		b.WriteString(o.matrix())
	case len(o.Confused) > 0:
		b.WriteString("  most confused:")
		for i, c := range o.Confused {
			if i > 0 {
				b.WriteString(",")
			}
			fmt.Fprintf(&b, " %s for %s %d×", shown(c.Predicted), shown(c.Class), c.Examples)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// matrix writes the confusion matrix, and behind it how well each class is found.
func (o *OutputEvaluation) matrix() string {
	var classes []string
	for _, c := range o.Classes {
		classes = append(classes, shown(c))
	}
	rows := [][]string{append(append([]string{"true \\ predicted"}, classes...), "precision", "recall", "f1")}
	for i, r := range o.Confusion {
		row := []string{classes[i]}
		for _, n := range r {
			row = append(row, fmt.Sprint(n))
		}
		for _, v := range []number{o.PerClass[i].Precision, o.PerClass[i].Recall, o.PerClass[i].F1} {
			row = append(row, percent(v))
		}
		rows = append(rows, row)
	}
	return align(rows)
}

// percent writes a share; a dash for that of nothing.
func percent(share number) string {
	if share != share {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}

// targetsShown bounds the targets that are listed; of more, those that are met worst.
const targetsShown = 12

// targets writes a line for each target, with its main metric beside those of simpler models.
func (o *OutputEvaluation) targets() string {
	list, pair := slices.Clone(o.Targets), o.Targets[0].targetMetrics()
	rest := ""
	if len(list) > targetsShown {
		slices.SortStableFunc(list, func(a, b OutputEvaluation) int {
			return cmp.Compare(a.metric(pair[1]).Value, b.metric(pair[1]).Value)
		})
		list = list[:targetsShown]
		rest = fmt.Sprintf("  … those of %d that are met worst\n", len(o.Targets))
	}
	rows := [][]string{{"target", pair[0], pair[1]}}
	var rates []string // that tell a label which is seldom predicted
	if pair == targetMetrics["binary"] {
		rates = []string{"precision", "recall"}
		rows[0] = append(rows[0], rates...)
	}
	for _, b := range list[0].Baselines {
		rows[0] = append(rows[0], pair[0]+" of "+b.Model)
	}
	for i := range list {
		t := &list[i]
		row := []string{shown(t.Name)}
		for _, name := range pair {
			row = append(row, strings.TrimPrefix(t.metric(name).String(), name+" "))
		}
		for _, name := range rates {
			row = append(row, percent(t.metric(name).Value))
		}
		for _, b := range t.Baselines {
			m := metric{Name: b.Metric, Value: b.Value, share: b.share}
			row = append(row, strings.TrimPrefix(m.String(), m.Name+" "))
		}
		rows = append(rows, row)
	}
	return align(rows) + rest
}

// align writes rows as the lines of a table, the first column to the left and others to the right.
func align(rows [][]string) string {
	var b strings.Builder
	for _, r := range rows {
		for j, c := range r {
			width := 0
			for _, other := range rows {
				width = max(width, len([]rune(other[j])))
			}
			pad := strings.Repeat(" ", width-len([]rune(c)))
			if j == 0 {
				b.WriteString("  " + c + pad)
			} else {
				b.WriteString("  " + pad + c)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
