package net

import (
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// training checks what the training section and the schedule say against the network and the data.
func (b *builder) training() {
	s := b.net.Spec
	if n := s.Schedule; n != nil {
		if check := op.ScheduleByName(n.Kind).Check; check != nil {
			if attr, problem := check(*n); problem != "" {
				b.errs.Add("schedule", n.At(attr), n.Kind, "", "%s", problem)
			}
		}
		if n.Has("monitor") {
			b.monitor(n.Kind, n.At("monitor"), n.Word("monitor"))
		}
	}
	if e := s.Training.EarlyStopping; e != nil {
		b.monitor("early_stopping", e.Pos, e.Monitor)
	}
	var known []string
	for _, o := range b.net.Outputs {
		for _, m := range fit.Known(o.Task) {
			if !slices.Contains(known, m) {
				known = append(known, m)
			}
		}
	}
	for _, m := range s.Training.Metrics {
		if len(known) > 0 && !slices.Contains(known, m) && m != op.ConfusionMatrix {
			b.errs.Add("metric", s.Training.MetricsPos, "metrics", "there are "+strings.Join(known, ", "), "no output has a metric %q", m)
		}
	}
	b.classWeights()
	if s.Data != nil && s.Data.Stratify && !slices.ContainsFunc(b.net.Outputs, (*Output).Stratified) {
		b.errs.Add("classes", s.Data.Pos, "data", "leave out stratify", "stratify keeps the share of each class, but no output has one class for each example")
	}
}

// Stratified tells whether splits may go by an output: whether it has one class for each example.
func (o *Output) Stratified() bool { return o.Classes != nil && o.Steps() == 1 }

// classWeights checks that the weights of classes have classes.
func (b *builder) classWeights() {
	for _, w := range b.net.Spec.Training.ClassWeights {
		switch o := b.net.Outputs[0]; {
		case len(b.net.Outputs) > 1:
			b.errs.Add("classes", w.Pos, "class_weights", "leave out class_weights; a column may hold weights of examples: data: {train: {weight: …}}",
				"they would weigh the examples, and so all %d outputs, of which %q is one", len(b.net.Outputs), o.Name)
			return
		case o.Classes == nil:
			b.errs.Add("classes", w.Pos, "class_weights", "leave out class_weights", "the output %q has no classes", o.Name)
			return
		case !slices.Contains(o.Classes, w.Class):
			b.errs.Add("classes", w.Pos, "class_weights", "", "the output %q has no class %q", o.Name, w.Class)
		}
	}
}

// monitor checks that a metric which steers the training is measured in it.
func (b *builder) monitor(subject string, at spec.Pos, monitor string) {
	s := b.net.Spec
	var outputs []fit.Output
	for _, o := range b.net.Outputs {
		outputs = append(outputs, fit.Output{Name: o.Name, Task: o.Task})
	}
	known := fit.Monitors(outputs)
	trained := known[:len(known)/2]
	switch {
	case !slices.Contains(known, monitor):
		b.errs.Add("metric", at, subject, "there are "+strings.Join(trained, ", ")+", and each with val_ in front", "no metric %q is measured", monitor)
	case !slices.Contains(trained, monitor) && s.Data != nil && s.Data.Validation == nil && s.Training.ValidationSplit == 0:
		b.errs.Add("metric", at, subject, "write monitor: loss, or set training.validation_split, or data.validation", "it monitors %s, but there is no validation set", monitor)
	}
}
