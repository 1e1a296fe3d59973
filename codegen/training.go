package codegen

import (
	"fmt"
	"maps"
	"slices"

	"github.com/nngen/nngen/codegen/emit"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/spec"
)

// training gathers what the training package needs beside graphs; rows is the number of examples of a piece, and more
// are specs whose options it is trained with too.
func training(network *net.Net, rows int, more []*spec.Spec) *emit.Training {
	s := network.Spec
	t := &emit.Training{
		Batch: rows, Whole: 0 < s.Training.Examples() && s.Training.Examples() <= rows,
		Chunks: s.Training.Chunks, Seed: s.Training.Seed, Options: fitOptions(s),
		ClipNorm: s.Training.ClipNorm, ClipValue: s.Training.ClipValue,
		LR: s.Optimizer.Float("lr"), Work: emit.Work(work(network)), Shared: work(network).examples(rows),
	}
	o := op.OptimizerByName(s.Optimizer.Kind)
	t.Optimizer, t.Update, t.States = value(o.Runtime(s.Optimizer)), o.States(s.Optimizer), o.Kept(s.Optimizer)
	t.Initial = map[*ir.Param][]emit.InitialCall{}
	for _, p := range network.Params {
		if p.Role == ir.Constant && p.Values != nil {
			continue
		}
		for _, c := range op.InitializerByName(p.Init.Kind).Runtime(p) {
			t.Initial[p] = append(t.Initial[p], emit.InitialCall(c))
		}
	}
	all := append([]*spec.Spec{s}, more...)
	t.Schedules = schedules(all)
	t.Averages = slices.ContainsFunc(all, func(s *spec.Spec) bool { return averaging(s) != nil })
	t.Stops = slices.ContainsFunc(all, func(s *spec.Spec) bool { return s.Training.EarlyStopping != nil })
	if e := s.Training.EarlyStopping; e != nil {
		t.Monitor = e.Monitor
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
		t.Scaling = append(t.Scaling, map[string]string{"true": "Targets", "min_max": "RangeTargets",
			"log": "LogTargets"}[o.Scaling])
	}
	return t
}

// metrics returns the names of the metrics that the training package has for an output: those that are measured where
// none are named, and those that specs name or go by.
func metrics(o *net.Output, only bool, specs []*spec.Spec) (names []string) {
	prefix := o.Name + "_"
	if only {
		prefix = ""
	}
	var named []string
	for _, s := range specs {
		for _, m := range s.Training.Metrics {
			named = append(named, prefix+m)
		}
		named = append(named, monitored(s)...)
	}
	for _, m := range o.Metrics() {
		name := prefix + m.Name
		if m.Default || slices.Contains(named, name) || slices.Contains(named, "val_"+name) {
			names = append(names, m.Name)
		}
	}
	return names
}

// schedules returns the types of the schedules of specs, in the order of their table.
func schedules(specs []*spec.Spec) []emit.ScheduleType {
	named := map[string]op.Literal{}
	for _, s := range specs {
		for _, l := range nested(s) {
			named[l.Type] = l
		}
	}
	var types []emit.ScheduleType
	for _, name := range slices.Sorted(maps.Keys(named)) {
		l := named[name]
		var fields []string
		for _, f := range l.Fields {
			fields = append(fields, f.Name)
		}
		if l.Pointer && len(fields) > 0 {
			fields[0] = "as a pointer: " + fields[0]
		}
		types = append(types, emit.ScheduleType{Type: name, Fields: fields})
	}
	return types
}

// nested returns the schedule of a spec, and those within it, as of a warmup.
func nested(s *spec.Spec) (all []op.Literal) {
	if s.Schedule == nil {
		return nil
	}
	all = append(all, op.ScheduleByName(s.Schedule.Kind).Value(*s.Schedule))
	for i := 0; i < len(all); i++ {
		for _, f := range all[i].Fields {
			if in, ok := f.Value.(op.Literal); ok {
				all = append(all, in)
			}
		}
	}
	return all
}

// monitored returns the names of the metrics that early stopping and the schedule of a spec go by.
func monitored(s *spec.Spec) (names []string) {
	if e := s.Training.EarlyStopping; e != nil {
		names = append(append(names, e.Monitor), e.Others...)
	}
	for _, l := range nested(s) {
		for _, f := range l.Fields {
			if name, ok := f.Value.(string); ok && f.Name == "Monitor" {
				names = append(names, name)
			}
		}
	}
	return names
}

// averaging returns the average of the weights that a spec asks for as package fit has it; nil for none.
func averaging(s *spec.Spec) *op.Literal {
	switch a, b := s.Training.EMA, s.Training.SWA; {
	case a != nil:
		return &op.Literal{Package: "fit", Type: "EMA", Fields: []op.Field{
			{Name: "Decay", Value: a.Decay}, {Name: "Start", Value: a.Start}}}
	case b != nil:
		return &op.Literal{Package: "fit", Type: "SWA", Fields: []op.Field{
			{Name: "Start", Value: b.Start}, {Name: "LR", Value: b.LR}}}
	}
	return nil
}

// FitOptions returns the Go text of the options of a spec as package fit has them, for programs that train a network
// with those of several specs.
func FitOptions(s *spec.Spec) string { return fitOptions(s).String() }

// fitOptions returns the options of a spec.
func fitOptions(s *spec.Spec) plan.Struct {
	t := s.Training
	fields := []op.Field{{Name: "Epochs", Value: t.Epochs}, {Name: "BatchSize", Value: t.Examples()},
		{Name: "Seed", Value: t.Seed},
		{Name: "Shuffle", Value: t.Shuffle}, {Name: "LR", Value: s.Optimizer.Float("lr")}}
	add := func(name string, value any) { fields = append(fields, op.Field{Name: name, Value: value}) }
	if n := s.Schedule; n != nil {
		add("Schedule", op.ScheduleByName(n.Kind).Value(*n))
	}
	if e := t.EarlyStopping; e != nil {
		stop := op.Literal{Package: "fit", Type: "EarlyStopping", Pointer: true, Fields: []op.Field{
			{Name: "Monitor", Value: e.Monitor}, {Name: "Patience", Value: e.Patience}, {Name: "MinDelta", Value: e.MinDelta},
			{Name: "RestoreBest", Value: e.RestoreBest}}}
		if e.MinEpochs > 0 {
			stop.Fields = append(stop.Fields, op.Field{Name: "MinEpochs", Value: e.MinEpochs})
		}
		if e.Others != nil {
			stop.Fields = append(stop.Fields, op.Field{Name: "Others", Value: e.Others})
		}
		add("Stop", stop)
	}
	if a := averaging(s); a != nil {
		add("Average", *a)
	}
	var metrics []string
	for _, m := range t.Metrics {
		if m != op.ConfusionMatrix { // a table, which evaluations show in any case
			metrics = append(metrics, m)
		}
	}
	if metrics != nil {
		add("Metrics", metrics)
	}
	return value(op.Literal{Package: "fit", Type: "Options", Fields: fields})
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
