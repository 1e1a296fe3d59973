// Package pytorch writes a network as a module of PyTorch, for people who go the other way.
//
// What comes out is Python that a person would have written: a class with a line for each layer, a forward pass with
// one too, and a method that loads the package's weights. Its arrays have the layout of the spec: channels last, but first in inputs with layout: channels_first; around
// convolutions and pools they are permuted, as PyTorch wants.
package pytorch

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// mark is how files begin.
const mark = `"""The network `

// Written tells of the beginning of a file whether Module wrote it.
func Written(head []byte) bool { return bytes.HasPrefix(head, []byte(mark)) }

// Module returns the text of a Python file with the network as a module. A kind that has no form is an error; every
// such layer is named.
func Module(network *net.Net) ([]byte, error) {
	w := &writer{net: network, values: map[*op.Layer]value{}, names: map[string]bool{"self": true,
		"torch": true, "nn": true, "F": true, "w": true, "float": true}, attributes: map[string]bool{},
		states: map[*op.Layer]string{}}
	for _, a := range ofModules {
		w.attributes[a] = true
	}
	var inputs []string
	for _, in := range network.Inputs {
		name := w.name(in.Name)
		inputs = append(inputs, name)
		w.values[in] = value{text: name, shape: in.Shape}
	}
	var errs []string
	for _, l := range network.Layers {
		if l.Def == op.Input {
			continue
		}
		if err := w.layer(l); err != nil {
			errs = append(errs, fmt.Sprintf("layer %q (%s): %v", l.Name, l.Def.Kind.Name, err))
			w.values[l] = value{text: "None", shape: l.Shape}
		}
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("%s", strings.Join(errs, "\n"))
	}
	return w.file(inputs), nil
}

// value is what a layer gives: a variable of the forward pass.
type value struct {
	text  string
	shape []int // of an example, in the spec's order
	first bool  // whether the channels come first
}

type writer struct {
	net    *net.Net
	values map[*op.Layer]value
	names  map[string]bool // of variables of forward

	attributes map[string]bool // names of fields, and what every module has
	fields     []string        // lines of __init__
	load       []string        // lines of load
	forward    []string        // lines of forward
	helpers    map[string]bool
	layers     map[*ir.Param]string // what has a parameter that others share
	states     map[*op.Layer]string // variables of what recurrent layers keep
	prefix     string               // of the names of the layer at hand
}

// reserved are words that Python keeps for itself.
var reserved = strings.Fields("False None True and as assert async await break class continue def del elif else " +
	"except finally for from global if import in is " +
	"lambda nonlocal not or pass raise return try while with yield forward load")

// ofModules are the attributes of every nn.Module, of PyTorch 1.13 to 2.8: a field of such a name breaks the module.
var ofModules = strings.Fields("T_destination add_module apply bfloat16 buffers call_super_init children compile " +
	"cpu cuda " +
	"double dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half " +
	"ipu load " +
	"load_state_dict modules mtia named_buffers named_children named_modules named_parameters parameters " +
	"register_backward_hook register_buffer register_forward_hook register_forward_pre_hook register_full_backward_hook " +
	"register_full_backward_pre_hook register_load_state_dict_post_hook register_load_state_dict_pre_hook " +
	"register_module " +
	"register_parameter register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state " +
	"set_submodule share_memory state_dict to to_empty train training type xpu zero_grad")

// name returns a variable's name that nothing else has.
func (w *writer) name(s string) string {
	base := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, s)
	if slices.Contains(reserved, base) || base == "" || base[0] >= '0' && base[0] <= '9' {
		base += "_"
	}
	return unused(w.names, base)
}

// unused returns a name that is not among the names, with a number behind it if it must, and adds it to them.
func unused(names map[string]bool, base string) string {
	name := base
	for i := 2; names[name]; i++ {
		name = base + "_" + strconv.Itoa(i)
	}
	names[name] = true
	return name
}

// layer writes one layer, and its value to a variable of its name.
func (w *writer) layer(l *op.Layer) error {
	row := rows[l.Def.Kind.Name]
	if row == nil {
		return fmt.Errorf("no form of PyTorch is known for it")
	}
	w.prefix = w.name(l.Name)
	v, err := row(w, l)
	if err != nil {
		return err
	}
	v.shape = l.Shape
	if v.text != w.values[l.In[0]].text { // of its own
		w.line("%s = %s", w.prefix, v.text)
		v.text = w.prefix
	}
	w.values[l] = v
	return nil
}

func (w *writer) line(format string, args ...any) {
	w.forward = append(w.forward, fmt.Sprintf(format, args...))
}

// field adds a line of __init__, and returns what names the field.
func (w *writer) field(suffix, format string, args ...any) string {
	name := "self." + unused(w.attributes, w.prefix+suffix)
	w.fields = append(w.fields, name+" = "+fmt.Sprintf(format, args...))
	return name
}

// buffer adds an array that no training changes.
func (w *writer) buffer(suffix string, p *ir.Param) string {
	name := unused(w.attributes, w.prefix+suffix)
	w.fields = append(w.fields, fmt.Sprintf("self.register_buffer(%s, torch.zeros(%s))", quote(name), extents(p.Shape)))
	w.copy("self."+name, p, "")
	return "self." + name
}

// parameter adds an array that training changes.
func (w *writer) parameter(suffix string, p *ir.Param) string {
	name := w.field(suffix, "nn.Parameter(torch.zeros(%s))", extents(p.Shape))
	w.copy(name, p, "")
	return name
}

// copy adds a line of load: a field becomes an array of the file, with a method of it applied.
func (w *writer) copy(field string, p *ir.Param, then string) {
	w.load = append(w.load, fmt.Sprintf("%s.copy_(w[%s]%s)", field, quote(p.Name), then))
}

// file puts the pieces together.
func (w *writer) file(inputs []string) []byte {
	var b strings.Builder
	class := camel(w.net.Spec.Name)
	but := ""
	if slices.ContainsFunc(w.net.Spec.Inputs, func(in spec.Input) bool { return in.Layout == spec.ChannelsFirst }) {
		but = " where nothing else is said"
	}
	fmt.Fprintf(&b, "%s%s of nngen as a module of PyTorch.\n\nArrays have channels last%s: ", mark, w.net.Spec.Name, but)
	var shapes []string
	for i, in := range w.net.Inputs {
		text := fmt.Sprintf("%s is n×%s", inputs[i], in.Shape)
		if w.net.Spec.Inputs[i].Layout == spec.ChannelsFirst {
			text += ", channels first"
		}
		shapes = append(shapes, text)
	}
	fmt.Fprintf(&b, "%s. With the package's weights:\n\n    model = %s().load(\"weights.safetensors\").eval()\n\"\"\"\n",
		strings.Join(shapes, ", "), class)
	b.WriteString("import json\n\nimport torch\nfrom torch import nn\nfrom torch.nn import functional as F\n\n\n" +
		readFunction)
	for _, h := range []string{"Attention", "ResetBeforeGRU"} {
		if w.helpers[h] {
			b.WriteString(helperText[h])
		}
	}
	fmt.Fprintf(&b, "\n\nclass %s(nn.Module):\n    def __init__(self):\n        super().__init__()\n", class)
	for _, f := range w.fields {
		b.WriteString("        " + f + "\n")
	}
	fmt.Fprintf(&b, "\n    def forward(self, %s):\n", strings.Join(inputs, ", "))
	for _, f := range w.forward {
		b.WriteString("        " + f + "\n")
	}
	var outputs []string
	for _, o := range w.net.Outputs {
		outputs = append(outputs, w.last(w.values[o.Layer]).text)
	}
	result := outputs[0]
	if len(outputs) > 1 {
		for i, o := range w.net.Outputs {
			outputs[i] = fmt.Sprintf("%s: %s", quote(o.Name), outputs[i])
		}
		result = "{" + strings.Join(outputs, ", ") + "}"
	}
	fmt.Fprintf(&b,
		"        return %s\n\n    @torch.no_grad()\n    def load(self, path):\n"+
			"        \"\"\"Reads weights.safetensors of the package.\"\"\"\n", result)
	if len(w.load) > 0 {
		b.WriteString("        w = read_safetensors(path)\n")
	}
	for _, f := range w.load {
		b.WriteString("        " + f + "\n")
	}
	b.WriteString("        return self\n")
	return []byte(b.String())
}

// camel turns a name of the spec into one of a class.
func camel(s string) string {
	var b strings.Builder
	for _, part := range strings.Split(s, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	if name := b.String(); name != "" && !slices.Contains(reserved, name) &&
		name != "F" && name != "Attention" && name != "ResetBeforeGRU" {
		return name
	}
	return b.String() + "Net"
}

// readFunction reads safetensors without the library of that name.
const readFunction = `def read_safetensors(path):
    """The arrays of a safetensors file, by name, in float32."""
    kinds = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
    with open(path, "rb") as f:
        header = json.loads(f.read(int.from_bytes(f.read(8), "little")))
        body = bytearray(f.read())
    arrays = {}
    for name, a in header.items():
        if name != "__metadata__":
            begin, end = a["data_offsets"]
            numbers = torch.frombuffer(body[begin:end], dtype=kinds[a["dtype"]]).float() if end > begin else torch.zeros(0)
            arrays[name] = numbers.reshape(a["shape"])
    return arrays
`

var helperText = map[string]string{
	"Attention": `

class Attention(nn.Module):
    """Each step of x reads those of z, in heads of dim columns each."""

    def __init__(self, width, read, heads, dim, bias=True, causal=False):
        super().__init__()
        self.heads, self.dim, self.causal = heads, dim, causal
        self.query, self.output = nn.Linear(width, heads * dim, bias), nn.Linear(heads * dim, width, bias)
        self.key, self.value = nn.Linear(read, heads * dim, bias), nn.Linear(read, heads * dim, bias)

    def forward(self, x, z, mask=None):
        def split(a):
            return a.reshape(a.shape[0], a.shape[1], self.heads, self.dim).transpose(1, 2)

        q, k, v = split(self.query(x)), split(self.key(z)), split(self.value(z))
        keep = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool, device=x.device)
        if self.causal:
            keep = keep.tril()
        if mask is not None:
            keep = keep & (mask > 0.5)[:, None, None, :]
        scores = (q @ k.transpose(2, 3) / self.dim ** 0.5).masked_fill(~keep, float("-inf"))
        # A step that may read none reads nothing.
        p = torch.nan_to_num(torch.softmax(scores, -1), nan=0.0) if mask is not None else torch.softmax(scores, -1)
        return self.output((p @ v).transpose(1, 2).flatten(2))
`,
	"ResetBeforeGRU": `

class ResetBeforeGRU(nn.Module):
    """A GRU whose reset gate acts on the state before its product, as in the paper; nn.GRU applies it after."""

    def __init__(self, features, units, bias=True):
        super().__init__()
        self.kernel, self.recurrent = nn.Parameter(torch.zeros(features, 3 * units)), nn.Parameter(torch.zeros(units, 3 * units))
        self.bias = nn.Parameter(torch.zeros(3 * units)) if bias else 0.0

    def forward(self, x, h=None):
        u = self.recurrent.shape[0]
        h = x.new_zeros(x.shape[0], u) if h is None else h[0]
        inputs, steps = x @ self.kernel + self.bias, []
        for t in range(x.shape[1]):
            z, r = torch.sigmoid(inputs[:, t, : 2 * u] + h @ self.recurrent[:, : 2 * u]).chunk(2, 1)
            g = torch.tanh(inputs[:, t, 2 * u :] + (r * h) @ self.recurrent[:, 2 * u :])
            h = z * h + (1 - z) * g
            steps.append(h)
        return torch.stack(steps, 1), h[None]
`,
}

func quote(s string) string { return strconv.Quote(s) }

func extents(shape []int) string {
	parts := make([]string, len(shape))
	for i, d := range shape {
		parts[i] = strconv.Itoa(d)
	}
	return strings.Join(parts, ", ")
}

// tuple writes whole numbers: one for equal ones.
func tuple(list []int) string {
	if slices.Min(list) == slices.Max(list) {
		return strconv.Itoa(list[0])
	}
	return "(" + extents(list) + ")"
}

// float writes a number as Python reads it.
func float(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return `float("inf")`
	case math.IsInf(v, -1):
		return `float("-inf")`
	}
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}

func boolean(v bool) string {
	if v {
		return "True"
	}
	return "False"
}

// last and channelsFirst move the channels of images and sequences, and of what has a step before.
func (w *writer) last(v value) value {
	if !v.first {
		return v
	}
	dims := []string{"0"}
	for i := range len(v.shape) - 1 {
		dims = append(dims, strconv.Itoa(i+2))
	}
	return value{text: fmt.Sprintf("%s.permute(%s, 1)", operand(v.text), strings.Join(dims, ", ")), shape: v.shape}
}

func (w *writer) channelsFirst(v value) value {
	if v.first || len(v.shape) < 2 {
		return v
	}
	dims := []string{"0", strconv.Itoa(len(v.shape))}
	for i := range len(v.shape) - 1 {
		dims = append(dims, strconv.Itoa(i+1))
	}
	return value{text: fmt.Sprintf("%s.permute(%s)", operand(v.text), strings.Join(dims, ", ")), shape: v.shape,
		first: true}
}

// operand returns an expression as one that a method may be called of: in parentheses if it has operators.
func operand(text string) string {
	depth := 0
	for _, r := range text {
		switch r {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case ' ':
			if depth == 0 {
				return "(" + text + ")"
			}
		}
	}
	return text
}

// in returns an input with its channels last.
func (w *writer) in(l *op.Layer, i int) value { return w.last(w.values[l.In[i]]) }

// pair returns an attribute with a number for each axis.
func pair(n spec.Node, name string, rank int) []int {
	if list, ok := n.Lookup(name).V.([]int); ok {
		return list
	}
	return slices.Repeat([]int{n.Int(name)}, rank)
}

// border returns what lies before and behind along each axis.
func border(n spec.Node, name string, rank int) (before, after []int) {
	if rank == 1 {
		p := n.Ints(name)
		return p[:1], p[len(p)-1:]
	}
	for _, p := range n.Pairs(name) {
		before, after = append(before, p[0]), append(after, p[1])
	}
	return before, after
}

// paddings returns what a window over x is padded by.
func paddings(l *op.Layer, size, strides, dilations []int) (before, after []int) {
	x := l.InShape(0)
	rank := len(size)
	switch l.Node.Word("padding") {
	case "":
		return border(l.Node, "padding", rank)
	case "same", "causal":
		for i := range rank {
			span := (size[i]-1)*dilations[i] + 1
			total := max(0, ((x[i]+strides[i]-1)/strides[i]-1)*strides[i]+span-x[i])
			if l.Node.Word("padding") == "causal" {
				before, after = append(before, span-1), append(after, 0)
				continue
			}
			before, after = append(before, total/2), append(after, total-total/2)
		}
		return before, after
	}
	return make([]int, rank), make([]int, rank)
}

// padded writes F.pad with channels first: PyTorch counts axes from the last.
func padded(x string, before, after []int, fill string) string {
	if slices.Max(before) == 0 && slices.Max(after) == 0 {
		return x
	}
	var pads []int
	for i := len(before) - 1; i >= 0; i-- {
		pads = append(pads, before[i], after[i])
	}
	return fmt.Sprintf("F.pad(%s, (%s)%s)", x, extents(pads), fill)
}
