package net_test

import (
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestDecisionsFitTheirOutputs has what an output may say of how it chooses, and what it may not.
func TestDecisionsFitTheirOutputs(t *testing.T) {
	for _, c := range []struct{ output, more, want string }{
		{"{task: binary, decision: {threshold: f1}}", "", ""},
		{"{task: binary, decision: f1}", "", ""},
		{"{task: binary, decision: 0.3}", "data: {train: {csv: a.csv}}\n", ""},
		{"{task: binary, decision: f1}", "data: {train: {csv: a.csv}}\n",
			"the threshold is fitted to a validation set, but there is none"},
		{"{task: binary, decision: f1}", "data: {train: {csv: a.csv}}\ntraining: {validation_split: 0.2}\n", ""},
		{"{task: binary, decision: f1}", "data: {train: {csv: a.csv}, validation: {csv: b.csv}}\n", ""},
		{"{task: binary, decision: {threshold: cost, false_positive: 1, false_negative: 5}}", "", ""},
		{"{task: binary, decision: {threshold: f1, false_negative: 5}}", "",
			"the costs of mistakes say nothing with threshold: f1"},
		{"{task: binary, decision: recall@precision=0.9}", "", ""},
		{"{task: binary, decision: precision@recall=0.9}", "", ""},
		{"{task: binary, decision: recall@precision=1.9}", "", "its bound is between 0 and 1, but is 1.9"},
		{"{task: binary, decision: recall@precision}", "", `there is no threshold "recall@precision"`},
		{"{task: binary, decision: f2}", "", `there is no threshold "f2"`},
		{"{task: binary, decision: 1.5}", "", "a threshold is between 0 and 1, but is 1.5"},
		{"{task: binary, decision: 0}", "", "a threshold is between 0 and 1, but is 0"},
		{"{task: binary, decision: NaN}", "", `there is no threshold "NaN"`},
		{"{task: binary, units: 2, decision: f1}", "", "a threshold is for one unit, but it has 2"},
		{"{task: binary, activation: linear, loss: hinge, decision: f1}", "",
			"it needs the probabilities that sigmoid or softmax gives, but the activation is linear"},
		{"{task: multiclass, units: 3, decision: f1}", "", "a threshold is for two classes, but the task is multiclass"},
		{"{task: regression, decision: f1}", "", "a threshold is for classes, but the task is regression"},
		{"{task: regression, calibrate: temperature}", "",
			"it needs the probabilities that sigmoid or softmax gives, but the activation is linear"},
		{"{task: regression, reject: 0.8}", "",
			"it needs the probabilities that sigmoid or softmax gives, but the activation is linear"},
		{"{task: binary, units: 2, reject: 0.8}", "", "it does not choose between classes"},
		{"{task: binary, units: 2, calibrate: temperature}", "", ""},
		{"{interval: 0.9, task: regression}", "", ""},
		{"{interval: 0.9, task: regression}", "data: {train: {csv: a.csv}}\n",
			"the width of intervals is fitted to a validation set, but there is none"},
		{"{interval: 0.9, task: binary}", "", "intervals are of numbers, but the task is binary"},
		{"{interval: 0.9, quantiles: [0.5]}", "", "an interval is between two quantiles, but there is one"},
		{"{interval: 0.9, quantiles: [0.1, 0.9]}", "", ""},
		{"{quantiles: [0.1, 0.9, 0.5]}", "", "the quantile 0.5 comes behind 0.9"},
		{"{quantiles: [0.1, 0.9], loss: mse}", "", "quantiles are learned by the loss pinball, but the loss is mse"},
		{"{quantiles: [0.1, 0.9], loss: {pinball: 0.3}}", "", "the quantiles are written twice"},
		{"{quantiles: [0.1, 0.9], activation: relu}", "", "but the activation is relu"},
		{"{quantiles: [0.1, 0.9], task: multiclass}", "", "quantiles are of numbers, but the task is multiclass"},
		{"{task: regression, units: 3, loss: {pinball: [0.1, 0.9]}}", "",
			"3 units are no whole number for each of 2 quantiles"},
		{"{task: binary, reject: 0.5}", "", "confidence: 0.5 declines nothing"},
		{"{task: multiclass, units: 4, reject: 0.3}", "", ""},
		{"{task: multiclass, units: 4, reject: 0.25}", "",
			"the most probable of 4 classes has at least the probability 0.25"},
		{"{task: binary, decision: 0.1, reject: 0.3}", "", ""},
		{"{task: binary, decision: 0.9, reject: 0.3}", "", ""},
		{"{task: binary, decision: 0.1, reject: 0.1}", "",
			"a class that the threshold 0.1 chooses has at least the probability 0.1"},
		{"{task: binary, decision: {threshold: f1}, reject: 0.05}", "", ""},
		{"{task: multiclass, units: 4, calibrate: temperature}", "data: {train: {csv: a.csv}}\n",
			"the temperature is fitted to a validation set, but there is none"},
	} {
		src := "version: 1\nname: m\ninput: {name: x, shape: [4]}\nlayers:\n  - output: " + c.output + "\n" + c.more
		s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
		if problems.Err() != nil {
			t.Fatalf("%v\n%s", problems, src)
		}
		_, problems = net.Build(s, nil)
		if err := problems.Err(); (err == nil) != (c.want == "") || err != nil &&
			!strings.Contains(problems.Error(), c.want) {
			t.Errorf("%s\ngives %v, want %q", src, problems, c.want)
		}
	}
}

// TestWeightsOutliveAnotherConfidence changes what is not part of the weights, and what is.
func TestWeightsOutliveAnotherConfidence(t *testing.T) {
	sums := func(output string) (sum, model string) {
		s, problems := spec.Parse("m.yaml",
			[]byte("version: 1\nname: m\ninput: {shape: [4]}\ntask: binary\nlayers:\n  - output: "+output+"\n"), op.Schema())
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		return s.Sum(nil), s.ModelSum(nil)
	}
	sum, model := sums("{reject: 0.8}")
	for output, same := range map[string]bool{"{reject: 0.9}": true, "{}": true,
		"{reject: 0.8, calibrate: temperature}": false, "{reject: 0.8, decision: 0.3}": false} {
		if s, m := sums(output); s == sum || (m == model) != same {
			t.Errorf("%s: the same Sum: %t, want false; the same ModelSum: %t, want %t", output, s == sum, m == model, same)
		}
	}
}

// TestBesidesAreToldByTheChecksum puts in and takes out what is fitted beside the layers, and what is not.
func TestBesidesAreToldByTheChecksum(t *testing.T) {
	build := func(output, more string) *net.Net {
		return buildText(t, "version: 1\nname: m\ninput: {shape: [4]}\nlayers:\n  - dense: 4\n  - output: "+output+"\n"+
			more)
	}
	const guard = "generate: {guard: true}\n"
	for _, c := range []struct{ was, wasMore, is, isMore, lacks, spare string }{
		{"{task: regression}", guard, "{task: regression}", "", "", "generate: {guard: true}"},
		{"{task: regression}", "", "{task: regression}", guard, "generate: {guard: true}", ""},
		{"{task: regression, interval: 0.9}", guard, "{task: regression}", "", "",
			"generate: {guard: true} output: {interval: …}"},
		{"{task: binary}", "", "{task: binary, decision: recall@precision=0.9, calibrate: temperature}", "",
			"output: {calibrate: temperature} output: {decision: recall@precision=0.9}", ""},
		{"{task: binary, decision: f1}", "", "{task: binary}", guard, "generate: {guard: true}", "output: {decision: f1}"},
		{"{task: binary, calibrate: temperature}", "", "{task: binary}", "", "", "output: {calibrate: temperature}"},
		{"{task: binary, calibrate: temperature}", "", "{task: regression}", "", "none", "none"},
		{"{task: binary}", "", "{task: binary}", "", "none", "none"},
	} {
		b, ok := build(c.is, c.isMore).BesidesOf(map[string]string{"spec": build(c.was, c.wasMore).ModelSum()})
		lacks, spare := strings.Join(b.Lacks, " "), strings.Join(b.Spare, " ")
		if none := c.lacks == "none"; ok == none || !none && (lacks != c.lacks || spare != c.spare) {
			t.Errorf("%s %s behind %s %s: %q, %q, %t", c.is, c.isMore, c.was, c.wasMore, lacks, spare, ok)
		}
	}
	// Whatever numbers they have, where the weights say what was fitted.
	for _, c := range []struct{ was, wasMore, is, isMore, lacks, spare string }{
		{"{task: binary, decision: recall@precision=0.87}", "", "{task: binary}", "", "",
			"output: {decision: recall@precision=0.87}"},
		{"{task: binary, decision: 0.31, calibrate: temperature}", guard, "{task: binary}", "",
			"", "generate: {guard: true} output: {calibrate: temperature} output: {decision: 0.31}"},
		{"{task: binary, decision: {threshold: cost, false_negative: 7}}", "", "{task: binary}", guard,
			"generate: {guard: true}", "output: {decision: {false_negative: 7, threshold: cost}}"},
		{"{task: binary, decision: 0.31}", "", "{task: binary, decision: f1}", "", "output: {decision: f1}", ""},
		// A threshold was fitted with the temperature, unless it is a number.
		{"{task: binary, decision: f1, calibrate: temperature}", "", "{task: binary, decision: f1}", "",
			"output: {decision: f1}", "output: {calibrate: temperature}"},
		{"{task: binary, decision: 0.31, calibrate: temperature}", "", "{task: binary, decision: 0.31}", "",
			"", "output: {calibrate: temperature}"},
		{"{task: regression, interval: 0.8765}", "", "{task: regression}", "", "", "output: {interval: 0.8765}"},
		{"{task: regression, interval: 0.8765}", "", "{task: regression, interval: 0.8}", "", "output: {interval: 0.8}", ""},
		{"{task: regression, interval: 0.8765}", "", "{task: regression, units: 2}", "", "none", "none"},
		{"{task: regression, interval: 0.8765}", "", "{task: regression, interval: 0.8765}", "", "none", "none"},
		{"{task: binary}", "", "{task: binary, decision: 0.2, calibrate: temperature}", guard,
			"generate: {guard: true} output: {calibrate: temperature} output: {decision: 0.2}", ""},
	} {
		was := build(c.was, c.wasMore)
		meta := was.BesidesMeta()
		meta["spec"] = was.ModelSum()
		b, ok := build(c.is, c.isMore).BesidesOf(meta)
		lacks, spare := strings.Join(b.Lacks, " "), strings.Join(b.Spare, " ")
		if none := c.lacks == "none"; ok == none || !none && (lacks != c.lacks || spare != c.spare) {
			t.Errorf("%s %s behind %s %s: %q, %q, %t", c.is, c.isMore, c.was, c.wasMore, lacks, spare, ok)
		}
	}
}
