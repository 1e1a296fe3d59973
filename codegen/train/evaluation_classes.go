package train

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/stats"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

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

// judgeCost adds what mistakes cost on average where the threshold is chosen for the least cost, what they would with
// 0.5 in its place, and what the better of two constant decisions does, of which the training rows say which it is.
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
			remark("with the temperature %.4g log_loss is %.4g here, and %.4g without it: the validation set that it was "+
				"fitted to is too small, unlike these examples, or chose the weights too", d.temperature, own, plain)
		}
	}
}
