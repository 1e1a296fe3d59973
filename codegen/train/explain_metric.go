package train

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/stats"
	"github.com/nngen/nngen/runtime/fit"
)

// unevenClasses is how many times more examples the most frequent class has than the rarest where the accuracy is that
// of one class: of two classes, 75 % or more are right by saying nothing but the first.
const unevenClasses = 3

// hasClasses tells whether each example of an output is of one class.
func hasClasses(task string, width, steps int) bool {
	return steps <= 1 && (task == "multiclass" || task == "binary" && width == 1)
}

// classesOfSet returns the classes of examples, and what an output makes of them.
func classesOfSet(o fit.Output, y, t []float32) *stats.Classes {
	if o.Task == "multiclass" {
		return stats.Multiclass(o.Width, y, t)
	}
	c := stats.Binary(y, t)
	c.Threshold = float64(o.Threshold)
	return c
}

// setMetric makes importance a change of the metric of that name: one of a training, or of classes.
func (e *Explanation) setMetric(name string) {
	e.Metric, e.classes = name, nil
	for _, m := range fit.All() {
		if m.Name == name {
			e.measured = m
			return
		}
	}
	for i, m := range stats.Measures {
		if m.Name == name {
			e.classes = &stats.Measures[i]
			e.measured = fit.Measured{Name: name, Lower: m.Lower, Report: fit.Report{Share: m.Share, Contrast: true}}
		}
	}
}

// measure returns the metric of predictions y of targets t.
func (e *Explanation) measure(o fit.Output, s fit.Set, y, t []float32) float64 {
	if e.classes != nil {
		return e.classes.Of(classesOfSet(o, y, t))
	}
	return fit.Measure(o, s, y, t)[e.Metric]
}

// chooseMetric takes a metric in place of the accuracy where that tells little, and says so. Where one class is much
// more frequent than another it is the balanced accuracy, in which each class counts alike. Where the network always
// says the same class, no choice of it can change: then it is the order of probabilities of two classes, roc_auc, and
// the probabilities themselves of more, log_loss. A metric that was asked for is left.
func (e *Explanation) chooseMetric(o fit.Output, s fit.Set, at int, y []float32) {
	if e.asked || e.Metric != "accuracy" || !hasClasses(o.Task, o.Width, o.Steps) {
		return
	}
	counts := map[int]int{}
	for _, k := range classesOfSet(o, y, s.Y[at]).Truth {
		counts[k]++
	}
	if len(counts) < 2 {
		return
	}
	most, least := 0, s.N
	for _, n := range counts {
		most, least = max(most, n), min(least, n)
	}
	chance, why := float64(most)/float64(s.N), ""
	if most > unevenClasses*least {
		why = fmt.Sprintf("the most frequent class has %.2f %% of the examples", 100*chance)
		e.setMetric("balanced_accuracy")
		chance = 1 / float64(len(counts))
	}
	if value := e.measure(o, s, y, s.Y[at]); value <= chance {
		why = fmt.Sprintf("the %s, %.2f %%, is no better than %.2f %% of always saying one class", spoken(e.Metric),
			100*value,
			100*chance)
		e.setMetric("log_loss")
		if slices.Contains(fit.Known(o.Task), "roc_auc") {
			e.setMetric("roc_auc")
		}
	}
	if why != "" {
		e.Remarks = append(e.Remarks, why+", so importance is by "+e.Metric)
	}
}

// spoken writes the name of a metric as words.
func spoken(metric string) string {
	if metric == "balanced_accuracy" {
		return "balanced accuracy"
	}
	return metric
}
