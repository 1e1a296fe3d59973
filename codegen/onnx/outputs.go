package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// label marks values that serve to name a class.
type label struct {
	complement *value // of 1 − p: the p
	both       bool   // [1 − p, p] of a binary classifier, of which the value is p
	chosen     bool   // the number or name of the most probable class
	top        int    // the largest so many of the scores; 0 for all
	places     bool   // of the largest: their places
	// values is the name of the largest themselves, of their places.
	values string
}

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

// bothClasses returns p for the pair 1 − p and p; nil for other values.
func bothClasses(in []*value) *value {
	if len(in) != 2 || in[0] == nil || in[1] == nil || in[0].label == nil || in[0].label.complement == nil ||
		in[0].label.complement.layer != in[1].layer {
		return nil
	}
	y := *in[1]
	y.label = &label{both: true}
	return &y
}

// argMax is the number of the most probable class.
func argMax(im *importer, n *Node, in []*value) ([]*value, error) {
	names, others := im.onlyNames(n.Out[0])
	if !names {
		return nil,
			errors.New("the place of the largest element is computed with: a network gives the numbers themselves, and the " +
				"package's Classify names the class")
	}
	if others {
		return one(in[0].labelled(), nil)
	}
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	if n.int("select_last_index", 0) != 0 {
		return nil, blame("select_last_index", "of equal scores the first one is chosen")
	}
	if err := lastFeatures(n, x, n.int("axis", 0)); err != nil {
		return nil, err
	}
	return one(x.labelled(), nil)
}

// argMin is the place of the largest of the opposite numbers.
func argMin(im *importer, n *Node, in []*value) ([]*value, error) {
	if names, others := im.onlyNames(n.Out[0]); !names || others {
		return nil, errors.New("the place of the least element is computed with: a network gives the numbers themselves")
	}
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	if x, err = im.stretch(n, x, &array{data: []float64{-1}}, 0); err != nil {
		return nil, err
	}
	return argMax(im, n, []*value{x})
}

// lastFeatures wants an axis to be that of the classes, along which a spec's array is last.
func lastFeatures(n *Node, x *value, k int) error {
	k, err := axis(k, len(x.axes))
	if err != nil {
		return err
	}
	if along := x.axes[k]; len(along) == 0 || len(x.store) == 0 || !sameAtoms(along, x.store[len(x.store)-1]) {
		return blame("axis", "%d of %s: a class is chosen along the features, which has two or more of them", k, x.axes)
	}
	return nil
}

// topK is the largest of the scores, which callers choose themselves: the network gives all.
func topK(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	k := &array{data: []float64{float64(n.int("k", 0))}} // an attribute before opset 10
	if n.attr("k") == nil {
		if k, err = needed(in, 1, "number of elements", -1); err != nil {
			return nil, err
		}
	}
	v, ok := k.scalar()
	switch {
	case !ok || v < 1 || v > maxConstant:
		return nil, fmt.Errorf("%v elements of each row", k.data)
	case n.int("largest", 1) != 1:
		return nil, blame("largest",
			"0 takes the smallest elements of each row, and only the largest are imported (1, the default)")
	case n.int("sorted", 1) != 1:
		return nil, blame("sorted",
			"0 leaves the order of the elements open, and only elements from the largest on are imported (1, the default)")
	case slices.ContainsFunc(n.Out, func(o string) bool { return len(im.readersOf(o)) > 0 }):
		return nil, errors.New("the largest elements are computed with, which no layer does")
	}
	if err := lastFeatures(n, x, n.int("axis", -1)); err != nil {
		return nil, err
	}
	values, places := *x, *x
	values.label = &label{top: int(v)}
	places.label = &label{top: int(v), places: true, values: n.Out[0]}
	return []*value{&values, &places}, nil
}

// classNames reads the names of the classes, which a label chooses from.
func classNames(im *importer, n *Node, in []*value) ([]*value, error) {
	if len(in) != 2 || in[0] == nil || in[0].konst == nil || in[1] == nil || in[1].label == nil {
		return nil, errors.New("only the names of classes are chosen so")
	}
	im.named(in[0].konst)
	return one(in[1], nil)
}

// named keeps the names of classes.
func (im *importer) named(a *array) {
	im.classes = slices.Clone(a.words)
	for _, v := range a.data {
		im.classes = append(im.classes, numberName(v))
	}
}

// labelsOf reads names of classes from attributes of a node.
func (im *importer) labelsOf(n *Node) {
	if a := n.attr("classlabels_strings"); a != nil && len(a.Strings) > 0 {
		im.classes = slices.Clone(a.Strings)
		return
	}
	for _, name := range []string{"classlabels_int64s", "classlabels_ints"} {
		if a := n.attr(name); a != nil && len(a.Ints) > 0 {
			im.classes = nil
			for _, v := range a.Ints {
				im.classes = append(im.classes, strconv.FormatInt(v, 10))
			}
		}
	}
}

func zipMap(im *importer, n *Node, in []*value) ([]*value, error) {
	im.labelsOf(n)
	return same(im, n, in)
}

func labelEncoder(im *importer, n *Node, in []*value) ([]*value, error) {
	if in[0].words {
		return one(im.ordinal(n, in[0]))
	}
	if in[0].label == nil || !in[0].label.chosen {
		return nil, errors.New("it reads neither words of a column nor the number of a class")
	}
	return one(in[0], im.renamed(n))
}

// renamed gives classes the names that a LabelEncoder has for them: for the names that they have, or their numbers.
func (im *importer) renamed(n *Node) error {
	if a := n.attr("classes_strings"); a != nil { // before version 2: the key of a name is its place
		im.classes = slices.Clone(a.Strings)
		return nil
	}
	keys, values := namesIn(n, "keys"), namesIn(n, "values")
	if len(keys) == 0 || len(keys) != len(values) {
		return fmt.Errorf("it has %d keys and %d values, as attributes: want as many of both, at least one", len(keys),
			len(values))
	}
	old := im.classes
	if len(old) == 0 {
		for i := range keys {
			old = append(old, strconv.Itoa(i))
		}
	}
	im.classes = nil
	for _, name := range old {
		at := slices.Index(keys, name)
		if at < 0 {
			return fmt.Errorf("class %q is none of its keys %q", name, keys)
		}
		im.classes = append(im.classes, values[at])
	}
	return nil
}

// namesIn returns a list of a LabelEncoder as text, of whatever type it is.
func namesIn(n *Node, list string) (names []string) {
	if a := n.attr(list + "_strings"); a != nil {
		names = append(names, a.Strings...)
	}
	if a := n.attr(list + "_int64s"); a != nil {
		for _, v := range a.Ints {
			names = append(names, strconv.FormatInt(v, 10))
		}
	}
	if a := n.attr(list + "_floats"); a != nil {
		for _, v := range a.Floats {
			names = append(names, numberName(v))
		}
	}
	return names
}

// numberName returns the name of a class that is a number, with the digits that tell it from others of its type.
func numberName(v float64) string {
	bits := 64
	if float64(float32(v)) == v && v != math.Trunc(v) { // of whole numbers each digit counts
		bits = 32
	}
	return strconv.FormatFloat(v, 'g', -1, bits)
}

// scaler is (x − offset)·scale for each feature.
func scaler(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	list := func(name string, absent float64) *array {
		if a := n.attr(name); a != nil && len(a.Floats) > 0 {
			return &array{dims: []int{len(a.Floats)}, data: a.Floats}
		}
		return &array{dims: []int{1}, data: []float64{absent}}
	}
	offset := mapped(list("offset", 0), func(v float64) float64 { return -v })
	x.whole = false
	if x, err = im.shift(n, x, offset, unknown); err != nil {
		return nil, err
	}
	return one(im.stretch(n, x, list("scale", 1), unknown))
}

// normalizer changes nothing where the numbers of an example add up to 1 already.
func normalizer(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated2(in)
	if err != nil {
		return nil, err
	}
	act, _ := x.layer.attr("activation").(called)
	if n.word("norm", "MAX") == "L1" && (act.kind == "softmax" || x.layer.kind == "softmax" ||
		x.label != nil && x.label.both) {
		return one(x, nil)
	}
	if n.word("norm", "MAX") == "L2" && x.label == nil {
		if x, err = im.plain(n, x); err != nil {
			return nil, err
		}
		return one(im.unitNorm(n, x, x.axes[len(x.axes)-1]))
	}
	if n.word("norm", "MAX") == "L1" && x.label == nil {
		return one(im.sharesOf(n, x))
	}
	return nil, blame("norm",
		"%s behind a %s: L1 and L2 are imported; MAX divides by the largest number in some runtimes and by the largest "+
			"magnitude in others",
		n.word("norm", "MAX"), x.layer.kind)
}

// sharesOf is x/Σ|x| over the last axis; zeros stay zeros.
func (im *importer) sharesOf(n *Node, x *value) (*value, error) {
	x, err := im.plain(n, x)
	if err != nil {
		return nil, err
	}
	last := &value{konst: &array{dims: []int{1}, data: []float64{float64(len(x.axes) - 1)}, whole: true}}
	sum, err := reduce(im, &Node{Op: "ReduceL1", Name: n.Name, In: []string{"", ""}, Out: n.Out}, []*value{x, last})
	if err != nil {
		return nil, err
	}
	const tiny = 0x1p-100 // far below what float32 numbers beside it could be a share of
	s, err := im.bounded(n, sum[0], "maximum", &array{data: []float64{tiny}})
	if err != nil {
		return nil, err
	}
	if s, err = im.element(n, s, "reciprocal"); err != nil {
		return nil, err
	}
	return im.join(n, "multiply", []*value{x, s})
}

// binarizer is 1 where an element is above a threshold, else 0.
func binarizer(im *importer, n *Node, in []*value) ([]*value, error) {
	threshold := 0.0
	if a := n.attr("threshold"); a != nil {
		threshold = a.F
	}
	const name = "#threshold"
	return comparison(true, true)(im, &Node{Op: "Greater", Name: n.Name, In: []string{n.in(0), name}, Out: n.Out},
		[]*value{in[0], {konst: &array{data: []float64{threshold}}}})
}

// activated2 is the first input, a pair of classes included.
func (im *importer) activated2(in []*value) (*value, error) {
	if len(in) == 0 || in[0] == nil || in[0].layer == nil {
		return nil, errors.New("without an input")
	}
	return in[0], nil
}

// linearModel reads the weights of ai.onnx.ml as a dense layer, targets in rows.
func (im *importer) linearModel(n *Node, in []*value, rows int) (*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	coefficients := n.attr("coefficients")
	if coefficients == nil || rows < 1 || len(coefficients.Floats)%rows != 0 {
		return nil, fmt.Errorf("coefficients of %d targets", rows)
	}
	w, err := transposed(&array{dims: []int{rows, len(coefficients.Floats) / rows}, data: coefficients.Floats}, nil)
	if err != nil {
		return nil, err
	}
	var b *array
	if a := n.attr("intercepts"); a != nil && len(a.Floats) > 0 {
		b = &array{dims: []int{len(a.Floats)}, data: a.Floats}
	}
	return im.dense(n, x, w, b)
}

func linearRegressor(im *importer, n *Node, in []*value) ([]*value, error) {
	if p := n.word("post_transform", "NONE"); p != "NONE" {
		return nil, fmt.Errorf("post_transform %s is not imported", p)
	}
	return one(im.linearModel(n, in, n.int("targets", 1)))
}

func linearClassifier(im *importer, n *Node, in []*value) ([]*value, error) {
	im.labelsOf(n)
	rows := len(im.classes)
	single := rows == 2 && oneScore(n, in)
	if single {
		rows = 1
	}
	y, err := im.linearModel(n, in, rows)
	if err != nil {
		return nil, err
	}
	l := y.layer
	probabilities := *y
	switch p := n.word("post_transform", "NONE"); {
	case single && p == "LOGISTIC":
		l.set("activation", called{kind: "sigmoid"})
		probabilities.label = &label{both: true}
	case single:
		return nil, blame("post_transform", "%s of one score for two classes, whose scores are then no probabilities: "+
			"LOGISTIC is imported; export the probabilities, or a row of coefficients for each class", p)
	case p == "SOFTMAX":
		l.set("activation", called{kind: "softmax"})
	case p == "LOGISTIC" && rows == 2 && opposite(l):
		second, err := im.columns(n, y, len(y.axes)-1, 1, 1)
		if err != nil {
			return nil, err
		}
		second.layer.set("activation", called{kind: "sigmoid"})
		probabilities = *second
		probabilities.label = &label{both: true}
	case p == "LOGISTIC" && rows > 2 && im.addsUp(n.Out):
		// One against the rest: σ(zₖ)/Σσ(zⱼ) is the softmax of ln σ(zₖ) = −softplus(−zₖ).
		for i, p := range l.params {
			l.params[i].data = slices.Clone(p.data)
			for j := range p.data {
				l.params[i].data[j] = -p.data[j]
			}
		}
		if y, err = im.element(n, y, "softplus"); err != nil {
			return nil, err
		}
		if y, err = im.rescaled(n, y, -1, 0); err != nil {
			return nil, err
		}
		if y, err = im.element(n, y, "softmax"); err != nil {
			return nil, err
		}
		probabilities = *y
	case p == "NONE":
	default:
		return nil, fmt.Errorf("post_transform %s of %d classes is not imported", p, rows)
	}
	chosen := probabilities
	chosen.label = &label{chosen: true}
	return []*value{&chosen, &probabilities}, nil
}

// oneScore tells whether a classifier has one row of coefficients, as of two classes some converters write: what it
// gives is the score of the second class.
func oneScore(n *Node, in []*value) bool {
	a := n.attr("coefficients")
	return a != nil && len(in) > 0 && in[0] != nil && len(in[0].axes) > 0 &&
		len(a.Floats) == product(in[0].axes.features().extents())
}

// addsUp tells whether nothing but a Normalizer, which makes scores add up to 1, reads the second of a node's outputs.
func (im *importer) addsUp(out []string) bool {
	if len(out) < 2 || slices.ContainsFunc(im.model.Graph.Outputs, func(o *Port) bool { return o.Name == out[1] }) {
		return false
	}
	readers := im.readersOf(out[1])
	return len(readers) > 0 && !slices.ContainsFunc(readers, func(r *Node) bool {
		return operatorOf(r) != "ml.Normalizer" || r.word("norm", "MAX") != "L1"
	})
}

// opposite tells whether the scores of two classes are always opposite numbers.
func opposite(l *layer) bool {
	for _, p := range l.params {
		for i := 0; i+1 < len(p.data); i += 2 {
			if p.data[i] != -p.data[i+1] {
				return false
			}
		}
	}
	return true
}

// Output of the model as found.
func (im *importer) outputs() error {
	readers := map[*layer]int{}
	var found []*Output
	outputs := im.model.Graph.Outputs
	onlyLabels := !slices.ContainsFunc(outputs, func(o *Port) bool {
		v := im.values[o.Name]
		return v == nil || v.label == nil || !v.label.chosen
	})
	for _, o := range outputs {
		v := im.values[o.Name]
		var chosen label
		if v != nil && v.label != nil && v.label.places &&
			slices.ContainsFunc(outputs, func(p *Port) bool { return p.Name == v.label.values }) {
			im.report = append(im.report, fmt.Sprintf("output %q → dropped: the places of output %q", o.Name, v.label.values))
			continue
		}
		if v != nil && v.label != nil && (v.label.top > 0 || v.label.chosen && onlyLabels) {
			scores := *v
			scores.label, chosen = nil, *v.label
			v = &scores
		}
		switch {
		case v == nil:
			return fmt.Errorf("output %q: nothing gives it", o.Name)
		case v.konst != nil:
			return fmt.Errorf("output %q does not depend on the input: take it out of the outputs, and keep its numbers "+
				"beside the network", o.Name)
		case v.label != nil && v.label.chosen:
			im.report = append(im.report, fmt.Sprintf("output %q → dropped: the package's Classify names the class", o.Name))
			continue
		case v.words:
			return fmt.Errorf("output %q is an input of words, which no network gives", o.Name)
		case v.quantized:
			return fmt.Errorf("output %q is rounded to whole numbers, which no network gives: export it with the "+
				"DequantizeLinear behind",
				o.Name)
		case raw(v.layer):
			kept := *v
			kept.layer = im.add(&Node{Op: "output", Name: o.Name}, "linear", v.layer)
			v = &kept
		}
		both := v.label != nil && v.label.both
		bare := *v
		bare.label = nil
		plain, err := im.plain(&Node{Op: "output", Name: o.Name}, &bare)
		if err != nil {
			return fmt.Errorf("output %q: %w", o.Name, err)
		}
		if !im.images {
			plain = im.aligned(&Node{Op: "output", Name: o.Name}, plain, im.inOrder(plain))
		}
		if slices.ContainsFunc(found, func(f *Output) bool { return f.value.layer == plain.layer }) {
			im.report = append(im.report, fmt.Sprintf("output %q → dropped: it is the same as another", o.Name))
			continue
		}
		switch {
		case chosen.chosen:
			im.remark(fmt.Sprintf("output %q only names the class: the network gives the probabilities, of which the "+
				"package's Classify chooses the largest", o.Name))
		case chosen.top > 0:
			im.remark(fmt.Sprintf("output %q chooses the largest %d of each row: the network gives all", o.Name, chosen.top))
		}
		inverted := slices.Contains(im.inverted, v.layer)
		if inverted {
			im.remark(fmt.Sprintf("output %q is the probability of the first class of the model, which is the second one here",
				o.Name))
		}
		found = append(found, &Output{Name: o.Name, Both: both, value: plain, decision: im.decision(o.Name, v.layer),
			Label: chosen.chosen, Inverted: inverted, Top: chosen.top, Places: chosen.places})
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
