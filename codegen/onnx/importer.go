package onnx

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/spec"
)

// layer is a layer of the spec under construction.
type layer struct {
	kind    string // of the spec; "input" for an input
	hint    string // the name in the model, from which its own is made
	name    string // in the spec; given at the end
	attrs   []attribute
	in      []*layer
	params  []param
	origin  []string  // the nodes that it stands for
	shape   axes      // of an input, as layers see it
	images  bool      // of an input whose channels the model has first
	layout  string    // of an input: that of the spec; "" for channels last
	tokens  bool      // of an input that holds whole numbers
	columns []column  // of an input that a table feeds
	fixed   []net.Fit // what those took from the training rows, and the spec cannot say
	was     []int     // the shape before a reshape; nil for other kinds
	kept    kept      // the connections of a dense layer
	tied    tied      // why a training leaves its numbers as they are
	made    []string  // the parameters that change nothing, and that no number of the model gives
	states  int       // how many of the inputs, the last ones, are the initial state
	roots   []string  // the initializers that its parameters come from
	part    string    // of the state of a recurrent layer, which a layer of stateKind reads
	// rounding is how a pair rounds what the layer gives, and before what its activation reads; nil for none.
	rounding, before *Rounding
}

// attribute is a key of a layer in YAML, with Go's value.
type attribute struct {
	key   string
	value any
}

// param is a parameter of a layer: its role, which follows the layer's name in weight files, and its numbers in the
// spec's layout.
type param struct {
	role string
	dims []int
	data []float64
}

// keep notes that the model has the channels of an input first, and keeps them there if the layout says so.
func (l *layer) keep(layout string) {
	l.images = true
	if layout == spec.ChannelsFirst {
		l.layout = layout
	}
}

// given returns the axes of an input as callers of the package give them.
func (l *layer) given() axes {
	if k := len(l.shape) - 1; l.layout == spec.ChannelsFirst {
		return append(axes{l.shape[k]}, l.shape[:k]...)
	}
	return l.shape
}

func (l *layer) attr(key string) any {
	for _, a := range l.attrs {
		if a.key == key {
			return a.value
		}
	}
	return nil
}

func (l *layer) set(key string, v any) {
	for i, a := range l.attrs {
		if a.key == key {
			l.attrs[i].value = v
			return
		}
	}
	l.attrs = append(l.attrs, attribute{key, v})
}

func (l *layer) param(role string) *param {
	for i := range l.params {
		if l.params[i].role == role {
			return &l.params[i]
		}
	}
	return nil
}

// clone returns a copy that may be changed.
func (l *layer) clone() *layer {
	c := *l
	c.attrs, c.params, c.origin, c.in = slices.Clone(l.attrs), slices.Clone(l.params),
		slices.Clone(l.origin), slices.Clone(l.in)
	c.roots, c.made = slices.Clone(l.roots), slices.Clone(l.made)
	return &c
}

// value is what is known of a value of the graph.
type value struct {
	konst *array // its numbers, if it is a constant
	layer *layer // that gives it otherwise
	axes  axes   // of the model's array
	store axes   // of the spec's array, without the batch
	scale float64
	// whole says that the elements are whole numbers of an input, bits that they are 0 or 1.
	whole, bits bool
	// ints says that the type of the elements is one of whole numbers, which are computed with as in float32, but for
	// quotients, which are cut off.
	ints      bool
	shared    bool   // others may read the layer without the pending factor
	words     bool   // an input of words, that nothing has encoded yet
	quantized bool   // between the halves of a pair that rounds
	heads     *heads // of what lies within an attention: see attention.go
	label     *label // of what only tells the class: see outputs.go
	// above is what a condition x > ½ compares: a mask that means the same.
	above *value
	// forbids is what a sum with scores of an attention would take from them: a number below all others where it is 1.
	forbids *value
	// also is a constant that it would add besides, such as the mask of a causal attention; nil for none.
	also *array
	// narrow is the value before it was stretched to this shape, for masks.
	narrow *value
	// positive says that no element is below 0, so that zeros around it do not change a maximum.
	positive bool
}

// importer makes layers from nodes.
type importer struct {
	model       *Model
	files       fs.FS
	batch       int // the number that stands for the batch
	noBatch     bool
	index       index
	images      bool // whether some value has channels first in images or sequences, which are last here
	spent       int  // numbers that were computed, and held by layers on the way
	budget      int  // how many those may be
	depth       int  // how deep in branches the nodes at hand lie
	nodes       []*Node
	reads       map[string]int
	values      map[string]*value
	roots       map[string][]string // the initializers that constants come from, of those that are computed
	layers      []*layer
	inputs      []*layer
	classes     []string
	below       map[lengthsOf]*layer // 1 for steps before the lengths of sequences
	counts      map[*layer]float64   // layers that give sums of whole numbers but for rounding, and at which scale
	thresholds  map[*layer]float64   // probabilities from which on a label is the second class, by what gives them
	inverted    []*layer             // that give probabilities of the first class: a label is the second one below them
	rejects     map[string]float64   // below which an output declines, by its name
	report      []string
	tables      map[string]string // of inputs that are columns: the table
	maskedCells map[string]*value // outputs of recurrent layers with masks, by what the operator in the file gives
	task        string            // of the one output, and
	names       []string          // of its classes, as the options have them
	own         bool              // whether nngen wrote the file: see simplify_own.go
	sparse      bool              // takes weights of 0 for no connections
	layout      string            // of inputs whose channels the model has first
	pairs       []*Node           // second halves of pairs that round activations
	steps       map[string]*array // the scales of initializers of 8-bit integers, nil for those that weights can't have
	remarks     []string          // decisions made for the user
	masks       map[string]bool   // constants that tell which weights there are: see sparsify
	zeroed      []zeroed
	apart       [][2]*layer // which share numbers of the model, but no layer of the other
	found       []*Output
	errs        []error
}

// primes stand for a batch that the model leaves open. They are above any factor that shapes of features have, or the
// two imports differ.
var primes = [2]int{1009, 2003}

// run imports the model with one number for the batch.
func (m *Model) run(o Options, batch int) (*importer, error) {
	im := &importer{task: o.Task, names: o.Classes, model: m, files: o.Files, batch: batch, noBatch: o.NoBatch,
		values: map[string]*value{}, roots: map[string][]string{},
		budget: maxConstant, thresholds: map[*layer]float64{}, rejects: map[string]float64{}, tables: map[string]string{},
		below: map[lengthsOf]*layer{}, counts: map[*layer]float64{},
		maskedCells: map[string]*value{}, steps: map[string]*array{}, masks: map[string]bool{}, sparse: o.Sparse,
		layout: o.Layout,
		own:    m.Producer == producer}
	var err error
	var outputs []string
	for _, o := range m.Graph.Outputs {
		outputs = append(outputs, o.Name)
	}
	fronts := m.fronts()
	if im.nodes, err = im.prepared(fronts.graph, outputs); err != nil {
		return nil, err
	}
	im.dump(o, "patterns", im.dumpNodes)
	ports := im.columnInputs(fronts.graph.Inputs)
	im.reads = readers(im.nodes, outputs)
	if err := im.ports(ports); err != nil {
		return nil, err
	}
	im.describeFronts(fronts.inputs)
	for _, n := range im.nodes {
		im.node(n)
	}
	im.remarkPairs()
	im.remarkCircular()
	im.remarkFolded()
	im.dump(o, "shapes", im.dumpShapes)
	if len(im.errs) > 0 {
		return nil, &Unsupported{im.errs}
	}
	if err := im.outputs(); err != nil {
		return nil, err
	}
	im.dump(o, "layout", im.dumpLayout)
	return im, nil
}

// prepared reads the constants of a graph and returns its nodes in order, functions written out and patterns replaced.
func (im *importer) prepared(g *Graph, outputs []string) ([]*Node, error) {
	for _, t := range g.Initializers {
		a, err := t.load(im.files)
		if err != nil {
			return nil, fmt.Errorf("initializer %q: %w", t.Name, err)
		}
		im.values[t.Name] = &value{konst: a}
		im.budget += 8 * len(a.data) // a weight is transposed, moved and scaled on its way into a layer
	}
	if err := im.loadSparse(g); err != nil {
		return nil, err
	}
	nodes, err := im.model.inlined(g.Nodes)
	if err != nil {
		return nil, err
	}
	if nodes, err = sorted(nodes); err != nil {
		return nil, err
	}
	for _, n := range nodes {
		if n.Op == "Constant" {
			im.constant(n)
		}
	}
	return im.simplify(im.offsetCodes(nodes), outputs), nil
}

// number returns the only number of a constant, for patterns.
func (im *importer) number(name string) (float64, bool) {
	if v := im.values[name]; v != nil {
		return v.konst.scalar()
	}
	return 0, false
}

// fixed tells whether a value is a constant, for patterns.
func (im *importer) fixed(name string) bool {
	return im.values[name] != nil && im.values[name].konst != nil
}

// wholes returns the whole numbers of a constant, for patterns.
func (im *importer) wholes(name string) []int64 {
	v := im.values[name]
	if v == nil || v.konst == nil || !v.konst.whole {
		return nil
	}
	var out []int64
	for _, i := range v.konst.ints() {
		out = append(out, int64(i))
	}
	return out
}

// ports makes the inputs.
func (im *importer) ports(ports []*Port) error {
	for _, p := range ports {
		if im.values[p.Name] != nil {
			continue // an initializer that old files list as an input too
		}
		if p.Kind != "tensor" || !p.Has || len(p.Dims) == 0 && !im.noBatch {
			return fmt.Errorf("input %q is not an array whose shape the file tells; want a batch of examples, such as n×4",
				p.Name)
		}
		words := elementTypes[p.Type].name == "string"
		if e, ok := elementTypes[p.Type]; !words && (!ok || e.read == nil) {
			return fmt.Errorf("input %q holds elements of %s: a network reads numbers; export the model without what turns "+
				"those into numbers",
				p.Name, typeName(p.Type))
		}
		if e := elementTypes[p.Type]; e.name == "float16" || e.name == "bfloat16" {
			im.remark(fmt.Sprintf("input %q is of %s, in which the model computes: the network computes in float32, and what "+
				"the model rounds differs", p.Name, e.name))
		}
		x := make(axes, len(p.Dims))
		at := im.batchAxis(p)
		for i, d := range p.Dims {
			switch {
			case d.Size <= 0 && !d.open():
				return fmt.Errorf("input %q holds no numbers: dimension %d is 0", p.Name, i)
			case d.Size > maxElements:
				return fmt.Errorf("input %q: dimension %d is %d, at most %d is imported", p.Name, i, d.Size, maxElements)
			case i == at && !d.open() && int(d.Size) != im.batch:
				return fmt.Errorf("input %q has a batch of %d, another of %d: the examples of all inputs go together",
					p.Name, d.Size, im.batch)
			case i == at:
				x[i] = []*atom{{size: im.batch, batch: true}}
			case d.Size <= 0:
				return fmt.Errorf("input %q: dimension %d is open (%q), but a generated network has fixed shapes: export the "+
					"model with a size, or set it by --input-dim %s=N",
					p.Name, i, d.Name, cmpOr(d.Name, "NAME"))
			default:
				x[i] = []*atom{{size: int(d.Size)}}
			}
		}
		if err := x.sized(fmt.Sprintf("input %q", p.Name)); err != nil {
			return err
		}
		store := x.features()
		images := im.channelsFirst(p.Name) && at == 0 && len(x) > 2
		if images {
			store = append(slices.Clone(x[2:]), x[1])
		}
		if len(store) == 0 { // one number for each example
			store = axes{{{size: 1}}}
		}
		l := &layer{kind: "input", hint: p.Name, shape: store, tokens: elementTypes[p.Type].whole}
		if images {
			l.keep(im.layout)
		}
		im.inputs = append(im.inputs, l)
		im.values[p.Name] = &value{layer: l, axes: x, store: store, scale: 1, whole: l.tokens,
			bits: elementTypes[p.Type].name == "bool", words: words}
	}
	if len(im.inputs) == 0 {
		return errors.New("the model has no input that is not a constant")
	}
	return nil
}

// open tells whether the file leaves a dimension open. Some writers put 0 or −1 for that, beside a name or not.
func (d Dim) open() bool { return d.Size < 0 || d.Size == 0 && (!d.Fixed || d.Name != "") }

// batchAxis returns the axis of an input along which examples lie, −1 for none: the first; or the only open one; or the
// second of a sequence that a recurrent layer reads step by step.
func (im *importer) batchAxis(p *Port) int {
	if im.noBatch {
		return -1
	}
	open := slices.IndexFunc(p.Dims, Dim.open)
	if open > 0 {
		return open
	}
	if open < 0 && len(p.Dims) == 3 && (im.stepsFirst(p.Name) || im.initialState(p.Name)) {
		return 1
	}
	return 0
}

// stepsFirst tells whether an input goes right into a recurrent operator that has the steps before the batch.
func (im *importer) stepsFirst(name string) bool {
	return slices.ContainsFunc(im.readersOf(name), func(n *Node) bool {
		return cells[n.Op].kind != "" && n.in(0) == name && n.int("layout", 0) == 0
	})
}

// initialState tells whether an input, or a part of it, is the state that a recurrent operator begins with:
// layers×n×units.
func (im *importer) initialState(name string) bool {
	return slices.ContainsFunc(im.readersOf(name), func(n *Node) bool {
		switch {
		case cells[n.Op].kind != "":
			return (n.in(5) == name || n.in(6) == name) && n.int("layout", 0) == 0
		case n.Op == "Slice" || n.Op == "Split" || n.Op == "Gather":
			return n.in(0) == name && slices.ContainsFunc(n.Out, im.initialState)
		}
		return false
	})
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// convolving are the operators whose input has its channels right behind the batch.
var convolving = []string{"Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool",
	"InstanceNormalization", "LpPool",
	"DepthToSpace", "SpaceToDepth", "Resize", "Upsample",
	"BatchNormalization", "GroupNormalization"}

// through are operators that keep the place of the channels.
var through = []string{"Relu", "Clip", "Cast", "Identity", "Pad", "Mul", "Add", "Sub", "Div",
	"Dropout", "Sigmoid", "Tanh", "QuantizeLinear", "DequantizeLinear", "Affine"}

// channelsFirst tells whether an input is read as images or sequences with the channels first.
func (im *importer) channelsFirst(name string) bool {
	for range 8 {
		next := ""
		for _, n := range im.readersOf(name) {
			if slices.Contains(convolving, n.Op) {
				return n.in(0) == name
			}
			if slices.Contains(through, n.Op) && len(n.Out) > 0 {
				next = n.Out[0]
			}
		}
		if next == "" {
			return false
		}
		name = next
	}
	return false
}

// node imports one node. What reads a value that could not be made is passed over, so that one fault is told once.
func (im *importer) node(n *Node) {
	if n.Op == "Constant" {
		return // read already
	}
	args := make([]*value, len(n.In))
	for i, name := range n.In {
		if name == "" {
			continue
		}
		if args[i] = im.values[name]; args[i] != nil {
			continue
		}
		switch {
		case !im.given(name):
			im.failed(n, nil, fmt.Errorf("it reads %q, which nothing gives", name))
		case !known(n): // what it reads could not be made, but neither could it
			im.failed(n, nil, errOperator)
		}
		return
	}
	if im.spent > im.budget || len(im.layers) > maxLayers {
		return // told already
	}
	layers := len(im.layers)
	results, err := im.apply(n, args)
	if err == nil {
		err = im.spend(results, im.layers[layers:])
	}
	if err != nil {
		im.failed(n, args, err)
		return
	}
	im.rooted(n, args, results, im.layers[layers:])
	for i, r := range results {
		if i < len(n.Out) && n.Out[i] != "" && r != nil {
			im.values[n.Out[i]] = r
		}
	}
}

// spend counts the numbers that a node made: constants, and the parameters of layers, which may be copies of others. So
// a small file does not take much memory.
func (im *importer) spend(results []*value, layers []*layer) error {
	for _, r := range results {
		switch {
		case r == nil:
		case r.konst != nil:
			im.spent += len(r.konst.data)
		default:
			if err := r.axes.sized("what it gives"); err != nil {
				return err
			}
		}
	}
	for _, l := range layers {
		for _, p := range l.params {
			im.spent += len(p.data)
		}
	}
	if len(im.layers) > maxLayers {
		return fmt.Errorf("what comes before makes %d layers: at most %d are imported", len(im.layers), maxLayers)
	}
	if im.spent > im.budget {
		return fmt.Errorf("the constants that are computed for this model have more than %d numbers", im.budget)
	}
	return nil
}

// maxLayers bounds the layers of an import: one node may become hundreds. Networks of people have some hundred in all.
const maxLayers = 1 << 13

// index notes which nodes read and which give each value. It follows im.nodes, which branches change.
type index struct {
	of      []*Node
	readers map[string][]*Node
	given   map[string]bool
}

func (im *importer) indexed() *index {
	if x := &im.index; x.readers == nil || len(x.of) != len(im.nodes) || len(x.of) > 0 &&
		x.of[len(x.of)-1] != im.nodes[len(x.of)-1] {
		im.index = index{of: im.nodes, readers: map[string][]*Node{}, given: map[string]bool{}}
		for _, n := range im.nodes {
			for _, in := range n.readNames() {
				im.index.readers[in] = append(im.index.readers[in], n)
			}
			for _, o := range n.Out {
				im.index.given[o] = true
			}
		}
	}
	return &im.index
}

// readersOf returns the nodes that read a value.
func (im *importer) readersOf(name string) []*Node { return im.indexed().readers[name] }

// given tells whether some node gives a value.
func (im *importer) given(name string) bool { return im.indexed().given[name] }

// opset returns the version of the operators of a node's domain.
func (im *importer) opset(n *Node) int64 {
	if n.opset != 0 {
		return n.opset
	}
	return im.model.Opsets[domainOf(n.Domain)]
}

func shapesOf(args []*value) string {
	var parts []string
	for _, a := range args {
		switch {
		case a == nil:
			parts = append(parts, "–")
		case a.konst != nil:
			parts = append(parts, fmt.Sprintf("constant%v", a.konst.dims))
		default:
			parts = append(parts, a.axes.String())
		}
	}
	return strings.Join(parts, ", ")
}

// apply runs the row of an operator.
func (im *importer) apply(n *Node, args []*value) ([]*value, error) {
	if i := slices.IndexFunc(args, func(v *value) bool { return v != nil && v.label != nil && v.label.chosen }); i >= 0 &&
		slices.Contains(naming, operatorOf(n)) && n.Domain == "" {
		if n.Op == "Gather" && args[0] != nil && args[0].konst != nil {
			im.named(args[0].konst)
		}
		return []*value{args[i]}, nil // reshapes and casts of a label
	}
	if !slices.ContainsFunc(args, func(v *value) bool { return v != nil && v.konst == nil }) {
		if n.Op == "Expand" && n.Domain == "" && im.open() {
			args = im.ofOneExample(args)
		}
		if out, ok, err := im.fold(n, args); ok || err != nil {
			im.noteMask(n, args)
			if err == nil && n.Op == "DequantizeLinear" {
				im.noteSteps(n, args)
			}
			return out, err
		}
	}
	op := n.Op
	if strings.HasPrefix(n.Domain, "ai.onnx.ml") {
		op = "ml." + op
	} else if n.Domain != "" && n.Domain != "ai.onnx" && n.Domain != internal {
		return nil, fmt.Errorf("operators of %q are not those of ONNX", n.Domain)
	}
	row := operators[op]
	if n.Domain != internal && slices.Contains(made, op) {
		row = nil
	}
	switch {
	case row == nil && computed(op):
		return nil, errors.New("only constants are computed with so")
	case row == nil:
		return nil, errOperator
	case len(args) == 0 || args[0] == nil:
		return nil, errors.New("without an input")
	case op != "If" && args[0].konst != nil && !slices.Contains(constantFirst, op):
		return nil, errors.New("a constant where an activation is expected")
	case op != "If" && !slices.ContainsFunc(args, func(v *value) bool { return v != nil && v.konst == nil }):
		return nil, errors.New("all that it reads is constant, of which it is not computed")
	}
	for i, a := range args {
		if a != nil && a.konst != nil && len(a.konst.words) > 0 && n.Domain == "" && n.Op != "Gather" {
			return nil, errors.New("words are computed with: a network computes with numbers")
		}
		if a != nil && a.konst != nil && product(a.konst.dims) == 0 && n.Domain != "ai.onnx.ml" && (i == 0 ||
			!slices.Contains(emptyLists, op)) {
			return nil, fmt.Errorf("a constant of %v has no elements", a.konst.dims)
		}
		if a.ofInts() && (op == "Div" || op == "ReduceMean" && i == 0) {
			return nil, errQuotient
		}
		if a == nil || a.konst != nil {
			continue
		}
		if a.label != nil && a.label.both && !slices.Contains(pairwise, op) {
			var err error
			if args[i], err = im.numeric(n, a); err != nil {
				return nil, err
			}
		}
		if a.words && op != "ml.OneHotEncoder" && op != "ml.LabelEncoder" {
			return nil, errWords
		}
		if a.quantized && !slices.Contains(roundly, op) {
			return nil, errors.New("it reads rounded numbers that nothing turns back: a network computes in float32")
		}
		if a.whole && !slices.Contains(wholeNumbers, op) {
			return nil, errWhole
		}
	}
	if slices.Contains(stretching, op) {
		args = im.withoutBatch(args)
	}
	var results []*value
	var err error
	if at := crowdedAxis(args[0]); at >= 0 && slices.Contains(perExample, op) {
		results, err = im.eachStep(n, row, args, at)
	} else {
		results, err = row(im, n, args)
	}
	if err == nil && op == "ReduceSum" && (args[0].whole || args[0].bits) {
		im.counts[results[0].layer] = results[0].scale
	}
	if err == nil && strings.HasPrefix(op, "Reduce") && args[0].whole { // sums of whole numbers are such
		sum := *results[0]
		sum.whole = true
		results = []*value{&sum}
	}
	if err == nil && givesInts(op, args) {
		for i, r := range results {
			y := *r
			y.ints = true
			results[i] = &y
		}
	}
	if err == nil && op != "DequantizeLinear" && slices.ContainsFunc(args,
		func(v *value) bool { return v != nil && v.quantized }) {
		for i, r := range results {
			rounded := *r
			rounded.quantized = true
			results[i] = &rounded
		}
	}
	return results, err
}

// errWhole is the reason of an operator that computes with whole numbers.
var errWhole = errors.New("whole numbers are computed with, but a network computes in float32: cast them to float " +
	"first")

// errQuotient is the reason of an operator that divides whole numbers.
var errQuotient = errors.New("quotients of whole numbers are cut off, which no layer does: cast them to float first")

// ofInts tells whether the elements are known to be of a type of whole numbers.
func (x *value) ofInts() bool {
	return x != nil && (x.ints || x.whole || x.konst != nil && x.konst.whole && !x.konst.truth)
}

// givesInts tells whether what an operator gives is of a type of whole numbers, by what it reads.
func givesInts(op string, args []*value) bool {
	switch {
	case op == "Where":
		return slices.ContainsFunc(args[1:], (*value).ofInts)
	case op == "OneHot":
		return len(args) > 2 && args[2].ofInts()
	case slices.Contains(ofOneType, op):
		return slices.ContainsFunc(args, (*value).ofInts)
	}
	return slices.Contains(ofTheFirst, op) && args[0].ofInts()
}

// ofOneType are the operators whose inputs and results are all of one type, ofTheFirst those whose results are of the
// type of their first input.
var (
	ofOneType  = []string{"Add", "Concat", "MatMul", "Max", "Min", "Mod", "Mul", "Sub", "Sum"}
	ofTheFirst = []string{"Abs", "Clip", "CumSum", "Expand", "Flatten", "Gather", "GatherElements", "GatherND",
		"Identity", "Neg", "Pad", "Pow", "ReduceL1", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceSum",
		"ReduceSumSquare", "Relu", "Reshape", "Sign", "Slice", "Split", "Squeeze", "Tile", "Transpose", "Unsqueeze"}
)

// stretching are the operators of elements that stretch an axis of one element along the others' axis.
var stretching = []string{"Add", "Sub", "Mul", "Div", "Max", "Min", "Where"}

// withoutBatch returns inputs with those constants that hold the same for every example, as the zeros that a state
// begins with, as constants of one example.
func (im *importer) withoutBatch(args []*value) []*value {
	var like *value
	for _, a := range args {
		if a != nil && a.konst == nil && (like == nil || len(a.axes) > len(like.axes)) {
			like = a
		}
	}
	if like == nil {
		return args
	}
	at := slices.IndexFunc(like.axes, func(x []*atom) bool { return len(x) == 1 && x[0].batch })
	for i, a := range args {
		if at < 0 || a == nil || a.konst == nil || len(a.konst.dims) != len(like.axes) || a.konst.dims[at] != im.batch ||
			len(a.konst.data) != product(a.konst.dims) {
			continue
		}
		if k := a.konst.firstAlong(at); k != nil {
			args = slices.Clone(args)
			args[i] = &value{konst: k}
		}
	}
	return args
}

// ofOneExample returns the inputs of an Expand that asks for as many examples as there are, with those that its constant
// has, if they are alike, as one. PyTorch computes the zeros that the states of packed sequences begin with at export,
// for the examples it was given, and expands them.
func (im *importer) ofOneExample(args []*value) []*value {
	if len(args) < 2 || args[0] == nil || args[1] == nil || len(args[0].konst.data) != product(args[0].konst.dims) {
		return args
	}
	c, want := args[0].konst, args[1].konst.ints()
	for i, d := range c.dims {
		if at := len(want) - len(c.dims) + i; at < 0 || d == 1 || want[at] != im.batch {
			continue
		}
		if k := c.firstAlong(i); k != nil {
			return []*value{{konst: k}, args[1]}
		}
	}
	return args
}

// constantFirst are the operators whose first input may be a constant beside activations.
var constantFirst = []string{"Gather", "Add", "Mul", "Sub", "Div", "Pow", "Sum", "Max", "Min", "Mean", "Concat",
	"Where", "MatMul", "Einsum", "ml.ArrayFeatureExtractor",
	"And", "Or", "Xor", "Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"}

// emptyLists are the operators that may read a list of nothing, such as no axes or the shape of one number.
var emptyLists = []string{"Expand", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax",
	"ReduceMean",
	"ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare", "Reshape", "Resize", "Slice", "Squeeze", "Unsqueeze"}

// pairwise are the operators that may read both classes of a binary classifier at once.
var pairwise = []string{"ArgMax", "Cast", "Identity", "ml.ZipMap", "ml.Normalizer"}

// wholeNumbers are the operators that may read whole numbers: they do not compute with them, or give the same in
// float32.
var wholeNumbers = []string{"Cast", "Identity", "Shape", "Size", "Gather", "Reshape", "Flatten", "Squeeze", "Unsqueeze",
	"Transpose", "Slice", "Split", "Concat",
	"Expand", "Tile", "Not", "And", "Or", "Xor", "Where", "Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual",
	"ArgMax", "ReduceSum", "ReduceMax", "ReduceMin", "DequantizeLinear", "EmbeddingBag", "GatherElements", "OneHot",
	"LSTM", "GRU", "RNN",
	"ml.Scaler", "ml.Normalizer", "ml.Imputer", "ml.LinearClassifier", "ml.LinearRegressor", "ml.OneHotEncoder",
	"ml.LabelEncoder", "ml.ArrayFeatureExtractor"}

// one wraps a single result.
func one(v *value, err error) ([]*value, error) {
	if err != nil {
		return nil, err
	}
	return []*value{v}, nil
}

// add appends a layer.
func (im *importer) add(n *Node, kind string, in ...*layer) *layer {
	l := &layer{kind: kind, hint: hintOf(n), in: in, origin: []string{n.String()}}
	im.layers = append(im.layers, l)
	return l
}

// hintOf returns the name of the module that a node came from: PyTorch's exporter writes /e/linear1/MatMul.
func hintOf(n *Node) string {
	parts := strings.Split(strings.Trim(n.Name, "/"), "/")
	if len(parts) < 2 || !strings.HasPrefix(n.Name, "/") {
		return ""
	}
	return strings.Join(parts[:len(parts)-1], "_")
}

// fresh and unknown stand for the place of a value that a node made itself, and of one that others may read.
const fresh, unknown = -1, -2

// sole tells whether a node is the only reader of its i-th input.
func (im *importer) sole(n *Node, i int) bool {
	if i < 0 {
		return i == fresh
	}
	return n.in(i) != "" && im.reads[n.in(i)] == 1
}

// aligned returns a value whose spec array has just the axes want, by reshape and permute layers where it must.
func (im *importer) aligned(n *Node, v *value, want axes) *value {
	out := *v
	if equalAxes(v.store, want) {
		return &out
	}
	// Atoms of extent 1 move no number.
	longer := func(x axes) []*atom { return slices.DeleteFunc(x.atoms(), func(a *atom) bool { return a.size == 1 }) }
	from, have, order := v.store, longer(v.store), longer(want)
	if !slices.Equal(have, order) {
		var single, moved axes
		for _, a := range have {
			single = append(single, []*atom{a})
		}
		out.layer = im.reshaped(n, out.layer, from, single)
		dims := []int{}
		for _, a := range order {
			dims = append(dims, slices.Index(have, a)+1)
			moved = append(moved, []*atom{a})
		}
		l := im.add(n, "permute", out.layer)
		l.set("dims", dims)
		out.layer, from = l, moved
	}
	out.layer = im.reshaped(n, out.layer, from, want)
	out.store = want
	return &out
}

// filled returns a value some of whose axes have an atom of extent 1 where they have none.
func (v *value) filled(at ...int) *value {
	out := *v
	out.axes = slices.Clone(v.axes)
	for _, k := range at {
		if len(out.axes[k]) == 0 {
			out.axes[k] = []*atom{{size: 1}}
		}
	}
	return &out
}

// reshaped returns a layer with the same numbers under other axes.
func (im *importer) reshaped(n *Node, l *layer, from, to axes) *layer {
	if slices.Equal(from.extents(), to.extents()) {
		return l
	}
	was := from.extents()
	if l.was != nil { // a reshape of a reshape is one of what that reads
		if l, was = l.in[0], l.was; slices.Equal(was, to.extents()) {
			return l
		}
	}
	kind := "reshape"
	if len(to) == 1 {
		kind = "flatten"
	}
	r := im.add(n, kind, l)
	r.was = was
	if kind == "reshape" {
		r.set("target_shape", to.extents())
	}
	return r
}

func equalAxes(a, b axes) bool {
	return slices.EqualFunc(a, b, func(x, y []*atom) bool { return slices.Equal(x, y) })
}

// like returns a value of the same axes given by another layer.
func (v *value) like(l *layer) *value {
	return &value{layer: l, axes: v.axes, store: v.store, scale: 1}
}

// plain returns v with its pending factor applied: in the weights of the layer that gives it, if that is linear and
// nothing else reads it.
func (im *importer) plain(n *Node, v *value) (*value, error) {
	if v.konst != nil {
		return v, nil
	}
	var err error
	if v, err = im.numeric(n, v); err != nil {
		return nil, err
	}
	if v.scale == 1 {
		return v, nil
	}
	if l, err := scaledLayer(v.layer, v.scale); err == nil && !v.shared {
		im.layers = append(im.layers, l)
		out := *v
		out.layer, out.scale = l, 1
		return &out, nil
	}
	return im.rescaled(n, v, 1, 0)
}

// numeric returns the numbers of a value that stands for something else: a part of an attention, 1 minus an output, or
// both classes of a binary classifier.
func (im *importer) numeric(n *Node, v *value) (*value, error) {
	switch {
	case v.heads != nil:
		return im.composed(n, v)
	case v.label == nil:
		return v, nil
	case v.label.complement != nil:
		return im.complement(&Node{Op: n.Op, Name: n.Name, Out: n.Out}, v.label.complement)
	case v.label.both:
		p := *v
		p.label = nil
		rest, err := im.complement(&Node{Op: n.Op, Name: n.Name, Out: n.Out}, &p)
		if err != nil {
			return nil, err
		}
		return im.beside(n, []*value{rest, &p}, len(p.axes)-1)
	}
	return nil, errors.New("it reads the number of the class that an ArgMax chose: only outputs may")
}

// scaledLayer returns a linear layer whose outputs are multiplied.
func scaledLayer(l *layer, by float64) (*layer, error) {
	if !slices.Contains(linear, l.kind) || l.attr("activation") != nil {
		return nil,
			fmt.Errorf("its input is multiplied by %g, which only a linear layer before it could take in; it comes from a %s",
				by, l.kind)
	}
	c := l.clone()
	for i, p := range c.params {
		c.params[i].data = make([]float64, len(p.data))
		for j, x := range p.data {
			c.params[i].data[j] = x * by
		}
	}
	return c, nil
}

// linear are the kinds whose output is linear in all their parameters together.
var linear = []string{"dense", "conv1d", "conv2d", "depthwise_conv1d", "depthwise_conv2d", "conv2d_transpose"}
