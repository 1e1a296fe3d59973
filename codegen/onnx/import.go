package onnx

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// Options steer an import.
type Options struct {
	Name  string         // package name of the network
	Files fs.FS          // the model's folder, for data that it keeps in other files; nil for none
	Sizes map[string]int // of dimensions that the model leaves open, by name
	// NoBatch says that the model's arrays have no axis of examples: each is one example.
	NoBatch bool
	// Task is what the scores of the one output are for: multiclass or binary where the model gives logits, which the
	// network makes probabilities of; "" for what its last activation says. Classes names them; nil for numbers.
	Task    string
	Classes []string
	// Sparse says that weights of dense layers which are exactly 0, many of a kernel, are no connections. Those that
	// the file stores sparse, or multiplies by a mask, are none in any case.
	Sparse bool
	// Layout is that of inputs whose channels the model has first: spec.ChannelsFirst keeps them there, spec.ChannelsLast
	// puts them last; "" for what the spec of a file of nngen says, else ChannelsLast.
	Layout string
	// Fitted is what columns took from the training rows of what Into writes, and Reading what its training read.
	Fitted  net.Fitted
	Reading *net.Reading
	// Dump is where the stage named Stage is written to: see Stages.
	Dump  io.Writer
	Stage string

	wide bool // keeps weights in float32, whatever the model has
}

// Result is an imported model.
type Result struct {
	Spec    []byte            // YAML, as nngen fmt writes it
	Weights []byte            // safetensors
	Masks   map[string][]byte // files that the spec names, of connections
	Net     *net.Net
	Params  map[*ir.Param][]float64
	Inputs  []Output // with the layouts of the inputs
	Outputs []Output
	Report  []string // node → layer, folded, preprocessing or dropped; one line each
	Remarks []string // what was decided for the user: where the network differs from the model, each in a line

	// Int8 is what the model computes with 8-bit integers, as pairs that round say: the outputs of layers and the
	// scales of weights; nil for none. Exact are Params before they were rounded to float32.
	Int8  *Int8
	Exact map[*ir.Param][]float64

	given []string // the names of the model's outputs
}

// Import turns the bytes of an ONNX file into a spec and weights. An *Unsupported error lists every node that has no
// counterpart.
func Import(b []byte, o Options) (*Result, error) {
	m, err := Decode(b)
	if err != nil {
		return nil, err
	}
	comma := m.told(decimalKey) == ","
	g, changed := m.originIn(b, o)
	var r *Result
	if g != nil {
		r, err = g.imported(m)
	} else {
		r, err = m.imported(o)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case errors.Is(changed, errLayout):
		r.Remarks = append(r.Remarks, layoutRemark)
	case changed != nil:
		r.Remarks = append(r.Remarks, changedRemark)
	case g != nil && o.Layout == spec.ChannelsFirst && g.layout() != o.Layout:
		r.Remarks = append(r.Remarks,
			"--layout channels_first changes nothing: the file takes its inputs channels last, as its spec says")
	}
	if comma {
		r.Remarks = append(r.Remarks, commaRemark)
	}
	return r, nil
}

// imported turns a model, which it changes, into a spec and weights.
func (m *Model) imported(o Options) (*Result, error) {
	if err := m.sound(); err != nil {
		return nil, err
	}
	for domain, v := range m.Opsets {
		if domain == "" && (v < 7 || v > 27) {
			return nil, fmt.Errorf("opset %d of ai.onnx: 7 to 27 are imported", v)
		}
	}
	if o.Dump != nil && o.Stage == "decode" {
		m.dump(o.Dump)
	}
	batch, open, err := m.fixSizes(o)
	if err != nil {
		return nil, err
	}
	first, err := m.written(o, batch[0])
	if err != nil || !open {
		return first, err
	}
	o.Dump = nil
	second, err := m.written(o, batch[1])
	if err != nil {
		return nil, err
	}
	if string(first.Spec) != string(second.Spec) || string(first.Weights) != string(second.Weights) {
		return nil, errors.New("the network depends on the size of the batch: it differs between two of them")
	}
	return first, nil
}

// fixSizes gives open dimensions their sizes, and returns the numbers that stand for the batch; open tells whether the
// model leaves it open. The batch stays open where a size is given for it: a network takes any number of examples.
func (m *Model) fixSizes(o Options) (batch [2]int, open bool, err error) {
	for _, name := range slices.Sorted(maps.Keys(o.Sizes)) {
		if o.Sizes[name] < 1 {
			return batch, false, fmt.Errorf("--input-dim %s=%d: a dimension has a size of 1 or more", name, o.Sizes[name])
		}
	}
	unknown := maps.Clone(o.Sizes)
	named := map[string]bool{}
	for _, p := range m.Graph.Inputs {
		constant := slices.ContainsFunc(m.Graph.Initializers, func(t *Tensor) bool { return t.Name == p.Name })
		at := (&importer{nodes: m.Graph.Nodes, noBatch: o.NoBatch}).batchAxis(p)
		for i := range p.Dims {
			d := &p.Dims[i]
			if d.open() && d.Name != "" {
				named[d.Name] = true
			}
			if size, ok := o.Sizes[d.Name]; ok && d.Name != "" {
				delete(unknown, d.Name)
				if i != at {
					d.Size, d.Fixed = int64(size), true
				}
			}
			if i == at && !d.open() && !constant && batch[0] == 0 {
				batch = [2]int{int(d.Size), int(d.Size)}
			}
		}
	}
	if len(unknown) > 0 {
		return batch, false, fmt.Errorf("the model has no open dimension %s; it has %s",
			strings.Join(slices.Sorted(maps.Keys(unknown)), ", "),
			cmpOr(strings.Join(slices.Sorted(maps.Keys(named)), ", "), "none"))
	}
	switch {
	case o.NoBatch:
		return [2]int{1, 1}, false, nil
	case batch[0] == 0:
		return primes, true, nil
	}
	return batch, false, nil
}

// written imports with one number for the batch and writes the result.
func (m *Model) written(o Options, batch int) (*Result, error) {
	im, err := m.run(o, batch)
	if err != nil {
		return nil, err
	}
	im.nameLayers()
	r := &Result{Report: im.report, Remarks: im.remarks}
	for _, o := range im.model.Graph.Outputs {
		r.given = append(r.given, o.Name)
	}
	masks := im.writeMasks()
	im.remarkZeros()
	im.remarkTied()
	im.remarkApart()
	r.Remarks, r.Masks = im.remarks, masks
	text, halves := im.yaml(o.Name), m.halves()
	if o.wide {
		halves = ""
	}
	for _, dtype := range slices.Compact([]string{halves, ""}) {
		if err := im.build(r, o.Name, withWeights(text, dtype)); err != nil {
			return nil, err
		}
		if dtype == "" || r.exactIn() {
			break
		}
		im.remark(fmt.Sprintf("the numbers of the model are of %s; those of the network are not all, since constants went "+
			"into them, and it has float32", dtype))
		r.Remarks = im.remarks
	}
	var tensors []safetensors.Tensor
	r.Exact = map[*ir.Param][]float64{}
	for _, p := range r.Net.Params {
		r.Exact[p] = slices.Clone(r.Params[p])
		t := net.Tensor(p, make([]float32, p.Size()))
		for i, v := range r.Params[p] {
			t.Data[i] = float32(v)
			if t.Data[i]-t.Data[i] != 0 {
				return nil, fmt.Errorf("%s, of the model's initializers, is %v at element %d: a network's numbers are finite",
					p.Name, v, i)
			}
			r.Params[p][i] = float64(t.Data[i])
		}
		tensors = append(tensors, t)
	}
	meta := map[string]string{"spec": r.Net.ModelSum()}
	if err := im.addFitted(meta); err != nil {
		return nil, err
	}
	if r.Weights, err = safetensors.Encode(meta, tensors); err != nil {
		return nil, err
	}
	r.Int8 = im.integers(r)
	for _, l := range im.inputs {
		in := Output{Name: l.hint, Layer: l.name}
		in.places, in.table = im.placesOf(l), im.tables[l.hint]
		in.lay(im.values[l.hint].axes, l.given())
		r.Inputs = append(r.Inputs, in)
	}
	im.remarkLayout(r)
	for _, f := range im.found {
		f.Layer = f.value.layer.name
		r.Outputs = append(r.Outputs, *f)
	}
	r.remarkOrder()
	r.Report = append(im.fates(), r.Report...)
	for i, x := range slices.Concat(r.Inputs, r.Outputs) {
		if x.Moved == "" {
			continue
		}
		line := fmt.Sprintf("%q has its axes in another order here: %s", x.Name, x.Moved)
		if i < len(im.inputs) && im.inputs[i].images {
			line += "; --layout channels_first keeps the model's"
		}
		r.Report = append(r.Report, line)
	}
	return r, nil
}

// remarkOrder says that the outputs of the network are in another order than those of the model: they are in that of
// their layers, and who takes them by their places, from the package or from an export, must know.
func (r *Result) remarkOrder() {
	var there, here []string
	for _, o := range r.Outputs {
		there = append(there, o.Layer)
	}
	for _, o := range r.Net.Outputs {
		here = append(here, o.Name)
	}
	if len(here) == len(there) && !slices.Equal(here, there) {
		r.Remarks = append(r.Remarks, fmt.Sprintf("the outputs of the network are in the order %s; the model's are %s",
			strings.Join(here, ", "), strings.Join(there, ", ")))
	}
}

// remarkLayout says where channels that are to stay first are not.
func (im *importer) remarkLayout(r *Result) {
	if im.layout == spec.ChannelsFirst && !slices.ContainsFunc(im.inputs, func(l *layer) bool { return l.images }) {
		r.Remarks = append(r.Remarks, "--layout channels_first changes nothing: no input of the model is read as images or "+
			"sequences with their channels first, and each keeps its axes")
	}
}

// build makes the network of a spec with the numbers of the import.
func (im *importer) build(r *Result, name, text string) (err error) {
	if r.Spec, err = spec.Format(name+".yaml", []byte(text)); err != nil {
		return fmt.Errorf("BUG: the imported spec is no YAML: %w", err)
	}
	s, problems := spec.Parse(name+".yaml", r.Spec, op.Schema())
	if problems.Err() != nil {
		return im.refused(problems)
	}
	var list spec.ErrorList
	if r.Net, list = net.Build(s, memory(r.Masks)); list.Err() != nil {
		return im.refused(list)
	}
	return im.fill(r)
}

// refused says which nodes a spec can't express, of the errors in it: it has no file that places could be of.
func (im *importer) refused(list spec.ErrorList) error {
	u := &Unsupported{}
	for _, e := range list {
		if e.Warning {
			continue
		}
		where := "the spec"
		for _, l := range im.layers {
			if e.Subject == fmt.Sprintf("layer %q", l.name) {
				where = fmt.Sprintf("%s, as a layer %s", strings.Join(l.origin, ", "), l.kind)
			}
		}
		u.Nodes = append(u.Nodes, fmt.Errorf("%s: %s", where, e.Msg))
	}
	return u
}

// halves returns the type of the matrices and filters of a model, if that is one of 16 bits for all of them; else "".
func (m *Model) halves() (dtype string) {
	for _, t := range m.Graph.stored() {
		if len(t.Dims) < 2 && m.Graph.sparse(t.Name) == nil { // biases and norms may be of more
			continue
		}
		switch name := elementTypes[t.Type].name; name {
		case "float", "double":
			return ""
		case "float16", "bfloat16":
			if dtype != "" && dtype != name {
				return ""
			}
			dtype = name
		}
	}
	return dtype
}

// withWeights returns the text of a spec whose weights are stored in a type, "" for float32.
func withWeights(text, dtype string) string {
	if dtype == "" {
		return text
	}
	return strings.Replace(text, "\nlayers:\n", "\nweights: {dtype: "+dtype+"}\nlayers:\n", 1)
}

// exactIn tells whether the types in which parameters are stored hold all of their numbers.
func (r *Result) exactIn() bool {
	return !slices.ContainsFunc(r.Net.Params, func(p *ir.Param) bool {
		stored := slices.Clone(r.Params[p])
		net.Round(p, stored)
		return p.DType != ir.Float32 && !slices.Equal(stored, r.Params[p])
	})
}
