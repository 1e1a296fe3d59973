package onnx

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"slices"
	"strconv"
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
	batch, open, err := m.settle(o)
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

// settle gives open dimensions their sizes, and returns the numbers that stand for the batch; open tells whether the
// model leaves it open. The batch stays open where a size is given for it: a network takes any number of examples.
func (m *Model) settle(o Options) (batch [2]int, open bool, err error) {
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

// nameLayers gives each layer a name: that of the module it came from, or its kind with a number.
func (im *importer) nameLayers() {
	taken := map[string]bool{}
	unique := func(base string) string {
		name, i := base, 2
		if !spec.ValidName(base) || base == "null" { // a word of Go or YAML
			name, i = base+"1", 2
		}
		for ; taken[strings.ToLower(strings.ReplaceAll(name, "_", ""))]; i++ {
			name = base + strconv.Itoa(i)
		}
		taken[strings.ToLower(strings.ReplaceAll(name, "_", ""))] = true
		return name
	}
	for _, l := range im.inputs {
		l.name = unique(identifier(l.hint, "x"))
	}
	counts := map[string]int{}
	for _, l := range im.layers {
		if l.kind == stateKind {
			continue
		}
		base := identifier(l.hint, "")
		if base == "" {
			base = l.kind
			if l.kind != "output" {
				base = stem(l.kind)
				counts[base]++
				base += strconv.Itoa(counts[base])
			}
		}
		l.name = unique(base)
	}
}

// stems are the words that a person would name layers of long kinds by.
var stems = []struct{ prefix, stem string }{
	{"conv", "conv"}, {"depthwise", "depthwise"}, {"global", "pool"}, {"max_pool", "pool"},
	{"average_pool", "pool"}, {"cropping", "crop"},
	{"zero_padding", "pad"}, {"up_sampling", "up"}, {"multi_head", "attention"},
	{"batch_norm", "norm"}, {"layer_norm", "norm"},
	{"group_norm", "norm"}, {"rms_norm", "norm"}, {"simple_rnn", "rnn"}, {"concatenate", "join"},
}

// stem returns the name of layers of a kind, before their number.
func stem(kind string) string {
	for _, s := range stems {
		if strings.HasPrefix(kind, s.prefix) {
			return s.stem
		}
	}
	return kind
}

// identifier returns a name of the spec made of another: small letters, digits and _, a letter first; otherwise if
// nothing is left.
func identifier(s, otherwise string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9' && b.Len() > 0:
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
		if b.Len() >= 40 {
			break
		}
	}
	if name := strings.Trim(b.String(), "_"); name != "" {
		return name
	}
	return otherwise
}

// yaml writes the spec.
func (im *importer) yaml(name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\nname: %s\n", name)
	var inputs []string
	for _, l := range im.inputs {
		layout := ""
		if l.layout != "" {
			layout = ", layout: " + l.layout
		}
		inputs = append(inputs, fmt.Sprintf("{name: %s, shape: %s%s%s}", l.name, flow(l.given().extents()), layout,
			l.yamlColumns()))
	}
	if len(inputs) == 1 {
		fmt.Fprintf(&b, "input: %s\n", inputs[0])
	} else {
		fmt.Fprintf(&b, "inputs: [%s]\n", strings.Join(inputs, ", "))
	}
	im.preprocess(&b)
	outputs := slices.DeleteFunc(slices.Clone(im.layers), func(l *layer) bool { return l.kind != "output" })
	if len(outputs) == 1 {
		task := outputs[0].attr("task").(string)
		fmt.Fprintf(&b, "task: %s\n", task)
		outputs[0].attrs = slices.DeleteFunc(outputs[0].attrs, func(a attribute) bool { return a.key == "task" })
		im.writeClasses(&b, outputs[0], task)
	}
	b.WriteString("layers:\n")
	var before *layer
	for i, l := range im.layers {
		if l.kind == "preprocess" || l.kind == stateKind {
			continue
		}
		attrs := []attribute{{"name", l.name}}
		var from, states []string
		for i, in := range l.in {
			if i < len(l.in)-l.states {
				from = append(from, source(in))
			} else {
				states = append(states, source(in))
			}
		}
		if i == 0 || before == nil {
			before = im.inputs[0]
		}
		if len(from) != 1 || from[0] != source(before) || len(im.inputs) > 1 && before == im.inputs[0] {
			attrs = append(attrs, attribute{"from", list(from)})
		}
		if len(states) > 0 {
			attrs = append(attrs, attribute{"initial_state", names(states)})
		}
		fmt.Fprintf(&b, "  - %s: %s\n", l.kind, flow(slices.Concat(attrs, l.attrs)))
		before = l
	}
	if im.allFrozen() {
		b.WriteString("generate: {train: false}\n")
	}
	b.WriteString("optimizer: {adam: {lr: 1.0e-3}}\ntraining: {epochs: 10, batch_size: 32}\n")
	return b.String()
}

// allFrozen tells whether the only parameters are those of layers that stand for operators without any, such as the
// weights of an interpolation.
func (im *importer) allFrozen() bool {
	frozen := false
	for _, l := range im.layers {
		if l.kind == "preprocess" || len(l.params) == 0 {
			continue
		}
		if l.attr("trainable") != false {
			return false
		}
		frozen = true
	}
	return frozen
}

// list is one name, or several.
func list(of []string) any {
	if len(of) == 1 {
		return name(of[0])
	}
	return names(of)
}

func names(of []string) []name {
	out := make([]name, len(of))
	for i, n := range of {
		out[i] = name(n)
	}
	return out
}

// name is a text that YAML needs no quotes for.
type name string

// source returns the name that a layer is read by: preprocessing belongs to its input, a state to its layer.
func source(l *layer) string {
	if l.kind == stateKind {
		return l.in[0].name + "." + l.part
	}
	for l.kind == "preprocess" {
		l = l.in[0]
	}
	return l.name
}

// preprocess writes the steps behind inputs: rescale where all features are alike, else standardize, whose constants
// are in the weights.
func (im *importer) preprocess(b *strings.Builder) {
	var steps []string
	for _, l := range im.layers {
		if l.kind != "preprocess" {
			continue
		}
		var attrs []attribute
		if len(im.inputs) > 1 {
			attrs = append(attrs, attribute{"input", name(source(l))})
		}
		center, scale := l.params[0].data, l.params[1].data
		if uniform(center) && uniform(scale) && scale[0] != 0 {
			attrs = append(attrs, attribute{"scale", rounded(scale[0])})
			if center[0] != 0 {
				attrs = append(attrs, attribute{"offset", rounded(-center[0] * scale[0])})
			}
			steps = append(steps, fmt.Sprintf("{rescale: %s}", flow(attrs)))
			continue
		}
		steps = append(steps, fmt.Sprintf("{standardize: %s}", flow(attrs)))
	}
	if len(steps) > 0 {
		fmt.Fprintf(b, "preprocess: [%s]\n", strings.Join(steps, ", "))
	}
}

// uniform tells whether all numbers are the same.
func uniform(v []float64) bool { return slices.Min(v) == slices.Max(v) }

// writeClasses writes the classes of the one output.
func (im *importer) writeClasses(b *strings.Builder, l *layer, task string) {
	if task == "binary" && im.found[0].Inverted {
		im.classes = slices.Clone(im.classes)
		if slices.Reverse(im.classes); len(im.classes) != 2 {
			im.classes = []string{"1", "0"}
		}
	}
	units, _ := l.attr("units").(int)
	if units == 0 {
		store := im.found[0].value.store
		units = product(store[max(0, len(store)-1):].extents())
	}
	if task == "binary" && units == 1 {
		units = 2
	}
	switch {
	case task == "regression" || task == "binary" && units > 2:
	case im.names != nil:
		fmt.Fprintf(b, "classes: %s\n", flow(im.names))
	case len(im.classes) == units:
		fmt.Fprintf(b, "classes: %s\n", flow(im.classes))
	default:
		fmt.Fprintf(b, "classes: %d\n", units)
	}
}

// flow writes a value in YAML's flow style. Texts are quoted as JSON does, which YAML reads.
func flow(v any) string {
	switch v := v.(type) {
	case []attribute:
		var parts []string
		for _, a := range v {
			if a.key == "name" {
				a.value = name(fmt.Sprint(a.value))
			}
			parts = append(parts, a.key+": "+flow(a.value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case called:
		if len(v.attrs) == 0 {
			return v.kind
		}
		return fmt.Sprintf("{%s: %s}", v.kind, flow(v.attrs))
	case name:
		return string(v)
	case sharing:
		return v.layer.name
	case []name:
		parts := make([]string, len(v))
		for i, n := range v {
			parts[i] = string(n)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case []int, [][]int, []string:
		b, _ := json.Marshal(v)
		return strings.ReplaceAll(string(b), ",", ", ")
	case float64:
		return number(v)
	case string:
		if identifier(v, "") == v {
			return v
		}
		b, _ := json.Marshal(v)
		return string(b)
	}
	return fmt.Sprint(v)
}

// number writes a float so that YAML reads a float.
func number(v float64) string {
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if mantissa, exponent, ok := strings.Cut(s, "e"); ok && !strings.Contains(mantissa, ".") {
		return mantissa + ".0e" + exponent
	}
	return s
}

// shortest returns the float64 whose shortest decimal is that of a float32.
func shortest(v float32) float64 {
	if math.IsInf(float64(v), 0) || math.IsNaN(float64(v)) {
		return float64(v)
	}
	f, _ := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
	return f
}

// fill gives each parameter of the network its numbers.
func (im *importer) fill(r *Result) error {
	r.Params = map[*ir.Param][]float64{}
	have := map[string]param{}
	for _, l := range im.layers {
		for _, p := range l.params {
			if l.kind != "preprocess" {
				have[l.name+"."+p.role] = p
			}
		}
	}
	for i, in := range r.Net.Inputs {
		steps := net.Preprocessing(r.Net, in)
		k := 0
		for _, l := range im.layers {
			if l.kind == "preprocess" && source(l) == im.inputs[i].name && k < len(steps) {
				for j, p := range steps[k].Params {
					have[p.Name] = im.inputs[i].inLayout(l.params[j])
				}
				k++
			}
		}
	}
	for _, p := range r.Net.Params {
		h, ok := have[p.Name]
		if !ok && p.Values != nil { // numbers that the spec gives
			r.Params[p] = slices.Clone(p.Values)
			continue
		}
		if ok && p.Pattern != nil && len(h.data) == p.In*p.Out {
			h.data = connections(p, h.data)
		}
		if !ok || len(h.data) != p.Size() {
			return fmt.Errorf("BUG: the network wants %s of %s, the import has %v", p.Name, p.Shape, h.dims)
		}
		for _, v := range h.data {
			if math.Abs(v) > math.MaxFloat32 && !math.IsInf(v, 0) {
				return fmt.Errorf("%s holds %g, which float32 can't", p.Name, v)
			}
		}
		r.Params[p] = slices.Clone(h.data)
		delete(have, p.Name)
	}
	for name := range have {
		return fmt.Errorf("BUG: the network has no %s", name)
	}
	return nil
}

// inLayout returns numbers for each element of an input, which are in the order of layers, in that of its layout.
func (l *layer) inLayout(p param) param {
	channels := product(l.shape[len(l.shape)-1:].extents())
	if l.layout != spec.ChannelsFirst || len(p.data) != product(l.shape.extents()) {
		return p
	}
	places := len(p.data) / channels
	data := make([]float64, len(p.data))
	for i, v := range p.data {
		data[i%channels*places+i/channels] = v
	}
	p.data = data
	return p
}

// addFitted adds to the metadata of weights what columns took from the training rows that the spec cannot say.
func (im *importer) addFitted(meta map[string]string) error {
	fitted := net.Fitted{}
	for _, l := range im.inputs {
		if l.fixed != nil {
			fitted[l.name] = l.fixed
		}
	}
	if len(fitted) == 0 {
		return nil
	}
	text, err := json.Marshal(fitted)
	meta[net.FittedKey] = string(text)
	return err
}
