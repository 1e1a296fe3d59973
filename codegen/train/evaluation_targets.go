package train

import (
	"slices"

	"github.com/nngen/nngen/codegen/stats"
	"github.com/nngen/nngen/runtime/fit"
)

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
