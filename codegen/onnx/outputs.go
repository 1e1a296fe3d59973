package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// Output is an output of the imported network, beside that of the model.
type Output struct {
	Name  string // in the model
	Layer string // in the spec
	// Moved tells, in words, that the model's array has its axes in another order; "" if they are in the same.
	Moved string
	// Both says that the model gives 1 − p and p, and the network p alone.
	Both bool

	// Logits says that the model gives the scores, and the network the probabilities of classes.
	Logits bool
	// Label says that the model gives nothing but the most probable class, and the network what chooses it.
	Label bool
	// Inverted says that the model's label is the first class where the network gives the second one.
	Inverted bool
	// Top is how many of the largest numbers of each row the model gives, in order, where the network gives all; 0 for
	// all. Places says that it gives their places.
	Top    int
	Places bool

	value    *value
	decision []attribute // how the class is chosen, where that is not by the larger probability
	// places are those of the columns of a table: see placesOf. table is the model's input that an input is a column
	// of; "" for others.
	places []int
	table  string
	// model and spec are the atoms of the array there and here, each in its order of memory.
	model, spec []*atom
}

// lay notes how the array of an input or output lies in the model and in the spec.
func (o *Output) lay(model, spec axes) {
	o.model, o.spec = model.atoms(), spec.atoms()
	inner := slices.DeleteFunc(slices.Clone(o.model), func(a *atom) bool { return a.batch })
	first := len(o.model) == 0 || len(inner) == len(o.model) || o.model[0].batch
	several := func(list []*atom) []*atom {
		return slices.DeleteFunc(slices.Clone(list), func(a *atom) bool { return a.size == 1 })
	}
	if !first || !slices.Equal(several(inner), several(o.spec)) {
		o.Moved = fmt.Sprintf("%s in the model, %s here", model, append(axes{{{batch: true}}}, spec...))
	}
}

// outputs finds the outputs that a network can give, leaves the layers that they depend on, and settles what these have
// in common.
func (im *importer) outputs() error {
	var found []*Output
	for _, o := range im.model.Graph.Outputs {
		f, err := im.find(o.Name, found)
		if err != nil {
			return err
		}
		if f != nil {
			found = append(found, f)
		}
	}
	if len(found) == 0 {
		return errors.New("the model has no output that a network could give")
	}
	im.sameRows(found)
	im.prune(found)
	im.found = found
	im.settleStates()
	im.settleTied()
	im.sparsify()
	im.share()
	if err := im.forked(); err != nil {
		return err
	}
	readers := map[*layer]int{}
	for _, l := range im.layers {
		for _, from := range l.in {
			readers[from]++
		}
	}
	for _, o := range found {
		r := im.refined(o.value.layer, readers)
		if err := im.output(o, readers[o.value.layer] == 0, len(found) == 1); err != nil {
			return fmt.Errorf("output %q: %w", o.Name, err)
		}
		if task, _ := o.value.layer.attr("task").(string); task != "regression" {
			o.value.layer.attrs = append(o.value.layer.attrs, o.decision...)
		}
		if r != nil {
			o.value.layer.attrs = append(o.value.layer.attrs, r.attrs...)
			o.value.layer.params = append(o.value.layer.params, r.params...)
		}
		o.keepTargets()
	}
	im.unrefined()
	im.joinTables()
	return nil
}

// find returns an output of the model as the network gives it; nil, with a line of the report, if that needs none for
// it, as for one that is the same as an earlier one.
func (im *importer) find(name string, earlier []*Output) (*Output, error) {
	v, chosen := im.scoresOf(name)
	drop := func(why string) (*Output, error) {
		im.report = append(im.report, fmt.Sprintf("output %q → dropped: %s", name, why))
		return nil, nil
	}
	node := &Node{Op: "output", Name: name}
	switch {
	case v == nil:
		return nil, fmt.Errorf("output %q: nothing gives it", name)
	case v.label != nil && v.label.places && im.gives(v.label.values):
		return drop(fmt.Sprintf("the places of output %q", v.label.values))
	case v.konst != nil:
		return nil, fmt.Errorf("output %q does not depend on the input: take it out of the outputs, and keep its numbers "+
			"beside the network", name)
	case v.label != nil && v.label.chosen:
		return drop("the package's Classify names the class")
	case v.words:
		return nil, fmt.Errorf("output %q is an input of words, which no network gives", name)
	case v.quantized:
		return nil, fmt.Errorf("output %q is rounded to whole numbers, which no network gives: export it with the "+
			"DequantizeLinear behind", name)
	case raw(v.layer):
		kept := *v
		kept.layer = im.add(node, "linear", v.layer)
		v = &kept
	}
	bare := *v
	bare.label = nil
	plain, err := im.plain(node, &bare)
	if err != nil {
		return nil, fmt.Errorf("output %q: %w", name, err)
	}
	if !im.images {
		plain = im.aligned(node, plain, im.inOrder(plain))
	}
	if slices.ContainsFunc(earlier, func(f *Output) bool { return f.value.layer == plain.layer }) {
		return drop("it is the same as another")
	}
	o := &Output{Name: name, Both: v.label != nil && v.label.both, value: plain, decision: im.decision(name, v.layer),
		Label: chosen.chosen, Inverted: slices.Contains(im.inverted, v.layer), Top: chosen.top, Places: chosen.places}
	switch {
	case o.Label:
		im.remark(fmt.Sprintf("output %q only names the class: the network gives the probabilities, of which the "+
			"package's Classify chooses the largest", name))
	case o.Top > 0:
		im.remark(fmt.Sprintf("output %q chooses the largest %d of each row: the network gives all", name, o.Top))
	}
	if o.Inverted {
		im.remark(fmt.Sprintf("output %q is the probability of the first class of the model, which is the second one here",
			name))
	}
	return o, nil
}

// scoresOf returns what an output of the model is chosen from, with how, where a network gives that in its place; else
// what the model gives, nil if nothing does.
func (im *importer) scoresOf(name string) (*value, label) {
	v := im.values[name]
	if v == nil || v.label == nil || v.label.places && im.gives(v.label.values) {
		return v, label{}
	}
	onlyLabels := !slices.ContainsFunc(im.model.Graph.Outputs, func(o *Port) bool {
		v := im.values[o.Name]
		return v == nil || v.label == nil || !v.label.chosen
	})
	if v.label.top == 0 && !(v.label.chosen && onlyLabels) {
		return v, label{}
	}
	scores := *v
	scores.label = nil
	return &scores, *v.label
}

// gives tells whether the model has an output of that name.
func (im *importer) gives(name string) bool {
	return slices.ContainsFunc(im.model.Graph.Outputs, func(o *Port) bool { return o.Name == name })
}

// decision returns how a label of the model is chosen by what a layer gives.
func (im *importer) decision(output string, l *layer) (attrs []attribute) {
	if t, ok := im.thresholds[l]; ok && t != 0.5 && t > 0 && t < 1 {
		attrs = append(attrs, attribute{"decision", t})
	}
	if c, ok := im.rejects[output]; ok {
		attrs = append(attrs, attribute{"reject", c})
	}
	return attrs
}

// inOrder returns the axes of the spec's array of x in the order of the model's, those of one element as they are.
func (im *importer) inOrder(x *value) axes {
	want := x.axes.features()
	if len(want.atoms()) != len(x.store.atoms()) {
		return x.store
	}
	several := func(list []*atom) []*atom {
		return slices.DeleteFunc(slices.Clone(list), func(a *atom) bool { return a.size == 1 })
	}
	if slices.Equal(several(want.atoms()), several(x.store.atoms())) {
		return x.store
	}
	return want
}

// sameRows makes vectors of outputs that have differing numbers of rows before their last axis, which a spec wants
// alike.
func (im *importer) sameRows(found []*Output) {
	rows := func(o *Output) int {
		store := o.value.store
		return product(store[:max(0, len(store)-1)].extents())
	}
	if !slices.ContainsFunc(found, func(o *Output) bool { return rows(o) != rows(found[0]) }) {
		return
	}
	for _, o := range found {
		o.value = im.aligned(&Node{Op: "output", Name: o.Name}, o.value, axes{o.value.store.atoms()})
	}
}

// prune leaves the layers that outputs depend on.
func (im *importer) prune(outputs []*Output) {
	wanted := map[*layer]bool{}
	var visit func(l *layer)
	stack := []*layer{}
	visit = func(l *layer) {
		if !wanted[l] {
			wanted[l] = true
			stack = append(stack, l)
		}
	}
	for _, o := range outputs {
		visit(o.value.layer)
	}
	for len(stack) > 0 {
		l := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, from := range l.in {
			visit(from)
		}
	}
	im.layers = slices.DeleteFunc(im.layers, func(l *layer) bool { return !wanted[l] })
}

// keepTargets writes that a regression takes its targets as they are, so that it stays what it is once the spec names
// data.
func (o *Output) keepTargets() {
	l := o.value.layer
	if l.attr("task") == "regression" && l.attr("activation") == nil && l.attr("standardize") == nil {
		l.set("standardize", false)
	}
}

// chosenTask returns the task of an output that gives scores as the options have it, "" if they say nothing. It is an
// error if the output cannot be for that. Where nothing is said, a remark says how.
func (im *importer) chosenTask(o *Output, activation string, only bool) (string, error) {
	task, n := im.task, o.value.width()
	switch {
	case !only && (task != "" || im.names != nil):
		return "",
			errors.New("the model has several outputs: write the task of each into the spec, with `nngen import weights` for " +
				"the numbers")
	case !only:
		return "", nil
	case task == "regression" && activation == "":
		return task, nil
	case task != "" && activation != "":
		return "", fmt.Errorf("it is the %s of the model, and needs no --task", activation)
	case task == "" && im.names != nil && activation == "":
		if task = "multiclass"; n == 1 {
			task = "binary"
		}
	case task == "" && activation == "" && o.Label:
		task = "multiclass"
	case task == "" && activation == "":
		hint := fmt.Sprintf("--task multiclass, and --classes with %d names", n)
		if n == 1 {
			hint = "--task binary, and --classes with 2 names"
		}
		im.remarks = append(im.remarks,
			fmt.Sprintf("output %q ends without an activation and is taken as a regression; if it gives scores of classes "+
				"(logits), import it with %s", o.Name, hint))
	}
	if task == "multiclass" && n < 2 {
		return "",
			errors.New("it gives 1 number, but multiclass takes a score for each class: --task binary is for one score")
	}
	if task == "binary" && n == 2 {
		return "", errors.New("it gives 2 numbers for an example, scores of two classes: --task multiclass is for those")
	}
	return task, nil
}

// width returns the numbers of one row.
func (v *value) width() int { return product(v.store[max(0, len(v.store)-1):].extents()) }

// output makes the last layer of an output: the dense layer itself if nothing else reads it, else one without weights.
func (im *importer) output(o *Output, free, only bool) error {
	l := o.value.layer
	act, _ := l.attr("activation").(called)
	task := map[string]string{"softmax": "multiclass", "sigmoid": "binary"}[act.kind]
	if task == "" || !free {
		task = "regression"
	}
	ends := act.kind
	if free && (l.kind == "softmax" || l.kind == "sigmoid") {
		ends = l.kind
	}
	chosen, err := im.chosenTask(o, ends, only)
	if err != nil {
		return err
	}
	if o.Logits = chosen != "" && chosen != "regression"; o.Logits && o.Label {
		task = chosen
	} else if o.Logits {
		task = chosen
		im.remarks = append(im.remarks,
			fmt.Sprintf("output %q gives scores; the network makes probabilities of them, and its export --into has the "+
				"scores again", o.Name))
	}
	var out *layer
	switch {
	case free && l.kind == "dense" && l.kept.pairs == nil: // an output has no sparsity
		out = l
	case free && (act.kind == "softmax" || act.kind == "sigmoid"):
		l.attrs = slices.DeleteFunc(l.attrs, func(a attribute) bool { return a.key == "activation" })
		out = im.add(&Node{}, "output", l)
		out.attrs = []attribute{{"dense", false}, {"activation", act}}
	case free && (l.kind == "softmax" || l.kind == "sigmoid"):
		task = map[string]string{"softmax": "multiclass", "sigmoid": "binary"}[l.kind]
		out = l
		out.attrs = []attribute{{"dense", false}, {"activation", called{kind: l.kind}}}
	default:
		out = im.add(&Node{}, "output", l)
		out.attrs = []attribute{{"dense", false}}
	}
	out.kind = "output"
	if only {
		out.hint = "output"
	} else {
		out.hint = o.Name
	}
	out.attrs = append([]attribute{{"task", task}}, out.attrs...)
	if task == "regression" && act.kind != "" && out == l {
		out.set("loss", "mse")
	}
	o.value.layer = out
	o.lay(o.value.axes, o.value.store)
	if k := o.value.width(); im.names != nil && len(im.names) != max(k, 2) {
		return fmt.Errorf("--classes names %d, but there are %d", len(im.names), max(k, 2))
	}
	return nil
}
