package codegen

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// scheduleTypes are the types of the runtime that schedules name.
var scheduleTypes = map[string]any{
	"Constant": fit.Constant{}, "StepDecay": fit.StepDecay{}, "MultiStep": fit.MultiStep{},
	"Exponential": fit.Exponential{},
	"Polynomial":  fit.Polynomial{}, "Cosine": fit.Cosine{}, "WarmRestarts": fit.WarmRestarts{},
	"Cyclical": fit.Cyclical{},
	"OneCycle": fit.OneCycle{}, "Plateau": fit.Plateau{}, "Warmup": fit.Warmup{}, "InverseSqrt": fit.InverseSqrt{},
	"InverseTime": fit.InverseTime{},
}

// runtimeSchedule builds what generated code writes down.
func runtimeSchedule(t *testing.T, l op.Literal) fit.Schedule {
	zero, ok := scheduleTypes[l.Type]
	if !ok || l.Package != "fit" {
		t.Fatalf("no type %s.%s here", l.Package, l.Type)
	}
	p := reflect.New(reflect.TypeOf(zero))
	for _, f := range l.Fields {
		v := reflect.ValueOf(f.Value)
		if inner, ok := f.Value.(op.Literal); ok {
			v = reflect.ValueOf(runtimeSchedule(t, inner))
		}
		p.Elem().FieldByName(f.Name).Set(v)
	}
	if l.Pointer {
		return p.Interface().(fit.Schedule)
	}
	return p.Elem().Interface().(fit.Schedule)
}

// TestSchedulesAreTheirReference compares the rates that generated programs compute with those of the reference, for
// uses of each schedule.
func TestSchedulesAreTheirReference(t *testing.T) {
	uses := map[string][]string{
		"constant": {"constant", "{constant: {warmup_steps: 7}}"},
		"step":     {"{step: {step_size: 3, gamma: 0.7}}", "{step: {step_size: 3, per: step, warmup_steps: 5}}"},
		"multi_step": {"{multi_step: {milestones: [2, 5], gamma: 0.3}}",
			"{multi_step: {milestones: [4, 17], per: step}}"},
		"exponential": {"{exponential: {gamma: 0.9}}", "{exponential: {gamma: 0.99, per: step, warmup_steps: 3}}"},
		"polynomial":  {"{polynomial: {total_iters: 5, power: 1.7}}", "{polynomial: {total_iters: 25, per: step}}"},
		"cosine":      {"{cosine: {t_max: 6, min_lr: 0.001}}", "{cosine: {t_max: 30, per: step, warmup_steps: 4}}"},
		"cosine_warm_restarts": {"{cosine_warm_restarts: {t_0: 2, t_mult: 2}}",
			"{cosine_warm_restarts: {t_0: 7, per: step, min_lr: 0.01}}"},
		"cyclical": {"{cyclical: {min_lr: 0.01, max_lr: 0.2, step_size: 6}}",
			"{cyclical: {min_lr: 0.01, max_lr: 0.2, step_size: 6, mode: triangular2}}",
			"{cyclical: {min_lr: 0.01, max_lr: 0.2, step_size: 2, mode: exp_range, gamma: 0.95, per: epoch}}"},
		"inverse_sqrt": {"{inverse_sqrt: {warmup_steps: 8}}", "inverse_sqrt",
			"{inverse_sqrt: {timescale: 3, per: epoch, warmup_steps: 2}}"},
		"inverse_time": {"{inverse_time: {decay_rate: 0.5, decay_steps: 4}}",
			"{inverse_time: {decay_rate: 2, decay_steps: 3, staircase: true, per: epoch, warmup_steps: 6}}"},
		"one_cycle": {"{one_cycle: {max_lr: 0.3}}",
			"{one_cycle: {max_lr: 0.3, total_steps: 30, pct_start: 0.4, anneal: linear}}"},
		"reduce_on_plateau": {"{reduce_on_plateau: {patience: 1, factor: 0.5}}",
			"{reduce_on_plateau: {patience: 0, cooldown: 2, min_lr: 0.02, warmup_steps: 9}}",
			"{reduce_on_plateau: {patience: 2, threshold: 0.2}}"},
	}
	const perEpoch, epochs, base = 5, 8, 0.1
	seen := []float64{1, 0.9, 0.91, 0.89, 0.95, 0.8, 0.81, 0.82}
	for _, s := range op.Schedules() {
		if len(uses[s.Kind.Name]) == 0 {
			t.Errorf("no use of %s is compared", s.Kind.Name)
		}
		for _, use := range uses[s.Kind.Name] {
			parsed, problems := spec.Parse("s.yaml", fmt.Appendf(nil,
				"version: 1\nname: m\ntask: regression\ninput: {shape: [2]}\nlayers: [output]\nschedule: %s\n", use), op.Schema())
			if problems.Err() != nil {
				t.Fatal(problems)
			}
			n := *parsed.Schedule
			got := runtimeSchedule(t, s.Value(n))
			for step := range perEpoch * epochs {
				if e := step / perEpoch; step%perEpoch == 0 && e > 0 {
					if o, ok := got.(fit.Observer); ok {
						o.Observe(fit.Epoch{Metrics: []fit.Metric{{Name: "val_loss", Value: seen[e-1], Lower: true}}})
					}
				}
				have := got.Rate(base, fit.Time{Step: step, StepsPerEpoch: perEpoch, Epochs: epochs})
				want := rateAt(s, n, base, op.Time{Step: step, StepsPerEpoch: perEpoch, Epochs: epochs, Seen: seen[:step/perEpoch]})
				if !(math.Abs(have-want) <= 1e-12*math.Abs(want)+1e-15) {
					t.Errorf("%s: step %d: the rate is %v, the reference has %v", use, step, have, want)
				}
			}
		}
	}
}

// rateAt returns the rate of a step with its warm-up: step k of W has (k + 1)/W of what the schedule starts with, and
// the schedule's time begins after them.
func rateAt(s *op.Schedule, n spec.Node, base float64, t op.Time) float64 {
	warm := n.Int("warmup_steps")
	t.Warmup += warm
	if t.Step < warm {
		start := t
		start.Step, start.Seen = 0, nil
		return s.Rate(n, base, start) * float64(t.Step+1) / float64(warm)
	}
	t.Step -= warm
	return s.Rate(n, base, t)
}

// TestPackagesMeasureWhatTheirSpecsName compares the metrics of training packages with those that specs name, or go by.
func TestPackagesMeasureWhatTheirSpecsName(t *testing.T) {
	const one, two = "layers: [output]\ntask: binary\n",
		"layers: [{dense: {name: h, units: 2}}, {output: {name: a, from: h, task: binary}}, {output: {name: b, from: h, " +
			"task: binary}}]\n"
	for _, c := range []struct {
		text string
		want [][]string // of each output
	}{
		{one, [][]string{{"accuracy"}}},
		{one + "training: {metrics: [roc_auc]}\n", [][]string{{"accuracy", "roc_auc"}}},
		{one + "training: {early_stopping: {monitor: [f1, val_recall]}, validation_split: 0.2}\n",
			[][]string{{"accuracy", "recall", "f1"}}},
		{one + "schedule: {reduce_on_plateau: {monitor: precision, warmup_steps: 3}}\n",
			[][]string{{"accuracy", "precision"}}},
		{two + "training: {metrics: [f1], early_stopping: {monitor: b_recall}}\n",
			[][]string{{"accuracy", "f1"}, {"accuracy", "recall", "f1"}}},
	} {
		s, problems := spec.Parse("s.yaml", []byte("version: 1\nname: m\ninput: {shape: [2]}\n"+c.text), op.Schema())
		if problems.Err() != nil {
			t.Fatalf("%s: %v", c.text, problems)
		}
		network, problems := net.Build(s, nil)
		if problems.Err() != nil {
			t.Fatalf("%s: %v", c.text, problems)
		}
		for i, o := range network.Outputs {
			if got := metrics(o, len(network.Outputs) == 1, []*spec.Spec{s}); !slices.Equal(got, c.want[i]) {
				t.Errorf("%s: output %q has %q, want %q", c.text, o.Name, got, c.want[i])
			}
		}
	}
}
