package net

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// training checks what the training section and the schedule say against the network and the data. Without a whole
// network it checks what does not depend on what is missing.
func (b *builder) training(whole bool) {
	s := b.net.Spec
	if n := s.Schedule; n != nil {
		if check := op.ScheduleByName(n.Kind).Check; check != nil {
			if attr, problem := check(*n); problem != "" && !b.misses(n, problem) {
				b.errs.Add("schedule", n.At(attr), n.Kind, "", "%s", problem)
			}
		}
		if n.Has("monitor") {
			b.monitor(n.Kind, n.At("monitor"), n.Word("monitor"))
		}
	}
	if e := s.Training.EarlyStopping; e != nil {
		all := append([]string{e.Monitor}, e.Others...)
		for i, m := range all {
			if slices.Contains(all[:i], m) {
				b.errs.Add("metric", e.Pos, "early_stopping", "", "it monitors %s twice", m)
				continue
			}
			b.monitor("early_stopping", e.Pos, m)
		}
	}
	b.distinct()
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
			b.errs.Add("metric", s.Training.MetricsPos, "metrics", "there are "+strings.Join(known, ", "),
				"no output has a metric %q", m)
		}
	}
	b.classWeights()
	if whole {
		b.pieces()
	}
	if len(b.net.Outputs) > 0 && s.Data != nil && s.Data.Stratify && !slices.ContainsFunc(b.net.Outputs, (*Output).Stratified) {
		b.errs.Add("classes", s.Data.Pos, "data", "leave out stratify",
			"stratify keeps the share of each class, but no output has one class for each example")
	}
}

// misses tells whether a problem names an attribute of a node that is not there, since its value is wrong.
func (b *builder) misses(n *spec.Node, problem string) bool {
	return b.partly && slices.ContainsFunc(op.ScheduleByName(n.Kind).Kind.Attrs, func(a spec.Attr) bool {
		return strings.Contains(problem, a.Name) && n.Lookup(a.Name) == nil
	})
}

// presume puts an output with its task and classes in the place of each that was not made because a layer before it
// wasn't, for what is said of them elsewhere. If some can't be told, there are none.
func (b *builder) presume() {
	var all []*Output
	for i := range b.net.Spec.Layers {
		w := &b.net.Spec.Layers[i]
		if w.Kind != op.OutputKind.Name && w.Kind != "" {
			continue
		}
		o := b.outputOf(w.Name)
		if o == nil {
			known := b.errs
			is, ok := settled{}, false
			if !w.Faulty && !b.faults.Outputs && !b.faults.Inputs {
				is, ok = b.settle(w, &op.Layer{Name: w.Name, Shape: ir.Shape{1}})
			}
			if b.errs = known; !ok || is.next {
				b.net.Outputs = nil
				return
			}
			l := &op.Layer{Name: w.Name, Node: w.Node, Shape: ir.Shape{max(is.units, 1)}}
			o = &Output{Name: w.Name, Task: is.task, Classes: is.classes, Layer: l, Scores: l, Pos: w.Pos}
		}
		all = append(all, o)
	}
	b.net.Outputs = all
}

// Stratified tells whether splits may go by an output: whether it has one class for each example.
func (o *Output) Stratified() bool { return o.Classes != nil && o.Steps() == 1 }

// classWeights gives the outputs the weights of their classes: those that they have themselves, or those of the
// training for the one that has classes.
func (b *builder) classWeights() {
	var with []*Output
	for _, o := range b.net.Outputs {
		if o.Classes != nil {
			with = append(with, o)
		}
	}
	const leave = "leave out class_weights; a column may hold weights of examples: data: {train: {weight: …}}"
	if len(b.net.Outputs) == 0 {
		return
	}
	if t := b.net.Spec.Training; t.Balanced || len(t.ClassWeights) > 0 {
		at := t.BalancedPos
		if !t.Balanced {
			at = t.ClassWeights[0].Pos
		}
		switch len(with) {
		case 1:
			b.weigh(with[0], t.ClassWeights, t.Balanced)
		case 0:
			b.errs.Add("classes", at, "class_weights", leave, "no output has classes: not %q", b.net.Outputs[0].Name)
		default:
			b.errs.Add("classes", at, "class_weights", "write them at the output: output: {class_weights: …}",
				"of the outputs, %d have classes: %q and %q", len(with), with[0].Name, with[1].Name)
		}
	}
	for _, w := range b.net.Spec.Layers {
		own, balanced := w.Node.Weights("class_weights"), w.Node.Word("class_weights") == spec.Balanced
		if own == nil && !balanced {
			continue
		}
		switch o := b.outputOf(w.Name); {
		case o == nil: // its own error says why
		case o.Classes == nil:
			b.errs.Add("classes", w.Node.At("class_weights"), "class_weights", leave, "the output %q has no classes", o.Name)
		case o.ClassWeights != nil:
			b.errs.Add("classes", w.Node.At("class_weights"), "class_weights", "leave out one of them",
				"the output %q has class weights of the training too", o.Name)
		default:
			b.weigh(o, own, balanced)
		}
	}
}

// outputOf returns the output of a name; nil if there is none.
func (b *builder) outputOf(name string) *Output {
	for _, o := range b.net.Outputs {
		if o.Name == name {
			return o
		}
	}
	return nil
}

// weigh sets the weights of the classes of an output.
func (b *builder) weigh(o *Output, weights []spec.Weight, balanced bool) {
	o.ClassWeights, o.Balanced = slices.Repeat([]float64{1}, len(o.Classes)), balanced
	for _, w := range weights {
		if k := slices.Index(o.Classes, w.Class); k >= 0 {
			o.ClassWeights[k] = w.Weight
			continue
		}
		b.errs.Add("classes", w.Pos, "class_weights", "its classes are "+few(o.Classes),
			"the output %q has no class %q", o.Name, w.Class)
	}
}

// few lists names, the first ones of many.
func few(names []string) string {
	const most = 10
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// measured returns outputs as metrics take them.
func (b *builder) measured(outputs ...*Output) (all []fit.Output) {
	for _, o := range outputs {
		all = append(all, fit.Output{Name: o.Name, Task: o.Task, Metrics: o.Metrics()})
	}
	return all
}

// distinct checks that no two outputs have metrics of the same name: those of one called val_x are those of x on the
// validation set.
func (b *builder) distinct() {
	for _, o := range b.net.Outputs {
		for _, other := range b.net.Outputs {
			if o.Name != "val_"+other.Name {
				continue
			}
			names := fit.Monitors(b.measured(other, o))
			slices.Sort(names)
			for i, m := range names[1:] {
				if m == names[i] {
					b.errs.Add("metric", o.Layer.Node.Pos, "output "+strconv.Quote(o.Name), "give one of them another name",
						"its %s has the name of that of output %q on the validation set, %s", strings.TrimPrefix(m, o.Name+"_"),
						other.Name, m)
					break
				}
			}
		}
	}
}

// monitor checks that a metric which steers the training is measured in it.
func (b *builder) monitor(subject string, at spec.Pos, monitor string) {
	s := b.net.Spec
	if len(b.net.Outputs) == 0 {
		b.ofAnyTask(subject, at, monitor)
		return
	}
	known := fit.Monitors(b.measured(b.net.Outputs...))
	trained := known[:len(known)/2]
	switch {
	case !slices.Contains(known, monitor):
		b.errs.Add("metric", at, subject, nearest(monitor, known)+"there are "+strings.Join(trained, ", ")+
			", and each with val_ in front", "no metric %q is measured", monitor)
	case !slices.Contains(trained, monitor) && !b.partly && s.Data != nil && s.Data.Validation == nil &&
		s.Training.ValidationSplit == 0:
		b.errs.Add("metric", at, subject, "write monitor: loss, or set training.validation_split, or data.validation",
			"it monitors %s, but there is no validation set", monitor)
	}
}

// ofAnyTask is monitor where too little is known of the outputs: what is measured, whatever the task of each, and
// whichever of the layers of an unknown kind are some.
func (b *builder) ofAnyTask(subject string, at spec.Pos, monitor string) {
	var known []string
	for _, task := range []string{"regression", "binary", "multiclass"} {
		var all []*Output
		for _, l := range b.net.Spec.Layers {
			if l.Kind == op.OutputKind.Name || l.Kind == "" {
				all = append(all, &Output{Name: l.Name, Task: task})
				known = append(known, fit.Monitors(b.measured(all[len(all)-1]))...)
			}
		}
		known = append(known, fit.Monitors(b.measured(all...))...)
	}
	if monitor != "" && len(b.net.Spec.Layers) > 0 && !slices.Contains(known, monitor) {
		b.errs.Add("metric", at, subject, strings.TrimSuffix(nearest(monitor, known), " "),
			"no metric %q is measured, whatever the task", monitor)
	}
}

// nearest returns the beginning of a hint, of the metric that was probably meant: one of the validation set, if so was
// the word; "" if none is near.
func nearest(word string, names []string) string {
	const of = "val_"
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool {
		return strings.HasPrefix(n, of) != strings.HasPrefix(word, of)
	})
	if n := spec.Nearest(word, names); n != "" {
		return fmt.Sprintf("did you mean %q? ", n)
	}
	return ""
}
