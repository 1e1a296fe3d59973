package net

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/op"
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
		for _, m := range metricsOf[o.Task] {
			if !slices.Contains(known, m) {
				known = append(known, m)
			}
		}
	}
	for _, m := range s.Training.Metrics {
		if len(known) > 0 && !slices.Contains(known, m) && m != "confusion_matrix" {
			b.errs.Add("metric", s.Training.MetricsPos, "metrics", "there are "+strings.Join(known, ", "), "no output has a metric %q", m)
		}
	}
}

// monitor checks that a metric which steers the training is measured in it.
func (b *builder) monitor(subject string, at spec.Pos, monitor string) {
	s := b.net.Spec
	metric, validated := strings.CutPrefix(monitor, "val_")
	switch {
	case metric != "loss" && len(b.net.Outputs) > 1:
		b.errs.Add("metric", at, subject, "write monitor: loss, or val_loss", "only the loss of a network with several outputs can be monitored, not %q", metric)
	case metric != "loss" && len(b.net.Outputs) == 1 && !slices.Contains(metricsOf[b.net.Outputs[0].Task], metric):
		o := b.net.Outputs[0]
		b.errs.Add("metric", at, subject, fmt.Sprintf("for %s there are loss, %s", o.Task, strings.Join(metricsOf[o.Task], ", ")), "a %s output has no metric %q", o.Task, metric)
	case validated && s.Data != nil && s.Data.Validation == nil && s.Training.ValidationSplit == 0:
		b.errs.Add("metric", at, subject, "write monitor: loss, or set training.validation_split, or data.validation", "it monitors %s, but there is no validation set", monitor)
	}
}

// metricsOf lists the metrics of each task beside the loss: see fit.Measure.
var metricsOf = map[string][]string{
	"regression": {"mse", "rmse", "mae", "r2"},
	"binary":     {"accuracy", "precision", "recall", "f1", "roc_auc"},
	"multiclass": {"accuracy", "top_2", "top_3", "top_5", "precision", "recall", "f1"},
}
