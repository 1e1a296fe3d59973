package net

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// output writes out an output: a dense layer for the scores, the final activation, and the loss.
//
//	task        units         activation  loss
//	regression  as written    linear      mse
//	binary      1             sigmoid     binary_crossentropy
//	multiclass  the classes   softmax     categorical_crossentropy
//
// A loss that takes the final activation in reads the scores before it.
func (b *builder) output(w *spec.Layer, in []*op.Layer) *op.Layer {
	if len(in) != 1 {
		b.errs.Add("arity", w.Pos, subject(w), "join them with concatenate or add first",
			"output reads 1 layer, but from: names %d", len(in))
		return nil
	}
	o, ok := b.settle(w, in[0])
	if !ok {
		return nil
	}
	node := op.WithAttr(w.Node, "units", o.units)
	scores := in[0]
	if w.Node.Bool("dense") {
		if scores = b.one(w, w.Name, b.tied(w, op.Dense), node, in); scores == nil {
			return nil
		}
		if s := in[0].Shape; len(s) == 3 {
			b.errs.Warn("pixels", w.Pos, subject(w),
				"for one prediction put a flatten layer before it; if each pixel is meant, a conv2d with kernel_size: 1 and "+
					"output: {dense: false} say so",
				"it has a prediction for each of the %d×%d pixels of %q", s[0], s[1], in[0].Name)
		}
	} else if lastOf(scores.Shape) != o.units {
		b.errs.Add("shape", w.Pos, subject(w), "", "its input is n×%s, but the output has %d units", scores.Shape, o.units)
		return nil
	}
	if o.quantiles != nil {
		if scores = b.one(&spec.Layer{Node: w.Node, Name: w.Name}, w.Name+".quantiles", op.Quantiles,
			op.WithAttr(spec.Node{Kind: "quantiles", Pos: w.Pos}, "count", len(o.quantiles)),
			[]*op.Layer{scores}); scores == nil {
			return nil
		}
	}
	temperature := b.calibrated(w, o.act, scores)
	if temperature != nil {
		scores = temperature
	}
	last := scores
	if o.act.Kind != op.Linear.Kind.Name {
		if last = b.one(&spec.Layer{Node: o.act, Name: w.Name, Frozen: w.Frozen, LRFactor: w.LRFactor, DType: w.DType},
			w.Name+"."+o.act.Kind, op.ByName(o.act.Kind), o.act, []*op.Layer{scores}); last == nil {
			return nil
		}
	}
	out := &Output{Name: w.Name, Layer: last, Scores: last, Loss: o.loss, Node: o.lossNode,
		Weight: w.Node.Float("loss_weight"), Task: o.task, Classes: o.classes, NextToken: o.next, Temperature: temperature,
		Quantiles: o.quantiles, Pos: w.Pos}
	if o.loss.Final != "" && o.loss.Final == o.act.Kind {
		out.Scores = scores
	}
	if o.task == "regression" && w.Node.Bool("dense") && w.Node.Int("units") == 0 {
		out.Foretold = b.foretold()
	}
	if !b.standardize(w, out, o.act) {
		return nil
	}
	b.decide(w, out, o.act)
	last = out.Layer
	if x := b.net.Inputs[0]; o.next && (len(x.Shape) != 1 || out.Steps() != 1 && out.Steps() != x.Shape[0]) {
		b.errs.Add("shape", w.Pos, subject(w), "write classes: if it does not foretell the next token of the input",
			"its input is n×%s, but input %q is n×%s: a network foretells the next token after each step, or after the last",
			in[0].Shape, x.Name, x.Shape)
		return nil
	}
	if steps := out.Steps(); b.net.Steps == 0 {
		b.net.Steps = steps
	} else if b.net.Steps != steps {
		b.errs.Add("shape", w.Pos, subject(w), "the outputs of one network agree in their steps",
			"its output has %d rows, n×%s, but that of %q has %d",
			steps, last.Shape, b.net.Outputs[0].Name, b.net.Steps)
		return nil
	}
	b.net.Outputs = append(b.net.Outputs, out)
	return last
}

// standardize puts behind a regression what turns the targets that it learns back into their units, where the spec asks
// for it or, if it says nothing, where nothing is in the way.
func (b *builder) standardize(w *spec.Layer, out *Output, act spec.Node) bool {
	how := w.Node.Word("standardize")
	why, hint := unscaled(out, act, how)
	if how == "auto" {
		how = strconv.FormatBool(why == "" && b.namesTargets())
	}
	if why == "" {
		out.Standardize = how
	}
	switch {
	case how == "false":
		return true
	case why != "":
		b.errs.Add("output-pair", w.Node.At("standardize"), subject(w), hint, "%s", why)
		return false
	}
	part := func(name string, def *op.Def) bool {
		l := b.one(&spec.Layer{Node: w.Node, Name: w.Name}, w.Name+"."+name, def,
			spec.Node{Kind: name, Pos: w.Pos}, []*op.Layer{out.Layer})
		if l == nil {
			return false
		}
		out.Layer = l
		return true
	}
	if !part("targets", op.Targets) {
		return false
	}
	out.Targets, out.Scaling = out.Layer, how
	return how != "log" || part("exp", op.Exp)
}

// namesTargets tells whether the spec names examples with targets of their own, which scales are fitted to.
func (b *builder) namesTargets() bool {
	d := b.net.Spec.Data
	return d != nil && d.Train != nil && d.Target == ""
}

// unscaled says why the targets of an output are not scaled; "" if they may be.
func unscaled(out *Output, act spec.Node, how string) (why, hint string) {
	switch {
	case out.Task != "regression":
		return fmt.Sprintf("the targets of a %s output are classes, which are not standardized", out.Task),
			"leave out standardize"
	case act.Kind != op.Linear.Kind.Name && how != "min_max":
		return fmt.Sprintf("%s bounds the outputs, but standardized targets go beyond", act.Kind), "leave out one of them"
	case out.Loss.Positive:
		return fmt.Sprintf("%s is for counts, but standardized targets go below 0", out.Loss.Kind.Name),
			"leave out one of them"
	case out.Steps() != 1:
		return fmt.Sprintf("its output has a row for each of %d steps: only single rows are standardized", out.Steps()),
			"leave out standardize"
	}
	return "", ""
}

// TargetWidth returns the numbers of the target of one example: each stands for all quantiles.
func (o *Output) TargetWidth() int { return o.Layer.Shape.Size() / max(1, len(o.Quantiles)) }

// Steps returns the number of rows of the output of one example.
func (o *Output) Steps() int { return o.Scores.Shape.Size() / o.Width() }

// Width returns the numbers of one row.
func (o *Output) Width() int { return lastOf(o.Scores.Shape) }

// settled is what an output is after its task has filled what was not written.
type settled struct {
	task     string
	units    int
	act      spec.Node
	loss     *op.Loss
	lossNode spec.Node
	classes  []string
	next     bool // the classes are the tokens of the input
	// quantiles are those that are foretold; nil for none.
	quantiles []float64
}

// settle fills the table of output and checks that the parts go together.
func (b *builder) settle(w *spec.Layer, in *op.Layer) (settled, bool) {
	s := b.net.Spec
	n := w.Node
	o := settled{task: n.Word("task"), units: n.Int("units")}
	act, hasAct := n.Node("activation")
	lossNode, hasLoss := n.Node("loss")
	if o.task == "" {
		o.task = s.Task
	}
	if o.task == "" && n.Has("quantiles") {
		o.task = "regression"
	}
	if o.task == "" {
		o.task = guessTask(act, hasAct, lossNode, hasLoss)
	}
	if o.task == "" {
		b.errs.Add("output-pair", w.Pos, subject(w),
			"write task: regression, binary or multiclass, or the output in full: activation and loss",
			"nothing says what kind of output this is")
		return o, false
	}
	if o.quantiles = n.Floats("quantiles"); o.quantiles != nil {
		if !b.quantiles(w, &o, act, hasAct, lossNode, hasLoss, in) {
			return o, false
		}
		lossNode, hasLoss = spec.Node{Kind: op.Pinball.Kind.Name, Attrs: []spec.Value{{Name: "quantiles", V: o.quantiles}},
			Pos: w.Pos}, true
	}
	row := map[string][2]string{"regression": {"linear", "mse"}, "binary": {"sigmoid", "binary_crossentropy"},
		"multiclass": {"softmax", "categorical_crossentropy"}}[o.task]
	if !hasLoss {
		switch {
		case hasAct && act.Kind == "step":
			lossNode = op.DefaultNode(op.LossByName("perceptron").Kind)
		default:
			lossNode = op.DefaultNode(op.LossByName(row[1]).Kind)
		}
	}
	o.lossNode, o.loss = lossNode, op.LossByName(lossNode.Kind)
	if !hasAct {
		switch {
		case o.loss.Final != "":
			act = op.DefaultNode(op.ByName(o.loss.Final).Kind)
		case hasLoss:
			act = op.DefaultNode(op.Linear.Kind)
		default:
			act = op.DefaultNode(op.ByName(row[0]).Kind)
		}
	}
	o.act = act
	return o, b.units(w, &o, in) && b.pair(w, &o)
}

// quantiles checks the quantiles of an output, which has units for each of them.
func (b *builder) quantiles(w *spec.Layer, o *settled, act spec.Node, hasAct bool, loss spec.Node,
	hasLoss bool, in *op.Layer) bool {
	q := o.quantiles
	for i := range q[1:] {
		if q[i+1] <= q[i] { // what else is wrong does not depend on their order
			b.undecided(w, "quantiles", "write them in growing order, each once",
				"the quantile %g comes behind %g", q[i+1], q[i])
			break
		}
	}
	switch {
	case o.task != "regression":
		return b.undecided(w, "quantiles", "leave out quantiles", "quantiles are of numbers, but the task is %s", o.task)
	case hasLoss && loss.Kind != op.Pinball.Kind.Name:
		return b.undecided(w, "loss", "leave out loss", "quantiles are learned by the loss pinball, but the loss is %s",
			loss.Kind)
	case hasLoss && loss.Lookup("quantiles").Written:
		return b.undecided(w, "loss", "leave out loss", "the quantiles are written twice, at the output and at its loss")
	case hasAct && act.Kind != op.Linear.Kind.Name:
		return b.undecided(w, "activation", "leave out activation",
			"quantiles go wherever the targets are, but the activation is %s", act.Kind)
	case len(in.Shape) > 1:
		return b.undecided(w, "quantiles", "put a flatten layer before it",
			"its input is n×%s: quantiles are of single predictions", in.Shape)
	}
	switch {
	case w.Node.Bool("dense"):
		o.units = cmp.Or(o.units, b.foretold()) * len(q)
	case o.units > 0:
		o.units *= len(q)
	}
	return true
}

// guessTask derives the task of an output that is written in full.
func guessTask(act spec.Node, hasAct bool, loss spec.Node, hasLoss bool) string {
	if hasLoss {
		return op.LossByName(loss.Kind).Tasks[0]
	}
	if !hasAct {
		return ""
	}
	switch act.Kind {
	case "softmax", "log_softmax":
		return "multiclass"
	case "sigmoid", "step":
		return "binary"
	}
	return "regression"
}

// units settles the number of units and the classes.
func (b *builder) units(w *spec.Layer, o *settled, in *op.Layer) bool {
	c := b.net.Spec.Classes
	if !w.Node.Bool("dense") && o.units == 0 {
		o.units = lastOf(in.Shape)
	}
	switch o.task {
	case "multiclass":
		if o.units == 0 {
			o.units = c.Count
		}
		if v := b.text(); o.units == 0 && v != nil {
			o.units, o.classes, o.next = v.Size(), v.Names(), true
			return true
		}
		if o.units == 0 {
			b.errs.Add("classes", w.Pos, subject(w), "write classes: with their names or number",
				"a multiclass output needs its classes")
			return false
		}
		if c.Count > 0 && c.Count != o.units && len(b.net.Spec.Layers) > 0 && w.Node.Word("task") == "" {
			b.errs.Add("classes", w.Node.At("units"), subject(w), "leave out units: they follow from the classes",
				"it has %d units, but there are %d classes", o.units, c.Count)
			return false
		}
		if o.units > spec.MaxClasses {
			b.errs.Add("range", w.Node.At("units"), subject(w), "",
				"a multiclass output has at most %d classes, but this has %d",
				spec.MaxClasses, o.units)
			return false
		}
		o.classes = b.classNames(o.units)
	case "binary":
		o.units = max(o.units, 1)
		if o.units == 1 {
			if c.Count > 0 && c.Count != 2 {
				b.errs.Add("classes", c.Pos, subject(w), "write task: multiclass",
					"a binary output tells 2 classes apart, but there are %d", c.Count)
				return false
			}
			o.classes = b.classNames(2)
		}
	default:
		o.units = cmp.Or(o.units, b.foretold())
	}
	return true
}

// foretold returns how many numbers a regression gives that does not say it: one, or of a series with a horizon of
// several steps one for each label at each step.
func (b *builder) foretold() int {
	d := b.net.Spec.Data
	if d == nil || d.Train == nil || d.Train.Series == nil || d.Train.Series.Steps < 2 {
		return 1
	}
	labels := d.Train.Label
	if labels == nil {
		labels = d.Train.Series.Columns
	}
	return d.Train.Series.Steps * len(labels)
}

// notBelow0 are the activations none of whose outputs is below 0.
var notBelow0 = []string{"abs", "exp", "hard_sigmoid", "relu", "relu6", "sigmoid", "softmax", "softplus", "square",
	"step"}

// pair checks that units, activation and loss go together, and says why not.
func (b *builder) pair(w *spec.Layer, o *settled) bool {
	act, loss := o.act.Kind, o.loss
	fail := func(attr, hint, format string, args ...any) bool {
		b.errs.Add("output-pair", w.Node.At(attr), subject(w), hint, format, args...)
		return false
	}
	if loss == op.Pinball && o.units%len(o.lossNode.Floats("quantiles")) != 0 {
		return fail("loss", "write output: {quantiles: […]}, which has units for each",
			"%d units are no whole number for each of %d quantiles", o.units, len(o.lossNode.Floats("quantiles")))
	}
	switch {
	case (act == "softmax" || act == "log_softmax") && o.units == 1:
		b.errs.Add("activation", w.Node.At("activation"), subject(w), "for two classes write task: binary",
			"%s over 1 unit always gives the same value, whatever the input", act)
		return false
	case o.task == "multiclass" && act == "sigmoid":
		return fail("activation",
			"use softmax, whose outputs sum to 1; several sigmoids are for labels that may hold together: task: binary",
			"sigmoid units don't exclude each other, but of the %d classes just one holds", o.units)
	case loss.Final != "" && act != loss.Final && !(loss.Final == "step" && act == "linear"):
		return fail("loss", fmt.Sprintf("use activation: %s, or another loss", loss.Final),
			"%s needs the probabilities that %s gives, but the activation is %s: its logarithm has no meaning there",
			loss.Kind.Name, loss.Final, act)
	case o.task == "binary" && o.units > 1 && loss.Final == "softmax":
		return fail("units", "write task: multiclass", "%s is for classes that exclude each other, but the task is binary",
			loss.Kind.Name)
	case w.Node.Has("loss") && !slices.Contains(loss.Tasks, o.task):
		b.errs.Warn("unlikely-pair", w.Node.At("loss"), subject(w), "", "%s is a loss for %s, but the task is %s",
			loss.Kind.Name, loss.Tasks[0], o.task)
	case o.task == "regression" && loss.Kind.Name != "poisson" &&
		(act == "sigmoid" || act == "softmax" || act == "step" || act == "tanh"):
		b.errs.Warn("unlikely-pair", w.Node.At("activation"), subject(w), "", "%s bounds the outputs of a regression", act)
	case loss.Positive && !slices.Contains(notBelow0, act):
		b.errs.Warn("unlikely-pair", w.Node.At("loss"), subject(w), "use activation: softplus",
			"%s needs outputs above 0, which %s does not give", loss.Kind.Name, act)
	}
	return true
}

// classNames returns the labels of k classes.
func (b *builder) classNames(k int) []string {
	if names := b.net.Spec.Classes.Names; len(names) == k {
		return names
	}
	names := make([]string, k)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}
