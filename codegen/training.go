package codegen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/emit"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// pieceRows is the number of rows that are worked off in one piece where a batch is larger, or is
// the full training set.
const pieceRows = 256

// training gathers what the training package needs beside graphs.
func training(network *net.Net) *emit.Training {
	s := network.Spec
	rows := s.Training.BatchSize
	if rows == 0 || rows > 2*pieceRows {
		rows = pieceRows
	}
	t := &emit.Training{
		Batch: rows, BatchSize: s.Training.BatchSize, Seed: s.Training.Seed,
		ClipNorm: s.Training.ClipNorm, ClipValue: s.Training.ClipValue,
		LR: number(s.Optimizer.Float("lr")),
	}
	t.Update, t.States = update(s.Optimizer)
	t.Epochs, t.Shuffle = s.Training.Epochs, s.Training.Shuffle
	for _, m := range s.Training.Metrics {
		if m != op.ConfusionMatrix { // a table, which evaluations show in any case
			t.Metrics = append(t.Metrics, m)
		}
	}
	if s.Schedule != nil {
		t.Schedule = schedule(*s.Schedule)
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
		t.Stop = &emit.Stop{Monitor: e.Monitor, Patience: e.Patience, MinDelta: e.MinDelta, RestoreBest: e.RestoreBest}
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

// FitOptions returns the Go text of the options of a spec as package fit has them, for programs that train a network
// with those of several specs.
func FitOptions(s *spec.Spec) string {
	t := training(&net.Net{Spec: s})
	fields := []op.Field{{Name: "Epochs", Value: t.Epochs}, {Name: "BatchSize", Value: t.BatchSize}, {Name: "Seed", Value: t.Seed},
		{Name: "Shuffle", Value: t.Shuffle}, {Name: "LR", Value: s.Optimizer.Float("lr")}}
	if n := s.Schedule; n != nil {
		fields = append(fields, op.Field{Name: "Schedule", Value: op.ScheduleByName(n.Kind).Value(*n)})
	}
	if e := t.Stop; e != nil {
		fields = append(fields, op.Field{Name: "Stop", Value: op.Literal{Package: "fit", Type: "EarlyStopping", Pointer: true, Fields: []op.Field{
			{Name: "Monitor", Value: e.Monitor}, {Name: "Patience", Value: e.Patience}, {Name: "MinDelta", Value: e.MinDelta},
			{Name: "RestoreBest", Value: e.RestoreBest}}}})
	}
	if t.Metrics != nil {
		fields = append(fields, op.Field{Name: "Metrics", Value: t.Metrics})
	}
	return strings.ReplaceAll(literal(op.Literal{Package: "fit", Type: "Options", Fields: fields}), "@", "")
}

// update returns the statement that updates w by g, and the names of the optimizer's states: see
// emit.Training.
func update(n spec.Node) (statement string, states []string) {
	o := op.OptimizerByName(n.Kind)
	var args strings.Builder
	for _, name := range o.States(n) {
		if name == "" {
			args.WriteString("nil, ")
			continue
		}
		fmt.Fprintf(&args, "@mem.Flat(&t.%s), ", name)
	}
	return fmt.Sprintf("%s.Step(w, g, %st.step, t.LR, $clip)", literal(o.Runtime(n)), args.String()), o.Kept(n)
}

// schedule returns the Go text of a schedule, with package marks.
func schedule(n spec.Node) string { return literal(op.ScheduleByName(n.Kind).Value(n)) }

// literal returns the Go text of a value of the runtime, with package marks.
func literal(l op.Literal) string {
	var fields []string
	for _, f := range l.Fields {
		fields = append(fields, f.Name+": "+constant(f.Value))
	}
	text := fmt.Sprintf("@%s.%s{%s}", l.Package, l.Type, strings.Join(fields, ", "))
	if l.Pointer {
		text = "&" + text
	}
	return text
}

// constant returns the Go text of the value of a field.
func constant(v any) string {
	switch v := v.(type) {
	case float64:
		return number(v)
	case string:
		return strconv.Quote(v)
	case []string:
		return fmt.Sprintf("%#v", v)
	case []int:
		return "[]int{" + strings.Trim(strings.ReplaceAll(fmt.Sprint(v), " ", ", "), "[]") + "}"
	case op.Literal:
		return literal(v)
	}
	return fmt.Sprint(v)
}

// number writes a constant as Go does, with as many digits as it takes.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
