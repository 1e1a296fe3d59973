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
