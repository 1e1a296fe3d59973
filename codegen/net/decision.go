package net

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// Decision says how the threshold of a binary output is found, from which on the second class is chosen.
type Decision struct {
	Rule ThresholdRule
	// At is the threshold itself, or the least precision or recall.
	At float64
	// FalsePositive and FalseNegative are the costs of the two mistakes.
	FalsePositive, FalseNegative float64
}

// ThresholdRule is a way to find a threshold.
type ThresholdRule string

// The rules of thresholds.
const (
	FixedThreshold    ThresholdRule = "fixed"
	BestF1            ThresholdRule = "f1"
	LeastCost         ThresholdRule = "cost"
	RecallAtPrecision ThresholdRule = "recall@precision" // the most recall of those with at least that precision
	PrecisionAtRecall ThresholdRule = "precision@recall" // the most precision of those with at least that recall
)

// Constants returns what the output holds beside its layers: numbers that are fitted when the training is over.
func (o *Output) Constants() []*ir.Param {
	var all []*ir.Param
	if o.Threshold != nil {
		all = append(all, o.Threshold)
	}
	if o.Radius != nil {
		all = append(all, o.Radius)
	}
	return all
}

// Ratio tells whether intervals are made of predictions by a factor, divided by it and multiplied, in place of a radius
// that is taken off and added: where the logarithms of targets are learned, errors are shares of the targets.
func (o *Output) Ratio() bool { return o.Scaling == "log" }

// constant makes a constant of an output, beside its layers.
func (o *Output) constant(name string, size int, initial float64) *ir.Param {
	return &ir.Param{Name: o.Name + "." + name, Shape: ir.Shape{size}, Role: ir.Constant, Pos: o.Pos,
		Init: spec.Node{Kind: "constant", Attrs: []spec.Value{{Name: "value", V: initial}}}}
}

// calibrated returns what divides the scores of an output by a temperature; nil if the spec does not ask for it, or
// wrongly.
func (b *builder) calibrated(w *spec.Layer, act spec.Node, scores *op.Layer) *op.Layer {
	if w.Node.Word("calibrate") == "" {
		return nil
	}
	if why := noProbabilities(act, scores); why != "" {
		b.undecided(w, "calibrate", "leave out calibrate", "%s", why)
		return nil
	}
	if !b.validated(w, "calibrate", "the temperature") {
		return nil
	}
	return b.one(&spec.Layer{Node: w.Node, Name: w.Name}, w.Name+".temperature", op.Temperature,
		spec.Node{Kind: "temperature", Pos: w.Pos}, []*op.Layer{scores})
}

// noProbabilities says why an output has no probabilities of classes; "" if it has.
func noProbabilities(act spec.Node, scores *op.Layer) string {
	switch {
	case act.Kind != "sigmoid" && act.Kind != "softmax":
		return fmt.Sprintf("it needs the probabilities that sigmoid or softmax gives, but the activation is %s", act.Kind)
	case len(scores.Shape) > 1:
		return fmt.Sprintf("its output is n×%s: only single predictions are decided", scores.Shape)
	}
	return ""
}

// undecided reports that an attribute of a decision does not fit the output.
func (b *builder) undecided(w *spec.Layer, attr, hint, format string, args ...any) bool {
	b.errs.Add("decision", w.Node.At(attr), subject(w), hint, format, args...)
	return false
}

// validated checks that there are rows to fit something to which the training does not see, if the spec names any at
// all. That there are none is said once.
func (b *builder) validated(w *spec.Layer, attr, what string) bool {
	s := b.net.Spec
	if s.Data == nil || s.Data.Validation != nil || s.Training.ValidationSplit > 0 {
		return true
	}
	if b.unvalidated {
		return false
	}
	b.unvalidated = true
	return b.undecided(w, attr, "set training.validation_split, or data.validation",
		"%s is fitted to a validation set, but there is none", what)
}

// decide reads how the predictions of an output are chosen and bounded, and reports all that does not fit it.
func (b *builder) decide(w *spec.Layer, out *Output, act spec.Node) {
	b.interval(w, out)
	if rejects, decides := b.decline(w, out, act), b.choose(w, out, act); rejects && decides {
		b.declines(w, out)
	}
}

// decline reads below which probability an output chooses no class.
func (b *builder) decline(w *spec.Layer, out *Output, act spec.Node) bool {
	if n, ok := w.Node.Node("reject"); ok {
		if why := noProbabilities(act, out.Scores); why != "" {
			return b.undecided(w, "reject", "leave out reject", "%s", why)
		}
		if len(out.Classes) == 0 || out.NextToken {
			return b.undecided(w, "reject", "leave out reject",
				"it does not choose between classes, so there is nothing to decline")
		}
		out.Confidence = n.Float("confidence")
	}
	return true
}

// declines checks that a confidence is one that not every chosen class has. That of a threshold which is found later may
// be of any probability.
func (b *builder) declines(w *spec.Layer, out *Output) bool {
	least, why := 1/float64(max(1, len(out.Classes))), fmt.Sprintf("the most probable of %d classes", len(out.Classes))
	switch d := out.Decision; {
	case out.Confidence == 0 || d != nil && d.Rule != FixedThreshold:
		return true
	case d != nil:
		least, why = min(d.At, 1-d.At), fmt.Sprintf("a class that the threshold %.3g chooses", d.At)
	}
	if out.Confidence > least {
		return true
	}
	return b.undecided(w, "reject", fmt.Sprintf("write more than %.3g", least),
		"%s has at least the probability %.3g, so confidence: %g declines nothing", why, least, out.Confidence)
}

// interval reads how the intervals of an output are found.
func (b *builder) interval(w *spec.Layer, out *Output) bool {
	if out.Interval = w.Node.Float("interval"); out.Interval == 0 {
		return true
	}
	switch {
	case out.Task != "regression":
		return b.undecided(w, "interval", "leave out interval", "intervals are of numbers, but the task is %s", out.Task)
	case out.Steps() != 1:
		return b.undecided(w, "interval", "leave out interval",
			"its output has a row for each of %d steps: only single rows have intervals", out.Steps())
	case len(out.Quantiles) == 1:
		return b.undecided(w, "interval", "write two quantiles or more, or leave them out",
			"an interval is between two quantiles, but there is one")
	}
	if !b.validated(w, "interval", "the width of intervals") {
		return false
	}
	name := "interval"
	if out.Ratio() { // another number, which none that was fitted as a width is taken for
		name = "interval_factor"
	}
	out.Radius = out.constant(name, out.TargetWidth(), math.MaxFloat32) // until it is fitted they hold everything
	return true
}

// choose reads how the classes of an output are found.
func (b *builder) choose(w *spec.Layer, out *Output, act spec.Node) bool {
	n, ok := w.Node.Node("decision")
	if !ok {
		return true
	}
	switch {
	case out.Task == "multiclass":
		return b.undecided(w, "decision",
			"leave out decision; class_weights and reject: {confidence: …} are for several classes",
			"a threshold is for two classes, but the task is multiclass: the most probable class is chosen")
	case out.Task != "binary":
		return b.undecided(w, "decision", "leave out decision", "a threshold is for classes, but the task is %s", out.Task)
	case out.Width() > 1:
		return b.undecided(w, "decision", "write an output for each of them",
			"a threshold is for one unit, but it has %d", out.Width())
	}
	if why := noProbabilities(act, out.Scores); why != "" {
		return b.undecided(w, "decision", "leave out decision", "%s", why)
	}
	d, problem, hint := decisionOf(n)
	if problem != "" {
		b.errs.Add("decision", n.At("threshold"), subject(w), hint, "%s", problem)
		return false
	}
	if costs := n.Lookup("false_positive").Written || n.Lookup("false_negative").Written; costs && d.Rule != LeastCost {
		b.errs.Add("decision", n.At("threshold"), subject(w), "write threshold: cost, or leave the costs out",
			"the costs of mistakes say nothing with threshold: %s", n.Word("threshold"))
		return false
	}
	if d.Rule != FixedThreshold && !b.validated(w, "decision", "the threshold") {
		return false
	}
	out.Decision, out.Threshold = d, out.constant("threshold", 1, 0.5)
	if d.Rule == FixedThreshold {
		out.Threshold.Values = []float64{d.At}
	}
	return true
}

// decisionOf reads the rule of a threshold: a number, or how it is found.
func decisionOf(n spec.Node) (d *Decision, problem, hint string) {
	const rules = "there are f1, cost, recall@precision=0.9, precision@recall=0.9, and the threshold itself, such as 0.3"
	text := n.Word("threshold")
	d = &Decision{Rule: ThresholdRule(text), FalsePositive: n.Float("false_positive"),
		FalseNegative: n.Float("false_negative")}
	if d.Rule == BestF1 || d.Rule == LeastCost {
		return d, "", ""
	}
	name, bound, found := strings.Cut(text, "=")
	if d.Rule = ThresholdRule(strings.TrimSpace(name)); !found {
		d.Rule, bound = FixedThreshold, text
	}
	if d.Rule != FixedThreshold && d.Rule != RecallAtPrecision && d.Rule != PrecisionAtRecall {
		return nil, fmt.Sprintf("there is no threshold %q", clip(text)), rules
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(bound), 32)
	switch {
	case err != nil || v != v:
		return nil, fmt.Sprintf("there is no threshold %q", clip(text)), rules
	case v <= 0 || v >= 1 && d.Rule == FixedThreshold || v > 1:
		return nil, fmt.Sprintf("%s is between 0 and 1, but is %s",
			map[bool]string{true: "a threshold", false: "its bound"}[d.Rule == FixedThreshold], clip(bound)), rules
	}
	d.At = v
	return d, "", ""
}

// clip shortens a text of the spec for a message.
func clip(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
