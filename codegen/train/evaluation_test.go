package train

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/stats"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// TestFormatsFollowNamesOfFiles tells what a file is taken for that the spec does not name.
func TestFormatsFollowNamesOfFiles(t *testing.T) {
	for file, want := range map[string]string{
		"new": "csv", "new.CSV.gz": "csv", "new.npy": "npy", "new.idx.gz": "idx", "t10k-images-idx3-ubyte": "idx",
	} {
		if got := source(&project.Project{Spec: &spec.Spec{}}, file).Format; got != want {
			t.Errorf("%s is read as %s, want %s", file, got, want)
		}
	}
}

// TestIntervalsHoldTheirMetric measures few rows of many targets, whose variance falls when rows are drawn again.
func TestIntervalsHoldTheirMetric(t *testing.T) {
	const rows, width = 5, 40
	y, targets := make([]float32, rows*width), make([]float32, rows*width)
	for i := range targets {
		targets[i] = float32(i * i % 17)
		y[i] = 8
	}
	o := fit.Output{Name: "y", Task: "regression", Width: width, Steps: 1}
	measured := fit.Measure(o, fit.Set{N: rows}, y, targets)
	var r OutputEvaluation
	for _, name := range []string{"rmse", "r2"} {
		r.Metrics = append(r.Metrics, metric{Name: name, Value: number(measured[name])})
	}
	r.intervals(o, sample{s: fit.Set{N: rows}, y: y, t: targets})
	for _, m := range r.Metrics {
		if m.Low == nil || *m.Low > m.Value || *m.High < m.Value || *m.Low == *m.High {
			t.Errorf("%s", m)
		}
	}
}

// TestIntervalsThatHoldTooLittleAreRemarkedOn has coverages from which a promise is near and far.
func TestIntervalsThatHoldTooLittleAreRemarkedOn(t *testing.T) {
	low, high := number(0.71), number(0.87)
	r := OutputEvaluation{Metrics: []metric{{Name: "rmse", Value: 1},
		{Name: intervalCoverage, Value: 0.8, Low: &low, High: &high, share: true}}}
	for promised, want := range map[float64]int{0.9: 1, 0.85: 0, 0.6: 0} {
		var remarks []string
		r.remarkCoverage(promised, func(format string, args ...any) {
			remarks = append(remarks, fmt.Sprintf(format, args...))
		})
		if len(remarks) != want || want > 0 && !strings.Contains(remarks[0], "intervals of 90 % hold fewer") {
			t.Errorf("%v: %q", promised, remarks)
		}
	}
}

// TestNoIntervalWhereAllSamplesAgree evaluates rows that are all right, which tell nothing of how far a metric varies
// but of shares of the rows.
func TestNoIntervalWhereAllSamplesAgree(t *testing.T) {
	y := []float32{0.9, 0.1, 0.2, 0.8, 0.7, 0.3}
	targets := []float32{1, 0, 0, 1, 1, 0}
	o := fit.Output{Name: "y", Task: "multiclass", Width: 2, Steps: 1}
	r := OutputEvaluation{Metrics: []metric{{Name: "accuracy", Value: 1, counted: true}, {Name: "precision", Value: 1}}}
	r.intervals(o, sample{s: fit.Set{N: 3}, y: y, t: targets})
	if m := r.Metrics[0]; m.Low == nil || *m.Low > 0.5 {
		t.Errorf("accuracy: %s", m)
	}
	if m := r.Metrics[1]; m.Low != nil || m.High != nil {
		t.Errorf("precision: %s", m)
	}
}

// TestRemarksOnFittedDecisions evaluates thresholds and temperatures on rows that others serve better, and worse.
func TestRemarksOnFittedDecisions(t *testing.T) {
	y, targets := []float32{0.01, 0.2, 0.3, 0.4, 0.6, 0.97, 0.8, 0.99}, []float32{0, 0, 0, 1, 1, 0, 1, 1}
	test := sample{s: fit.Set{N: len(y)}, y: y, t: targets}
	best, cost := &net.Decision{Rule: net.BestF1}, &net.Decision{Rule: net.LeastCost, FalsePositive: 1, FalseNegative: 9}
	for _, c := range []struct {
		decision    *net.Decision
		threshold   float32
		temperature float64
		want        string // start of the remark; "" for none
	}{
		{best, 0.15, 0, "the threshold 0.15, chosen for the best f1, serves that worse here than 0.5 does: "},
		{best, 0.35, 0, ""},
		{cost, 0.85, 0, "the threshold 0.85, chosen for the least cost, "},
		{cost, 0.35, 0, ""},
		{&net.Decision{Rule: net.RecallAtPrecision, At: 0.7}, 0.25, 0, "the threshold 0.25, chosen for the most recall "},
		{&net.Decision{Rule: net.FixedThreshold, At: 0.15}, 0.15, 0, ""},
		{nil, 0, 5, ""},
		{nil, 0, 0.4, "with the temperature 0.4 log_loss is "},
	} {
		var remarks []string
		d := decided{Output: fit.Output{Threshold: c.threshold}, temperature: c.temperature}
		remarkDecision(&net.Output{Decision: c.decision}, d, stats.Binary(y, targets), test,
			func(format string, args ...any) { remarks = append(remarks, fmt.Sprintf(format, args...)) })
		all := strings.Join(remarks, "\n")
		if (c.want == "") != (all == "") || !strings.HasPrefix(all, c.want) {
			t.Errorf("%+v: remark %q, want %q", c, all, c.want)
		}
	}
}

// TestClassesThatAreNeverFoundHaveARemark judges three classes: one is found, one never predicted, one only for others.
func TestClassesThatAreNeverFoundHaveARemark(t *testing.T) {
	targets := []float32{1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}
	predicted := []float32{0.8, 0.1, 0.1, 0.1, 0.1, 0.8, 0.8, 0.1, 0.1, 0.8, 0.1, 0.1}
	r := &OutputEvaluation{Classes: []string{"a", "b", "c"}}
	var remarks []string
	r.judgeClasses(stats.Multiclass(3, predicted, targets),
		func(format string, args ...any) { remarks = append(remarks, fmt.Sprintf(format, args...)) })
	if len(remarks) != 2 || !strings.HasPrefix(remarks[0], `class "b" is never predicted, though 1 of 4`) ||
		!strings.HasPrefix(remarks[1], `class "c" is found in none of its 1 of 4 examples`) {
		t.Errorf("got %q", remarks)
	}
}

// TestARemedyForTargetsOfLogScale has targets that grow by factors, and others.
func TestARemedyForTargetsOfLogScale(t *testing.T) {
	var grow, line []float32
	for i := range 100 {
		grow, line = append(grow, float32(math.Exp(0.08*float64(i)))), append(line, float32(i+1))
	}
	out := func(task, scaling string) *net.Output {
		return &net.Output{Task: task, Scaling: scaling, Layer: &op.Layer{Shape: ir.Shape{1}}}
	}
	for _, c := range []struct {
		o    *net.Output
		t    []float32
		want bool
	}{
		{out("regression", "true"), grow, true}, {out("regression", ""), grow, true}, {out("regression", "log"), grow, false},
		{out("binary", ""), grow, false}, {out("regression", "true"), line, false},
	} {
		got := remedy(c.o, sample{s: fit.Set{N: 100}, t: c.t})
		if strings.Contains(got, "write standardize: log") != c.want {
			t.Errorf("%s, %q: %q", c.o.Task, c.o.Scaling, got)
		}
	}
}

// TestSeveralLabelsAreClassesEach measures two labels of 0 and 1, of which the net finds one, and a linear model both. Then
// it never predicts the other, which metrics of all labels together hardly tell.
func TestSeveralLabelsAreClassesEach(t *testing.T) {
	const n = 200
	s := fit.Set{N: n, X: [][]float32{make([]float32, n)}}
	targets, y := make([]float32, 2*n), make([]float32, 2*n)
	for i := range n {
		s.X[0][i] = float32(i) / n
		label := float32(i * 2 / n)
		targets[2*i], targets[2*i+1] = label, 1-label
		y[2*i], y[2*i+1] = 0.2+0.6*label, 0.9-0.8*float32(i%2)
	}
	l := &op.Layer{Shape: ir.Shape{2}}
	o := &net.Output{Name: "y", Task: "binary", Layer: l, Scores: l}
	test := sample{s: s, t: targets, y: y}
	e := &Evaluation{Outputs: []OutputEvaluation{{Name: "y"}}}
	d := decided{Output: described(o)}
	measured := fit.Measure(d.Output, s, y, targets)
	for _, m := range fit.All() {
		if v, ok := measured[m.Name]; ok {
			e.Outputs[0].Metrics = append(e.Outputs[0].Metrics,
				metric{Name: m.Name, Value: number(v), share: m.Share, counted: m.Counted})
		}
	}
	e.judge(o, d, &e.Outputs[0], test, test, []string{"late", "early"}, views{tokens: []int{0}})
	text := strings.Join(strings.Fields(e.String()), " ")
	for _, want := range []string{
		"to compare: accuracy 50.00 % of the more frequent class of each; accuracy 100.00 % of a linear model",
		"target accuracy roc_auc precision recall accuracy of the more frequent class of each accuracy of a linear model",
		"late 100.00 % [98.12, 100.00] 100.00 % 100.0 % 100.0 % 50.00 % 100.00 %",
		"early 50.00 % [43.14, 56.86] 50.00 % [43.54, 56.97] 50.0 % 50.0 % 50.00 % 100.00 %",
		"remark: early: accuracy 50.00 % [43.14, 56.86] is no better than accuracy 50.00 % of the more frequent " +
			"class of each",
		"remark: early: accuracy 50.00 % [43.14, 56.86] is worse than accuracy 100.00 % of a linear model",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if list := e.ofTargets(); len(list) != 4 || list[0].Name != "late_accuracy" || list[3].Name != "early_roc_auc" {
		t.Errorf("%+v", list)
	}
	for i := range n {
		y[2*i+1] = 0.1
	}
	e = &Evaluation{Outputs: []OutputEvaluation{{Name: "y"}}}
	e.judge(o, d, &e.Outputs[0], test, test, []string{"late", "early"}, views{tokens: []int{0}})
	text = strings.Join(strings.Fields(e.String()), " ")
	for _, want := range []string{
		"early 50.00 % [43.14, 56.86] 50.00 % – 0.0 %", "remark: early is never predicted, though 100 of 200 examples have it",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

// TestAnAutoencoderIsNotComparedWithTheIdentity has an output whose targets are the inputs, which a linear model
// without a bottleneck gives back.
func TestAnAutoencoderIsNotComparedWithTheIdentity(t *testing.T) {
	x := []float32{1, 2, 3, 5, 8, 13, 21, 34}
	set := fit.Set{N: 4, X: [][]float32{x}}
	o := &net.Output{Name: "y", Task: "regression", Layer: &op.Layer{Shape: ir.Shape{2}}}
	for _, mirrored := range []bool{false, true} {
		y := views{tokens: []int{0}, mirrored: mirrored}.linear(o, sample{s: set, t: x}, sample{s: set, t: x})
		if (y == nil) != mirrored {
			t.Errorf("targets are inputs %t: a linear model predicts %v", mirrored, y)
		}
	}
}

// TestOneRowIsNotWorse has a linear model that is always right, and a network that is but for some rows: of one it is
// not said that the network is worse, of many it is.
func TestOneRowIsNotWorse(t *testing.T) {
	const n = 24
	x, targets := make([]float32, n), make([]float32, n)
	for i := range x {
		x[i], targets[i] = float32(i)-11.5, float32(i/12)
	}
	o := &net.Output{Name: "y", Task: "binary", Classes: []string{"a", "b"}, Layer: &op.Layer{Shape: ir.Shape{1}},
		Scores: &op.Layer{Shape: ir.Shape{1}}}
	set := fit.Set{N: n, X: [][]float32{x}, Y: [][]float32{targets}}
	for wrong, want := range map[int]bool{0: false, 1: false, 8: true} {
		y := make([]float32, n)
		for i := range y {
			y[i] = targets[i]
			if i >= n-wrong {
				y[i] = 0
			}
		}
		r := OutputEvaluation{Name: "y", Classes: o.Classes}
		measured := fit.Measure(described(o), set, y, targets)
		r.Metrics = []metric{{Name: "accuracy", Value: number(measured["accuracy"]), share: true, counted: true}}
		e := &Evaluation{Outputs: []OutputEvaluation{r}}
		e.judge(o, decided{Output: described(o)}, &e.Outputs[0], sample{set, targets, y}, sample{s: set, t: targets}, nil,
			views{tokens: []int{0}})
		text := strings.Join(e.Remarks, "\n")
		if len(e.Outputs[0].Baselines) != 2 || e.Outputs[0].Baselines[1].Value != 1 ||
			strings.Contains(text, "is worse than") != want {
			t.Errorf("%d rows wrong: %v, %q", wrong, e.Outputs[0].Baselines, text)
		}
	}
}

// TestErrorsBelowTheRoundingOfTargetsAreRemarkedOn has a network and a linear model that are right but for the last
// bits of targets beyond 2²⁴, then targets that float32 holds.
func TestErrorsBelowTheRoundingOfTargetsAreRemarkedOn(t *testing.T) {
	const n = 24
	o := &net.Output{Name: "y", Task: "regression", Layer: &op.Layer{Shape: ir.Shape{1}},
		Scores: &op.Layer{Shape: ir.Shape{1}}}
	for level, want := range map[float32]int{5e7: 2, 5e6: 0} {
		x, targets := make([]float32, n), make([]float32, n)
		for i := range x {
			x[i], targets[i] = float32(i)-11.5, level+4*float32(i)
		}
		set := fit.Set{N: n, X: [][]float32{x}, Y: [][]float32{targets}}
		e := &Evaluation{Outputs: []OutputEvaluation{{Name: "y", Metrics: []metric{{Name: "rmse"}}}}}
		e.judge(o, decided{Output: described(o)}, &e.Outputs[0], sample{set, targets, targets}, sample{s: set, t: targets},
			nil, views{tokens: []int{0}})
		text := strings.Join(e.Remarks, "\n")
		if got := strings.Count(text, "is less than what float32 rounds off targets of that size, up to 2:"); got != want {
			t.Errorf("targets from %g on: %d remarks, want %d, of the network and of a linear model: %q", level, got, want,
				text)
		}
	}
}

// TestNamesInATableKeepTheirLine has classes and targets that would end lines, or that a terminal would obey.
func TestNamesInATableKeepTheirLine(t *testing.T) {
	names := []string{"a\nb", "\x1b[31mred", "\u202eleft", "plain"}
	counts := make([][]int, len(names))
	for i := range counts {
		counts[i] = make([]int, len(names))
	}
	e := &Evaluation{Outputs: []OutputEvaluation{
		{Classes: names, Confusion: counts, PerClass: make([]classMetrics, len(names))},
		{Confused: []confused{{Class: names[0], Predicted: names[1], Examples: 3}}},
	}}
	targets := OutputEvaluation{}
	for _, name := range names {
		targets.Targets = append(targets.Targets,
			OutputEvaluation{Name: name, Metrics: []metric{{Name: "rmse"}, {Name: "r2"}}})
	}
	e.Outputs = append(e.Outputs, targets)
	text := e.String()
	if strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && !strconv.IsPrint(r) }) ||
		strings.Count(text, "\"a\\nb\"") != 4 || strings.Count(text, "plain") != 3 {
		t.Errorf("got %q", text)
	}
}

// TestLogLossSaysWhatItClips has a row whose true class has the probability 0, and none.
func TestLogLossSaysWhatItClips(t *testing.T) {
	for _, c := range []struct {
		least float32
		loss  float64
		want  bool
	}{{0, 26 * math.Ln2, true}, {0.25, math.Ln2, false}} {
		r := &OutputEvaluation{Classes: []string{"a", "b"}}
		remarks := ""
		all := stats.Binary([]float32{c.least, 1}, []float32{1, 1})
		r.judgeClasses(all, func(format string, args ...any) { remarks += fmt.Sprintf(format, args...) + "\n" })
		if math.Abs(all.LogLoss()-c.loss) > 1e-9 ||
			strings.Contains(remarks, "and the true class of 1 row has less") != c.want {
			t.Errorf("%g: log_loss %g, remarks %q", c.least, all.LogLoss(), remarks)
		}
	}
}

// TestCostsAreMeasuredWhereTheyAreAskedFor has a threshold for rows of which the second class costs more where it is
// missed: the cost counts, and not how many are right. Of another rule no cost is told.
func TestCostsAreMeasuredWhereTheyAreAskedFor(t *testing.T) {
	targets := []float32{0, 0, 0, 1, 0, 0, 0, 1}
	for _, c := range []struct {
		rule      net.ThresholdRule
		y         []float32
		has, lack string
	}{
		{net.LeastCost, []float32{0.1, 0.2, 0.4, 0.4, 0.1, 0.1, 0.2, 0.3}, "mean_cost 0.125", "no better"},
		{net.LeastCost, []float32{0.1, 0.2, 0.4, 0.4, 0.1, 0.1, 0.2, 0.3},
			"0.5 in its place:  accuracy 75.00 %  mean_cost 2.25", "no better"},
		{net.LeastCost, []float32{0.1, 0.2, 0.4, 0.4, 0.1, 0.1, 0.2, 0.3}, `mean_cost 0.75 of always "yes"`, "no better"},
		{net.LeastCost, []float32{0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4},
			`mean_cost 0.75 is no better than mean_cost 0.75 of always "yes"`, "remark: accuracy"},
		{net.BestF1, []float32{0.1, 0.2, 0.4, 0.4, 0.1, 0.1, 0.2, 0.1}, "accuracy 75.00 % is no better", "cost"},
	} {
		l := &op.Layer{Shape: ir.Shape{1}}
		o := &net.Output{Name: "y", Task: "binary", Classes: []string{"no", "yes"}, Layer: l, Scores: l,
			Decision: &net.Decision{Rule: c.rule, FalsePositive: 1, FalseNegative: 9}}
		set := sample{s: fit.Set{N: len(c.y)}, t: targets, y: c.y}
		r := &OutputEvaluation{Name: "y", Metrics: []metric{{Name: "accuracy", Value: 0.75, share: true}},
			Threshold: &fitted{Name: "threshold", Value: 0.25, Without: 0.5,
				Metrics: []metric{{Name: "accuracy", Value: 0.75, share: true}}}}
		e := &Evaluation{}
		remark := func(format string, args ...any) { e.Remarks = append(e.Remarks, fmt.Sprintf(format, args...)) }
		r.judgeCost(o, set, set, remark)
		r.baselines(o, nil, set, set, views{tokens: []int{0}, mirrored: true}, remark)
		e.Outputs = []OutputEvaluation{*r}
		if text := e.String(); !strings.Contains(text, c.has) || strings.Contains(text, c.lack) {
			t.Errorf("want %q, and not %q, in\n%s", c.has, c.lack, text)
		}
	}
}
