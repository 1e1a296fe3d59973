package onnx

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
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

// fittedKey and numbersKey are the keys of what the nodes of a file do not hold, as JSON: what columns took from the
// training rows, as a net.Fitted, and by their names the parameters that widthsOf lists. It goes with the spec alone:
// the predictions of the file do not depend on it.
const fittedKey, numbersKey = "nngen.fitted", "nngen.numbers"

// readingKey is the key of what the training of the network read, as weights carry it: see net.Reading.
const readingKey = "nngen.reading"

// decimalKey is the key of the mark before the decimals of the tables of a spec, if that is a comma: the data are not
// in the file, and without it an import could not say that its Encode reads 1.080 otherwise.
const decimalKey = "nngen.decimal"

// commaRemark is told of an import whose spec does not say that tables have a decimal comma.
const commaRemark = "the model was made from tables with a decimal comma, which the file does not bring along: write " +
	"decimal: ',' in the data of the spec, or Encode reads 1.080 as 1.08"

// maxOrigin bounds the bytes of that text, and maxFitted those of what columns took.
const maxOrigin, maxFitted = 1 << 18, 1 << 22

var (
	errChanged = errors.New("the file was changed since nngen wrote it")
	// errLayout says why the spec of a file is not taken, and layoutRemark tells it.
	errLayout    = errors.New("the spec of the file has layout: channels_first")
	layoutRemark = errLayout.Error() +
		", and --layout channels_last asks for another: the nodes of the file are read as " +
		"those of any other"
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
	fitted net.Fitted
	widths map[*ir.Param][]float64 // see widthsOf

	reading *net.Reading
}

// options returns those of the export that gave a model. Training makes no difference where nothing was folded, and
// where something was there is no origin.
func (m *Model) options(g *origin) ExportOptions {
	o := ExportOptions{Opset: int(m.Opsets[""]), Bare: g.bare, Training: true, Fitted: g.fitted}
	if g.bare { // what the inputs of a bare file are to be given, its spec does not tell
		o.docs = map[string]string{}
		for _, p := range m.Graph.Inputs {
			o.docs[p.Name] = p.Doc
		}
	}
	return o
}

// told returns what nngen wrote into the metadata under a key; "" for nothing.
func (m *Model) told(key string) string {
	for _, kv := range m.Meta {
		if kv[0] == key && m.Producer == producer {
			return kv[1]
		}
	}
	return ""
}

// source returns the text that the metadata hold; "" for none.
func (m *Model) source() string { return m.told(originKey) }

// widthsOf lists the parameters that no node of an export reads: how wide the intervals of outputs are.
func widthsOf(network *net.Net) (all []*ir.Param) {
	for _, o := range network.Outputs {
		if o.Radius != nil {
			all = append(all, o.Radius)
		}
	}
	return all
}

// besideNodes writes into the metadata what of a network the nodes do not hold.
func (m *Model) besideNodes(network *net.Net, params map[*ir.Param][]float64, o ExportOptions) error {
	if len(widthsOf(network)) > 0 {
		text, err := widthsText(network, params)
		if err != nil {
			return err
		}
		m.Meta = append(m.Meta, [2]string{numbersKey, text})
	}
	read := map[string]string{}
	if o.Reading.SetMeta(read); o.Reading != nil {
		m.Meta = append(m.Meta, [2]string{readingKey, read[net.ReadingKey]})
	}
	if len(o.Fitted) == 0 || o.Bare {
		return nil
	}
	text, err := json.Marshal(o.Fitted)
	m.Meta = append(m.Meta, [2]string{fittedKey, string(text)})
	return err
}

// widthsText returns the numbers of widthsOf as JSON, by their names.
func widthsText(network *net.Net, params map[*ir.Param][]float64) (string, error) {
	widths := map[string][]float32{}
	for _, p := range widthsOf(network) {
		widths[p.Name] = narrowed(params[p])
		for _, v := range widths[p.Name] {
			if w := float64(v); math.IsInf(w, 0) || math.IsNaN(w) {
				return "", fmt.Errorf("%s is %v: too few rows were held out to tell an interval, and a file has no number for that",
					p.Name, v)
			}
		}
	}
	text, err := json.Marshal(widths)
	return string(text), err
}

// readBesideNodes reads it again.
func (m *Model) readBesideNodes(g *origin) error {
	if text := m.told(fittedKey); text != "" {
		if len(text) > maxFitted || json.Unmarshal([]byte(text), &g.fitted) != nil || g.fitted.Check(g.net.Spec) != nil {
			return errChanged
		}
	}
	if text := m.told(readingKey); text != "" {
		var err error
		if len(text) > maxFitted {
			return errChanged
		}
		if g.reading, err = net.ReadReading(map[string]string{net.ReadingKey: text}); err != nil {
			return errChanged
		}
	}
	widths := map[string][]float32{}
	if text := m.told(numbersKey); text != "" {
		if len(text) > maxFitted || json.Unmarshal([]byte(text), &widths) != nil {
			return errChanged
		}
	}
	g.widths = map[*ir.Param][]float64{}
	for _, p := range widthsOf(g.net) {
		if len(widths[p.Name]) != p.Size() || slices.ContainsFunc(widths[p.Name], func(v float32) bool { return v < 0 }) {
			return fmt.Errorf("%s is not in the file", p.Name)
		}
		for _, v := range widths[p.Name] {
			g.widths[p] = append(g.widths[p], float64(v))
		}
	}
	return nil
}

// sourceOf returns the text of the spec of a network as its file holds it; nil where the file could not be taken for
// an export of that, and why: with 8-bit integers, with words or files that the text alone does not tell, or with norms
// that went into other layers.
func sourceOf(network *net.Net, m *Model, o ExportOptions) (text []byte, why string) {
	s := network.Spec
	switch {
	case o.Int8 != nil:
		return nil, "its numbers are 8-bit integers"
	case len(m.told(foldedKey)) > 0:
		return nil, "batch norms went into the layers before them, from which --training keeps them apart"
	case o.Bare &&
		slices.ContainsFunc(s.Inputs, func(in spec.Input) bool { return hasEncoded(in) || net.FitsColumns(in) }):
		return nil, "the columns of its tables are not in a bare file"
	case !slices.Equal(net.Format(s).Missing, spec.Missing) && slices.ContainsFunc(s.Inputs, hasEncoded):
		return nil, "what stands for a missing field of its tables is written in its section data"
	}
	text, err := s.ModelText()
	// What auto means, and units that are left out, depend on the data, which the text has not.
	for _, out := range network.Outputs {
		if err == nil && s.Data != nil && out.Standardize != "" {
			text, err = spec.Set(text, "layers."+out.Name+".standardize", out.Standardize, op.Schema())
		}
		if err == nil && out.Foretold > 1 {
			text, err = spec.Set(text, "layers."+out.Name+".units", strconv.Itoa(out.Foretold), op.Schema())
		}
	}
	if err == nil && o.Bare {
		text, err = spec.WithoutPreprocess(text)
	}
	if err == nil {
		text, err = spec.Format(s.File, text)
	}
	if err == nil && len(text) > maxOrigin {
		err = fmt.Errorf("its text has more than %d bytes", maxOrigin)
	}
	if err == nil {
		_, err = m.origin(text, m.Encode(), s.Name)
	}
	if err != nil {
		return nil, fmt.Sprintf("not all of it is in its text (%v)", err)
	}
	return text, ""
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
	g.bare = len(s.Preprocess) == 0 && len(m.Graph.Outputs) == len(g.net.Outputs) && m.told(frontsKey) == ""
	if err := m.readBesideNodes(g); err != nil {
		return nil, err
	}
	if err := m.numbersOf(g); err != nil {
		return nil, err
	}
	again, err := m.exportedAgain(g)
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
	left, derived := stored, append(derivedOf(network), widthsOf(network)...)
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

// exportedAgain returns the file of an origin with the metadata and the name of a model.
func (m *Model) exportedAgain(g *origin) ([]byte, error) {
	e, err := exportedGraph(g.net, g.params, m.options(g))
	if err != nil {
		return nil, err
	}
	if text := m.told(frontsKey); text != "" || e.fronts != nil {
		if own, err := json.Marshal(e.fronts); err != nil || string(own) != text {
			return nil, errChanged
		}
	}
	e.narrow()
	e.graph.Name = m.Graph.Name
	return (&Model{Producer: producer, Opsets: m.Opsets, Graph: e.graph, Meta: m.Meta}).Encode(), nil
}

// withNumbers returns the file of an origin with the numbers of a network trained further, and what its training read.
// Words and fills that its columns took are those of the file, or it is an error.
func (m *Model) withNumbers(g *origin, network *net.Net, params map[*ir.Param][]float64, o Options) ([]byte, error) {
	if (len(g.fitted) > 0 || len(o.Fitted) > 0) && !reflect.DeepEqual(g.fitted, o.Fitted) {
		return nil, errors.New("its columns took other words or fills from the training rows than those of the file: " +
			"export it without --into")
	}
	for i, kv := range m.Meta {
		if kv[0] != numbersKey {
			continue
		}
		text, err := widthsText(network, params)
		if err != nil {
			return nil, err
		}
		m.Meta[i][1] = text
	}
	read := map[string]string{}
	o.Reading.SetMeta(read)
	at := slices.IndexFunc(m.Meta, func(kv [2]string) bool { return kv[0] == readingKey })
	switch text := read[net.ReadingKey]; {
	case at >= 0 && text != "":
		m.Meta[at][1] = text
	case at >= 0:
		m.Meta = slices.Delete(m.Meta, at, at+1)
	case text != "":
		m.Meta = append(m.Meta, [2]string{readingKey, text})
	}
	g.net, g.params = network, params
	return m.exportedAgain(g)
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

// numbersOf finds the parameters of an origin as a model has them. One that it does not have at all is what the spec
// or the metadata say, or an error; an element that it lacks, of the row of a padding, is 0.
func (m *Model) numbersOf(g *origin) error {
	network := g.net
	low, high := map[*ir.Param][]float64{}, map[*ir.Param][]float64{}
	total := 0
	for _, p := range network.Params {
		low[p], high[p] = make([]float64, p.Size()), make([]float64, p.Size())
		for i := range low[p] {
			low[p][i], high[p][i] = float64(lowTag+total%tagBlock), float64(highTag+total/tagBlock)
			total++
		}
	}
	first, err := exportedGraph(network, low, m.options(g))
	if err != nil {
		return err
	}
	second, err := exportedGraph(network, high, m.options(g))
	if err != nil {
		return err
	}
	all, found := make([]float64, total), make([]bool, total)
	names, err := m.counterparts(first.graph, second.graph)
	if err != nil {
		return err
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
			return err
		}
		if len(a) != len(b) || len(a) != len(numbers.data) {
			return errChanged
		}
		for i, v := range numbers.data {
			at, sign := place(a[i], b[i])
			if at < 0 || at >= total {
				continue
			}
			if all[at], found[at] = sign*v, true; v-v != 0 {
				return fmt.Errorf("%q is %v at element %d: a network's numbers are finite", f.Name, v, i)
			}
		}
	}
	out := map[*ir.Param][]float64{}
	g.params = out
	total = 0
	derived := derivedOf(network)
	for _, p := range network.Params {
		next := total + p.Size()
		there := slices.Contains(found[total:next], true)
		switch {
		case p.Values != nil && (!there || slices.Equal(narrowed(p.Values), narrowed(all[total:next]))):
			out[p] = p.Values
		case slices.Contains(derived, p): // below
		case g.widths[p] != nil:
			out[p] = g.widths[p]
		case there:
			out[p] = all[total:next:next]
		default:
			return fmt.Errorf("%s is not in the file", p.Name)
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
			return fmt.Errorf("%s is 0, which no targets were standardized with", ps[1].Name)
		}
	}
	return nil
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
	meta := map[string]string{"spec": g.net.ModelSum()}
	if len(g.fitted) > 0 {
		text, err := json.Marshal(g.fitted)
		if err != nil {
			return nil, err
		}
		meta[net.FittedKey] = string(text)
	}
	g.reading.SetMeta(meta)
	r.Weights, err = safetensors.Encode(meta, tensors)
	return r, err
}

// originIn returns the spec that a file was exported from, nil for none. An error says that the file names one which it
// is not of.
func (m *Model) originIn(file []byte, o Options) (*origin, error) {
	text := m.source()
	if text == "" || o.Sizes != nil || o.NoBatch || o.Task != "" || o.Classes != nil || o.Sparse || o.Stage != "" {
		return nil, nil
	}
	g, err := m.origin([]byte(text), file, o.Name)
	if g != nil && o.Layout == spec.ChannelsLast && g.layout() == spec.ChannelsFirst {
		return nil, errLayout
	}
	return g, err
}

// layout returns that of the inputs: ChannelsFirst if one has it, else ChannelsLast.
func (g *origin) layout() string {
	if slices.ContainsFunc(g.net.Spec.Inputs, func(in spec.Input) bool { return in.Layout == spec.ChannelsFirst }) {
		return spec.ChannelsFirst
	}
	return spec.ChannelsLast
}
