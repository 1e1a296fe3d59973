package onnx

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/spec"
)

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
	fmt.Fprintf(&b, "version: 1\nname: %s\n", spec.Scalar(name))
	var inputs []string
	for _, l := range im.inputs {
		layout := ""
		if l.layout != "" {
			layout = ", layout: " + l.layout
		}
		inputs = append(inputs, fmt.Sprintf("{name: %s, shape: %s%s%s}", spec.Scalar(l.name),
			flow(l.given().extents()), layout, l.yamlColumns()))
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

// name is a text of letters, digits, _ and dots.
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
		return spec.Scalar(string(v))
	case sharing:
		return spec.Scalar(v.layer.name)
	case []name:
		parts := make([]string, len(v))
		for i, n := range v {
			parts[i] = spec.Scalar(string(n))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case []int, [][]int, []string:
		b, _ := json.Marshal(v)
		return strings.ReplaceAll(string(b), ",", ", ")
	case float64:
		return number(v)
	case string:
		if identifier(v, "") == v {
			return spec.Scalar(v)
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
