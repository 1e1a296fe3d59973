package onnx

import (
	"fmt"
	"io/fs"
)

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
