package onnx

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// A file that nngen writes holds the text of the spec that it was made from. The text is believed only if an export of
// that spec, with the numbers of the file, gives the very file: so whatever it says, the network is what the file
// computes. Where the numbers lie is not written down but found out, by exports of numbers that tell their own places.

// originKey is the key of the metadata that holds the spec of a file.
const originKey = "nngen.source"

// maxOrigin bounds the bytes of that text.
const maxOrigin = 1 << 18

var (
	errChanged = errors.New("the file was changed since nngen wrote it")
	// changedRemark is told when the text of a file is not believed.
	changedRemark = errChanged.Error() +
		": the spec that it names as its own is not taken, and its nodes are read as those of any other file"
)

// origin is the spec that a file was exported from, with the numbers of the file.
type origin struct {
	text   []byte
	net    *net.Net
	params map[*ir.Param][]float64
	bare   bool
}

// options returns those of the export that gave a model. Training makes no difference where nothing was folded, and where
// something was there is no origin.
func (m *Model) options(bare bool) ExportOptions {
	return ExportOptions{Opset: int(m.Opsets[""]), Bare: bare, Training: true}
}

// source returns the text that the metadata hold; "" for none.
func (m *Model) source() string {
	for _, kv := range m.Meta {
		if kv[0] == originKey && m.Producer == producer {
			return kv[1]
		}
	}
	return ""
}

// sourceOf returns the text of the spec of a network as its file holds it; nil where the file could not be taken for
// an export of that: with 8-bit integers, with columns, words or files that the text alone does not tell, or with norms
// that went into other layers.
func sourceOf(network *net.Net, m *Model, o ExportOptions) []byte {
	s := network.Spec
	if o.Int8 != nil || slices.ContainsFunc(s.Inputs, func(in spec.Input) bool {
		return hasEncoded(in) || net.FitsColumns(in)
	}) {
		return nil
	}
	text, err := s.ModelText()
	if err == nil && o.Bare {
		text, err = spec.WithoutPreprocess(text)
	}
	if err != nil || len(text) > maxOrigin {
		return nil
	}
	if _, err := m.origin(text, m.Encode(), s.Name); err != nil {
		return nil
	}
	return text
}

// origin returns the network of a text, if that is what the file was exported from; file holds the bytes of the model.
func (m *Model) origin(text, file []byte, name string) (*origin, error) {
	if len(text) > maxOrigin || len(m.Functions) > 0 || m.Opsets[""] < oldestOpset || m.Opsets[""] > newestOpset {
		return nil, errChanged
	}
	text, err := spec.Set(text, "name", name, op.Schema())
	if err != nil {
		return nil, err
	}
	if text, err = spec.Format(name+".yaml", text); err != nil {
		return nil, err
	}
	s, problems := spec.Parse(name+".yaml", text, op.Schema())
	if problems.Err() != nil {
		return nil, problems.Err()
	}
	if own, err := s.ModelText(); err != nil || !bytes.Equal(own, text) { // nngen writes no sections of data or comments
		return nil, errChanged
	}
	stored := 0
	for _, t := range m.Graph.stored() {
		n, err := extent(t.Dims)
		if err != nil {
			return nil, err
		}
		stored += min(n, maxConstant*8, len(file)) // an array within the file has no more elements than that has bytes
	}
	g := &origin{text: text}
	if g.net, problems = net.BuildWithin(s, maxConstant+2*min(stored, len(file))); problems.Err() != nil {
		return nil, problems.Err()
	}
	if !m.mayHold(g.net, min(stored, len(file))) {
		return nil, errChanged
	}
	g.bare = len(s.Preprocess) == 0 && len(m.Graph.Outputs) == len(g.net.Outputs)
	if g.params, err = m.numbersOf(g.net, g.bare); err != nil {
		return nil, err
	}
	again, err := m.exportedAgain(g.net, g.params, g.bare)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, file) {
		return nil, errChanged
	}
	return g, nil
}

// mayHold tells whether what an export of a network writes is in a model with so many stored elements: its parameters,
// and the masks of attentions.
func (m *Model) mayHold(network *net.Net, stored int) bool {
	left, derived := stored, derivedOf(network)
	for _, p := range network.Params {
		if p.Values == nil && !slices.Contains(derived, p) {
			left -= p.Size()
		}
	}
	for _, l := range network.Layers {
		if l.Node.Has("causal") && l.Node.Bool("causal") && left >= 0 {
			left -= l.Shape[0] * l.Shape[0]
		}
	}
	return left >= 0
}

// derivedOf lists the parameters that no file has: what brings the targets of an output to the scores that it learns,
// which follows from what turns the scores back.
func derivedOf(network *net.Net) (all []*ir.Param) {
	for _, o := range network.Outputs {
		if o.Targets != nil {
			all = append(all, o.Targets.Params[2:]...)
		}
	}
	return all
}

// exportedAgain returns the file of a network with the metadata and the name of a model.
func (m *Model) exportedAgain(network *net.Net, params map[*ir.Param][]float64, bare bool) ([]byte, error) {
	e, err := exportedGraph(network, params, m.options(bare))
	if err != nil {
		return nil, err
	}
	e.narrow()
	e.graph.Name = m.Graph.Name
	return (&Model{Producer: producer, Opsets: m.Opsets, Graph: e.graph, Meta: m.Meta}).Encode(), nil
}

// A number tells its place by two exports: places count from lowTag in the first, by blocks of tagBlock from highTag in
// the second. Both are whole numbers of float32, and no constant is one of both.
const (
	tagBlock        = 1 << 20
	lowTag, highTag = 1 << 22, 1 << 23
)

// place returns which number of a network an element is, from what it is in both exports, and its sign; −1 for none.
func place(low, high float32) (at int, sign float64) {
	a, b := math.Abs(float64(low)), math.Abs(float64(high))
	if a < lowTag || a >= lowTag+tagBlock || b < highTag || b >= 2*highTag || a != math.Trunc(a) ||
		math.Signbit(float64(low)) != math.Signbit(float64(high)) {
		return -1, 0
	}
	return int(a) - lowTag + (int(b)-highTag)*tagBlock, math.Copysign(1, float64(low))
}

// numbersOf returns the parameters of a network as a model has them. One that it does not have at all is what the spec
// says, or an error; an element that it lacks, of the row of a padding, is 0.
func (m *Model) numbersOf(network *net.Net, bare bool) (map[*ir.Param][]float64, error) {
	low, high := map[*ir.Param][]float64{}, map[*ir.Param][]float64{}
	total := 0
	for _, p := range network.Params {
		low[p], high[p] = make([]float64, p.Size()), make([]float64, p.Size())
		for i := range low[p] {
			low[p][i], high[p][i] = float64(lowTag+total%tagBlock), float64(highTag+total/tagBlock)
			total++
		}
	}
	first, err := exportedGraph(network, low, m.options(bare))
	if err != nil {
		return nil, err
	}
	second, err := exportedGraph(network, high, m.options(bare))
	if err != nil {
		return nil, err
	}
	all, found := make([]float64, total), make([]bool, total)
	names, err := m.counterparts(first.graph, second.graph)
	if err != nil {
		return nil, err
	}
	seconds, files := byTensor(second.graph), byTensor(m.Graph)
	for _, t := range first.graph.stored() {
		u, f := seconds[names[t.Name][0]], files[names[t.Name][1]]
		if t.Type != typeFloat || u == nil || f == nil {
			continue
		}
		a, b := floats32(t.Raw), floats32(u.Raw)
		numbers, err := f.load(nil)
		if err != nil {
			return nil, err
		}
		if len(a) != len(b) || len(a) != len(numbers.data) {
			return nil, errChanged
		}
		for i, v := range numbers.data {
			at, sign := place(a[i], b[i])
			if at < 0 || at >= total {
				continue
			}
			if all[at], found[at] = sign*v, true; v-v != 0 {
				return nil, fmt.Errorf("%q is %v at element %d: a network's numbers are finite", f.Name, v, i)
			}
		}
	}
	out := map[*ir.Param][]float64{}
	total = 0
	derived := derivedOf(network)
	for _, p := range network.Params {
		next := total + p.Size()
		there := slices.Contains(found[total:next], true)
		switch {
		case p.Values != nil && (!there || slices.Equal(narrowed(p.Values), narrowed(all[total:next]))):
			out[p] = p.Values
		case slices.Contains(derived, p): // below
		case there:
			out[p] = all[total:next:next]
		default:
			return nil, fmt.Errorf("%s is not in the file", p.Name)
		}
		total = next
	}
	for _, o := range network.Outputs {
		if o.Targets == nil {
			continue
		}
		ps := o.Targets.Params
		out[ps[2]], out[ps[3]] = standardizing(out[ps[0]], out[ps[1]])
		if slices.ContainsFunc(out[ps[3]], func(v float64) bool { return math.IsInf(v, 0) }) {
			return nil, fmt.Errorf("%s is 0, which no targets were standardized with", ps[1].Name)
		}
	}
	return out, nil
}

// counterparts returns for each value that the nodes of a graph read what the same place is called in another and in
// the model, whose first nodes may widen numbers of 16 bits.
func (m *Model) counterparts(a, b *Graph) (map[string][2]string, error) {
	casts := len(m.Graph.Nodes) - len(a.Nodes)
	if casts < 0 || len(a.Nodes) != len(b.Nodes) {
		return nil, errChanged
	}
	names := map[string][2]string{}
	for i, n := range a.Nodes {
		other, own := b.Nodes[i], m.Graph.Nodes[casts+i]
		if len(n.In) != len(other.In) || len(n.In) != len(own.In) {
			return nil, errChanged
		}
		for k, in := range n.In {
			names[in] = [2]string{other.In[k], strings.TrimSuffix(own.In[k], wideSuffix)}
		}
	}
	return names, nil
}

// byTensor returns the stored arrays of a graph by their names.
func byTensor(g *Graph) map[string]*Tensor {
	out := map[string]*Tensor{}
	for _, t := range g.stored() {
		out[t.Name] = t
	}
	return out
}

// imported returns an origin as what an import gives.
func (g *origin) imported(m *Model) (*Result, error) {
	r := &Result{Spec: g.text, Net: g.net, Params: g.params, Exact: g.params,
		Report: []string{"the spec is the one that the file was exported from"}}
	for _, n := range m.Graph.Nodes {
		if i := slices.IndexFunc(g.net.Layers, func(l *op.Layer) bool { return l.Name == layerOfNode(n) }); i >= 0 {
			l := g.net.Layers[i]
			r.Report = append(r.Report, fmt.Sprintf("%s → layer %s (%s)", n, l.Name, l.Def.Kind.Name))
		}
	}
	port := func(name string, shape ir.Shape) Output {
		o := Output{Name: name, Layer: name}
		var features axes
		for _, d := range shape {
			features = append(features, []*atom{{size: d}})
		}
		o.lay(append(axes{{{size: 1, batch: true}}}, features...), features)
		return o
	}
	for _, in := range g.net.Inputs {
		r.Inputs = append(r.Inputs, port(in.Name, in.Shape))
	}
	for _, o := range g.net.Outputs {
		r.Outputs = append(r.Outputs, port(o.Name, o.Layer.Shape))
	}
	for _, p := range m.Graph.Outputs {
		r.given = append(r.given, p.Name)
	}
	var tensors []safetensors.Tensor
	for _, p := range g.net.Params {
		tensors = append(tensors, net.Tensor(p, narrowed(g.params[p])))
	}
	var err error
	r.Weights, err = safetensors.Encode(map[string]string{"spec": g.net.ModelSum()}, tensors)
	return r, err
}

// originIn returns the spec that a file was exported from, nil for none. An error says that the file names one which it
// is not of.
func (m *Model) originIn(file []byte, o Options) (*origin, error) {
	text := m.source()
	if text == "" || o.Sizes != nil || o.NoBatch || o.Task != "" || o.Classes != nil || o.Sparse || o.Stage != "" {
		return nil, nil
	}
	return m.origin([]byte(text), file, o.Name)
}
