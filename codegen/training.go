package codegen

import (
	"fmt"

	"github.com/nngen/nngen/codegen/emit"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/spec"
)

// training gathers what the training package needs beside graphs; rows is the number of examples of a piece.
func training(network *net.Net, rows int) *emit.Training {
	s := network.Spec
	t := &emit.Training{
		Batch: rows, BatchSize: s.Training.Examples(), Seed: s.Training.Seed,
		ClipNorm: s.Training.ClipNorm, ClipValue: s.Training.ClipValue,
		LR: s.Optimizer.Float("lr"), Work: emit.Work(work(network)), Shared: work(network).examples(rows),
	}
	o := op.OptimizerByName(s.Optimizer.Kind)
	t.Optimizer, t.Update, t.States = value(o.Runtime(s.Optimizer)), o.States(s.Optimizer), o.Kept(s.Optimizer)
	t.Epochs, t.Shuffle = s.Training.Epochs, s.Training.Shuffle
	for _, m := range s.Training.Metrics {
		if m != op.ConfusionMatrix { // a table, which evaluations show in any case
			t.Metrics = append(t.Metrics, m)
		}
	}
	if s.Schedule != nil {
		t.Schedule = value(op.ScheduleByName(s.Schedule.Kind).Value(*s.Schedule))
	}
	t.Initial = map[*ir.Param][]emit.InitialCall{}
	for _, p := range network.Params {
		if p.Role == ir.Constant && p.Values != nil {
			continue
		}
		for _, c := range op.InitializerByName(p.Init.Kind).Runtime(p) {
			t.Initial[p] = append(t.Initial[p], emit.InitialCall(c))
		}
	}
	for _, d := range op.Schedules() {
		l := d.Example()
		var fields []string
		for _, f := range l.Fields {
			fields = append(fields, f.Name)
		}
		if l.Pointer && len(fields) > 0 {
			fields[0] = "as a pointer: " + fields[0]
		}
		t.Schedules = append(t.Schedules, emit.ScheduleType{Type: l.Type, Fields: fields})
	}
	if e := s.Training.EarlyStopping; e != nil {
		t.Stop = &emit.Stop{Monitor: e.Monitor, Others: e.Others, Patience: e.Patience, MinDelta: e.MinDelta, RestoreBest: e.RestoreBest,
			MinEpochs: e.MinEpochs}
	}
	if a := averaging(s); a != nil {
		t.Average = value(*a)
	}
	for _, in := range network.Inputs {
		var steps []emit.Preprocess
		for _, l := range net.Preprocessing(network, in) {
			step := emit.Preprocess{Kind: l.Def.Kind.Name, Center: l.Params[0], Scale: l.Params[1]}
			if l.Def == op.MinMax {
				step.Min, step.Max = l.Node.Float("min"), l.Node.Float("max")
			}
			steps = append(steps, step)
		}
		t.Preprocess = append(t.Preprocess, steps)
	}
	for _, o := range network.Outputs {
		var ps []*ir.Param
		if o.Targets != nil {
			ps = o.Targets.Params
		}
		t.Targets = append(t.Targets, ps)
		t.Scaling = append(t.Scaling, map[string]string{"true": "Targets", "min_max": "RangeTargets", "log": "LogTargets"}[o.Scaling])
	}
	return t
}

// averaging returns the average of the weights that a spec asks for as package fit has it; nil for none.
func averaging(s *spec.Spec) *op.Literal {
	switch a, b := s.Training.EMA, s.Training.SWA; {
	case a != nil:
		return &op.Literal{Package: "fit", Type: "EMA", Fields: []op.Field{{Name: "Decay", Value: a.Decay}, {Name: "Start", Value: a.Start}}}
	case b != nil:
		return &op.Literal{Package: "fit", Type: "SWA", Fields: []op.Field{{Name: "Start", Value: b.Start}, {Name: "LR", Value: b.LR}}}
	}
	return nil
}

// FitOptions returns the Go text of the options of a spec as package fit has them, for programs that train a network
// with those of several specs.
func FitOptions(s *spec.Spec) string {
	t := training(&net.Net{Spec: s}, 0)
	fields := []op.Field{{Name: "Epochs", Value: t.Epochs}, {Name: "BatchSize", Value: t.BatchSize}, {Name: "Seed", Value: t.Seed},
		{Name: "Shuffle", Value: t.Shuffle}, {Name: "LR", Value: s.Optimizer.Float("lr")}}
	if n := s.Schedule; n != nil {
		fields = append(fields, op.Field{Name: "Schedule", Value: op.ScheduleByName(n.Kind).Value(*n)})
	}
	if e := t.Stop; e != nil {
		fields = append(fields, op.Field{Name: "Stop", Value: op.Literal{Package: "fit", Type: "EarlyStopping", Pointer: true, Fields: []op.Field{
			{Name: "Monitor", Value: e.Monitor}, {Name: "Patience", Value: e.Patience}, {Name: "MinDelta", Value: e.MinDelta},
			{Name: "RestoreBest", Value: e.RestoreBest}, {Name: "MinEpochs", Value: e.MinEpochs}, {Name: "Others", Value: e.Others}}}})
	}
	if t.Average != nil {
		fields = append(fields, op.Field{Name: "Average", Value: *averaging(s)})
	}
	if t.Metrics != nil {
		fields = append(fields, op.Field{Name: "Metrics", Value: t.Metrics})
	}
	return value(op.Literal{Package: "fit", Type: "Options", Fields: fields}).String()
}

// value returns a value of the runtime as an argument.
func value(l op.Literal) plan.Struct {
	s := plan.Struct{Pkg: l.Package, Type: l.Type, Pointer: l.Pointer}
	for _, f := range l.Fields {
		s.Fields = append(s.Fields, plan.Field{Name: f.Name, Arg: constant(f.Value)})
	}
	return s
}

// constant returns the value of a field as an argument.
func constant(v any) plan.Arg {
	switch v := v.(type) {
	case float64:
		return plan.Real(v)
	case int:
		return plan.Int(v)
	case bool:
		return plan.Flag(v)
	case string:
		return plan.Text(v)
	case []string:
		return plan.Texts(v)
	case uint64:
		return plan.Uint(v)
	case []int:
		return plan.Ints(v)
	case op.Literal:
		return value(v)
	}
	panic(fmt.Sprintf("BUG: a field of type %T", v))
}
