package onnx

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
)

// ExportOptions steer an export.
type ExportOptions struct {
	Opset int  // 13 to 23; 17 if it is 0
	Bare  bool // without preprocessing and without an output that names the class
	// Training keeps batch norms as operators; else they go into the convolution or dense layer right before them.
	Training bool
	Version  string // of nngen, for the metadata
	// Fitted is what columns took from the training rows: see net.Fitted. Bare has no need of it.
	Fitted net.Fitted
	// Reading is what the training read, nil where that is not known: see net.Reading.
	Reading *net.Reading
	// Remark is called with a line on what of the spec the file leaves out; nil for nothing.
	Remark func(line string)
	// Int8 is what computes with 8-bit integers; nil for a network in float32.
	Int8 *Int8
	docs map[string]string // of inputs by their names; nil for those that the network gives
}

// The opsets that are written.
const oldestOpset, newestOpset = 13, 23

// mlDomain has the operators of tables, of which mlOpset is written.
const (
	mlDomain = "ai.onnx.ml"
	mlOpset  = 3
)

// Export writes a network with its parameters as an ONNX file.
//
// Inputs and outputs keep the spec's layout: channels last, or first in inputs with layout: channels_first. Images are
// transposed within where the layout is not that of ONNX. An input that columns of
// words, flags, dates or gaps feed is an input for each column, unless Bare is set: see export_columns.go. Beside the
// outputs of the network there is, unless Bare is set, one of text for each output with classes, which names the most
// probable one. It is an error if a layer has no operators in that opset; every such layer is named.
func Export(network *net.Net, params map[*ir.Param][]float64, o ExportOptions) ([]byte, error) {
	if o.Opset == 0 {
		o.Opset = 17
	}
	if o.Opset < oldestOpset || o.Opset > newestOpset {
		return nil, fmt.Errorf("opset %d: %d to %d are written", o.Opset, oldestOpset, newestOpset)
	}
	e, err := exportedGraph(network, params, o)
	if err != nil {
		return nil, err
	}
	if o.Int8 != nil {
		e.graph.dropUnread()
	}
	e.narrow()
	m := &Model{Producer: producer, Opsets: map[string]int64{"": int64(o.Opset)}, Graph: e.graph,
		Meta: [][2]string{{"nngen.version", o.Version}, {"nngen.spec", network.ModelSum()}}}
	if slices.ContainsFunc(e.graph.Nodes, func(n *Node) bool { return n.Domain == mlDomain }) {
		m.Opsets[mlDomain] = mlOpset
	}
	if len(e.folded) > 0 {
		m.Meta = append(m.Meta, [2]string{foldedKey, strings.Join(e.folded, ", ")})
	}
	if e.fronts != nil {
		text, err := json.Marshal(e.fronts)
		if err != nil {
			return nil, err
		}
		m.Meta = append(m.Meta, [2]string{frontsKey, string(text)})
	}
	if err := m.besideNodes(network, params, o); err != nil {
		return nil, err
	}
	text, why := sourceOf(network, m, o)
	if text != nil {
		m.Meta = append(m.Meta, [2]string{originKey, string(text)})
	} else if o.Remark != nil {
		o.Remark("the file leaves out the spec, and so how it is trained: " + why)
	}
	if o.Bare && o.Remark != nil {
		for i, in := range network.Inputs {
			if line := bareInput(network, i, in); line != "" {
				o.Remark(line)
			}
		}
	}
	if net.Format(network.Spec).Comma {
		m.Meta = append(m.Meta, [2]string{decimalKey, ","})
	}
	if net.Format(network.Spec).Comma && o.Remark != nil {
		o.Remark("the file leaves out that tables have a decimal comma: write decimal: ',' in the data of a spec " +
			"that it is " +
			"imported to")
	}
	return m.Encode(), nil
}

// bareInput says what an input of a bare file is to be given; "" where that is what the network is given.
func bareInput(network *net.Net, i int, in *op.Layer) string {
	var does []string
	if hasEncoded(network.Spec.Inputs[i]) {
		does = append(does, fmt.Sprintf("the %d numbers that Encode of the package makes of a row", in.Shape.Size()))
	}
	for _, l := range net.Preprocessing(network, in) {
		does = append(does, fmt.Sprintf("%s, (x − %s)·%s of weights.safetensors", l.Def.Kind.Name, l.Params[0].Name,
			l.Params[1].Name))
	}
	if len(does) == 0 {
		return ""
	}
	return fmt.Sprintf("input %q of the bare file is to be given what has been through: %s", in.Name,
		strings.Join(does, "; then "))
}

// exportedGraph writes the graph of a network, with numbers of float32.
func exportedGraph(network *net.Net, params map[*ir.Param][]float64, o ExportOptions) (*exporter, error) {
	e := newExporter(o)
	e.net, e.params, e.graph.Name = network, params, network.Spec.Name
	if o.Int8 != nil {
		e.params = o.Int8.integers(params)
	}
	steps := map[*op.Layer]bool{}
	for _, in := range network.Inputs {
		for _, l := range net.Preprocessing(network, in) {
			steps[l] = true
		}
	}
	for _, l := range network.Layers {
		if o.Bare && steps[l] {
			e.values[l] = e.values[l.In[0]]
			continue
		}
		if err := e.layer(l); err != nil {
			e.errs = append(e.errs, fmt.Errorf("layer %q (%s): %w", l.Name, l.Def.Kind.Name, err))
		}
	}
	if len(e.errs) > 0 {
		return nil, &Unsupported{e.errs}
	}
	e.outputs()
	return e, nil
}

func newExporter(o ExportOptions) *exporter {
	return &exporter{ExportOptions: o, graph: &Graph{}, values: map[*op.Layer]exported{},
		recurrences: map[*op.Layer]recurrence{}, known: map[string]string{}, used: map[string]int{}}
}

// exported is a value of the graph under construction.
type exported struct {
	name  string
	shape []int // of an example, in the spec's order
	first bool  // whether the channels come first
	whole bool  // of an input of int64
}

type exporter struct {
	ExportOptions
	net         *net.Net
	params      map[*ir.Param][]float64
	graph       *Graph
	values      map[*op.Layer]exported
	known       map[string]string // names of constants by what they hold
	recurrences map[*op.Layer]recurrence
	fronts      []front
	used        map[string]int // how often a name of a node was wanted
	count       int
	sparse      int      // elements of the arrays that are stored sparse
	folded      []string // names of batch norms that went into the layers before them
	prefix      string   // of the names of nodes: the layer
	errs        []error
}

// node appends a node with one result and returns its name.
func (e *exporter) node(operator string, in []string, attrs ...*Attr) string {
	return e.nodes(operator, 1, in, attrs...)[0]
}

// nodes appends a node with some results, of which "" are left out by the caller.
func (e *exporter) nodes(operator string, results int, in []string, attrs ...*Attr) []string {
	e.count++
	name := fmt.Sprintf("/%s/%s", e.prefix, operator)
	e.used[name]++
	if k := e.used[name]; k > 1 {
		name = fmt.Sprintf("%s_%d", name, k-1)
	}
	n := &Node{Name: name, Op: operator, In: in, Attrs: attrs}
	for i := range results {
		n.Out = append(n.Out, fmt.Sprintf("%s.%d.%d", e.prefix, e.count, i))
	}
	e.graph.Nodes = append(e.graph.Nodes, n)
	return n.Out
}

func intAttr(name string, v int) *Attr       { return &Attr{Name: name, I: int64(v)} }
func floatAttr(name string, v float64) *Attr { return &Attr{Name: name, F: v, IsFloat: true} }
func wordAttr(name, v string) *Attr          { return &Attr{Name: name, S: v} }
func intsAttr(name string, v ...int) *Attr {
	a := &Attr{Name: name, Ints: make([]int64, 0, len(v))}
	for _, x := range v {
		a.Ints = append(a.Ints, int64(x))
	}
	return a
}

// array appends an initializer of float32 and returns its name.
func (e *exporter) array(name string, dims []int, data []float64) string {
	t := &Tensor{Name: name, Type: typeFloat}
	for _, d := range dims {
		t.Dims = append(t.Dims, int64(d))
	}
	for _, v := range data {
		t.Raw = binary.LittleEndian.AppendUint32(t.Raw, math.Float32bits(float32(v)))
	}
	e.graph.Initializers = append(e.graph.Initializers, t)
	return name
}

// number returns the name of a float32 constant.
func (e *exporter) number(v float64) string {
	key := "const." + strconv.FormatFloat(v, 'g', -1, 64)
	if e.known[key] == "" {
		e.known[key] = e.array(key, nil, []float64{v})
	}
	return key
}

// whole returns the name of a constant list of int64.
func (e *exporter) whole(list ...int) string {
	key := "shape." + strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", "_"), "[]")
	if e.known[key] == "" {
		e.known[key] = key
		t := &Tensor{Name: key, Type: typeInt64, Dims: []int64{int64(len(list))}, Raw: []byte{}}
		for _, v := range list {
			t.Raw = binary.LittleEndian.AppendUint64(t.Raw, uint64(int64(v)))
		}
		e.graph.Initializers = append(e.graph.Initializers, t)
	}
	return key
}

// param returns the name of an initializer that holds a parameter, moved to another order of its axes if perm is not
// nil.
func (e *exporter) param(p *ir.Param, perm ...int) string {
	a := &array{dims: p.Shape, data: e.params[p]}
	name := p.Name
	if perm != nil {
		name += fmt.Sprint(".", strings.Trim(strings.ReplaceAll(fmt.Sprint(perm), " ", ""), "[]"))
		moved, err := transposed(a, perm)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		a = moved
	}
	if e.known[name] == "" {
		e.known[name] = e.array(name, a.dims, a.data)
	}
	return name
}

// in returns the i-th input of a layer with its channels last.
func (e *exporter) in(l *op.Layer, i int) exported { return e.last(e.values[l.In[i]]) }

// last and firsts move the channels of images and sequences.
func (e *exporter) last(v exported) exported {
	if !v.first {
		return v
	}
	perm := append([]int{0}, spatial(len(v.shape)-1)...)
	return exported{name: e.node("Transpose", []string{v.name}, intsAttr("perm", append(perm, 1)...)), shape: v.shape}
}

func (e *exporter) channelsFirst(v exported) exported {
	if v.first || len(v.shape) < 2 {
		return v
	}
	perm := []int{0, len(v.shape)}
	for i := range len(v.shape) - 1 {
		perm = append(perm, i+1)
	}
	return exported{name: e.node("Transpose", []string{v.name}, intsAttr("perm", perm...)), shape: v.shape, first: true}
}

// layer writes one layer.
func (e *exporter) layer(l *op.Layer) error {
	e.prefix = l.Name
	for _, in := range l.In {
		if _, ok := e.values[in]; !ok {
			return nil // its fault is told already
		}
	}
	v, err := e.computed(l)
	if err != nil {
		return err
	}
	v.shape = l.Shape
	e.values[l] = v
	return nil
}

// computed writes a layer, with its part of Int8.
func (e *exporter) computed(l *op.Layer) (v exported, err error) {
	if e.Int8 == nil {
		return e.written(l)
	}
	product, multiplies := e.Int8.Products[l]
	switch {
	case e.Int8.Fused[l]:
		v = e.values[l.In[0]]
	case multiplies:
		plain := e.values[l.In[0]]
		if r, ok := e.Int8.Entering[l.In[0]]; ok {
			e.values[l.In[0]] = e.rounded(plain, r)
		}
		first := len(e.graph.Nodes)
		v, err = e.written(l)
		e.values[l.In[0]] = plain
		if err == nil {
			v.shape = l.Shape
			v = e.multiplied(l, product, v, first)
		}
	default:
		v, err = e.written(l)
	}
	if r, ok := e.Int8.Rounded[l]; ok && err == nil {
		v.shape = l.Shape
		v = e.rounded(v, r)
	}
	return v, err
}

// written runs the row of a kind.
func (e *exporter) written(l *op.Layer) (exported, error) {
	kind := l.Def.Kind.Name
	switch {
	case kind == "input":
		in := e.net.Spec.Inputs[slices.Index(e.net.Inputs, l)]
		switch {
		case e.Bare:
		case hasEncoded(in):
			return e.columns(l, in)
		case in.Tokens == nil && slices.ContainsFunc(e.Fitted.Columns(in), isFixed):
			return e.numbers(l, in)
		}
		v := e.input(l)
		p := portOf(v)
		switch {
		case e.docs != nil:
			p.Doc = e.docs[p.Name]
		case e.Bare:
			p.Doc = bareInput(e.net, slices.Index(e.net.Inputs, l), l)
		}
		e.graph.Inputs = append(e.graph.Inputs, p)
		return v, nil
	}
	row := exporters[kind]
	if row == nil {
		return exported{}, errKind
	}
	return row(e, l)
}

// input returns an input; one that nothing but embeddings and their masks reads has whole numbers.
func (e *exporter) input(l *op.Layer) exported {
	readers := 0
	tokens := true
	for _, r := range e.net.Layers {
		if slices.Contains(r.In, l) {
			readers++
			tokens = tokens && (r.Def == op.Embedding || r.Def == op.PaddingMask)
		}
	}
	return exported{name: l.Name, shape: l.Shape, whole: tokens && readers > 0}
}

// portOf returns the declaration of an input.
func portOf(v exported) *Port {
	p := &Port{Name: v.name, Type: typeFloat, Dims: []Dim{{Name: "batch"}}}
	if v.whole {
		p.Type = typeInt64
	}
	for _, d := range v.shape {
		p.Dims = append(p.Dims, Dim{Size: int64(d)})
	}
	return p
}

// outputs names the results, and adds those that tell the class.
func (e *exporter) outputs() {
	for _, o := range e.net.Outputs {
		e.prefix = o.Name
		v := e.last(e.values[o.Layer])
		port := func(name string, typ int32, shape []int) {
			p := &Port{Name: name, Type: typ, Dims: []Dim{{Name: "batch"}}}
			for _, d := range shape {
				p.Dims = append(p.Dims, Dim{Size: int64(d)})
			}
			e.graph.Outputs = append(e.graph.Outputs, p)
		}
		e.rename("Identity", v.name, o.Name)
		port(o.Name, typeFloat, v.shape)
		if e.Bare || len(o.Classes) == 0 || o.NextToken {
			continue
		}
		names := o.Name + ".classes"
		e.graph.Initializers = append(e.graph.Initializers, &Tensor{Name: names,
			Type: typeString, Dims: []int64{int64(len(o.Classes))}, Strings: o.Classes})
		var index string
		if o.Task == "binary" {
			threshold := 0.5
			if o.Threshold != nil {
				threshold = e.params[o.Threshold][0]
			}
			at := e.node("GreaterOrEqual", []string{o.Name, e.number(threshold)})
			index = e.node("Squeeze", []string{e.node("Cast", []string{at}, intAttr("to", typeInt64)), e.whole(-1)})
		} else {
			index = e.node("ArgMax", []string{o.Name}, intAttr("axis", -1), intAttr("keepdims", 0))
		}
		e.rename("Gather", names, o.Name+".label", index)
		port(o.Name+".label", typeString, v.shape[:len(v.shape)-1])
		e.decline(o, port)
	}
}

// decline writes the output that tells whether the probability of the class that is chosen is too small, if there is
// such a bound: true for an example that is declined.
func (e *exporter) decline(o *net.Output, port func(name string, typ int32, shape []int)) {
	if o.Confidence == 0 {
		return
	}
	p := o.Name
	if o.Task == "binary" {
		threshold := 0.5
		if o.Threshold != nil {
			threshold = e.params[o.Threshold][0]
		}
		second := e.node("GreaterOrEqual", []string{p, e.number(threshold)})
		p = e.node("Squeeze", []string{e.node("Where", []string{second, p, e.node("Sub", []string{e.number(1), p})}),
			e.whole(-1)})
	} else {
		p = e.node("ReduceMax", e.reduced(p, -1), e.reduceAttrs(-1, 0)...)
	}
	e.rename("Less", p, o.Name+declinedSuffix, e.number(o.Confidence))
	port(o.Name+declinedSuffix, typeBool, nil)
}

// rename appends a node whose result has a name that callers see.
func (e *exporter) rename(operator, in, out string, more ...string) {
	e.graph.Nodes = append(e.graph.Nodes, &Node{Name: out, Op: operator,
		In: append([]string{in}, more...), Out: []string{out}})
}

// exporter of a kind: it returns the value of the layer.
type writer = func(e *exporter, l *op.Layer) (exported, error)

// exporters holds a row for each kind of layer. It is filled by init, since rows call one another.
var exporters map[string]writer

func init() {
	exporters = map[string]writer{
		"rescale": exportAffine, "standardize": exportAffine, "min_max": exportAffine, "targets": exportAffine,
		"temperature": exportAffine, "quantiles": exportQuantiles,
		"dense": exportDense, "tied_dense": exportTied,
		"conv1d": exportConv, "conv2d": exportConv, "depthwise_conv1d": exportConv, "depthwise_conv2d": exportConv,
		"separable_conv1d": exportSeparable, "separable_conv2d": exportSeparable, "conv2d_transpose": exportTransposed,
		"max_pool1d": exportPool("MaxPool"), "max_pool2d": exportPool("MaxPool"),
		"average_pool1d": exportPool("AveragePool"), "average_pool2d": exportPool("AveragePool"),
		"global_average_pool1d": exportReduce("ReduceMean"), "global_average_pool2d": exportReduce("ReduceMean"),
		"global_max_pool1d": exportReduce("ReduceMax"), "global_max_pool2d": exportReduce("ReduceMax"),

		"relu": anyLayout("Relu"), "sigmoid": anyLayout("Sigmoid"), "tanh": anyLayout("Tanh"),
		"softplus": anyLayout("Softplus"),
		"softsign": anyLayout("Softsign"), "selu": anyLayout("Selu"), "linear": anyLayout("Identity"),
		"elu": func(e *exporter, l *op.Layer) (exported, error) {
			return anyLayout("Elu", floatAttr("alpha", l.Node.Float("alpha")))(e, l)
		},
		"leaky_relu": func(e *exporter, l *op.Layer) (exported, error) {
			return anyLayout("LeakyRelu", floatAttr("alpha", l.Node.Float("negative_slope")))(e, l)
		},
		"hard_sigmoid": anyLayout("HardSigmoid", floatAttr("alpha", 1.0/6), floatAttr("beta", 0.5)),
		"hard_swish":   product2("HardSigmoid", floatAttr("alpha", 1.0/6), floatAttr("beta", 0.5)),
		"silu":         product2("Sigmoid"),
		"mish": func(e *exporter, l *op.Layer) (exported, error) {
			v := e.values[l.In[0]]
			return v.named(e.node("Mul", []string{v.name, e.node("Tanh", []string{e.node("Softplus", []string{v.name})})})), nil
		},
		"quick_gelu": func(e *exporter, l *op.Layer) (exported, error) {
			v := e.values[l.In[0]]
			return v.named(e.node("Mul", []string{v.name, e.node("Sigmoid",
				[]string{e.node("Mul", []string{v.name, e.number(1.702)})})})), nil
		},
		"gelu":  exportGelu,
		"relu6": func(e *exporter, l *op.Layer) (exported, error) { return e.clipped(l, 0, 6) },
		"clip": func(e *exporter, l *op.Layer) (exported, error) {
			return e.clipped(l, l.Node.Float("min"), l.Node.Float("max"))
		},
		"step": func(e *exporter, l *op.Layer) (exported, error) {
			v := e.values[l.In[0]]
			return v.named(e.floats(e.node("GreaterOrEqual", []string{v.name, e.number(0)}))), nil
		},
		"prelu": func(e *exporter, l *op.Layer) (exported, error) {
			v := e.in(l, 0)
			return v.named(e.node("PRelu", []string{v.name, e.param(l.Params[0])})), nil
		},
		"exp": anyLayout("Exp"), "abs": anyLayout("Abs"), "log": anyLayout("Log"), "sqrt": anyLayout("Sqrt"),
		"reciprocal": anyLayout("Reciprocal"), "sin": anyLayout("Sin"), "cos": anyLayout("Cos"), "erf": anyLayout("Erf"),
		"floor": anyLayout("Floor"), "ceil": anyLayout("Ceil"), "round": anyLayout("Round"),
		"square": func(e *exporter, l *op.Layer) (exported, error) {
			v := e.values[l.In[0]]
			return v.named(e.node("Mul", []string{v.name, v.name})), nil
		},
		"celu": func(e *exporter, l *op.Layer) (exported, error) {
			return anyLayout("Celu", floatAttr("alpha", l.Node.Float("alpha")))(e, l)
		},
		"thresholded_relu": func(e *exporter, l *op.Layer) (exported, error) {
			return anyLayout("ThresholdedRelu", floatAttr("alpha", l.Node.Float("theta")))(e, l)
		},
		"rescaling": exportRescaling, "affine": exportFactors,
		"slice": func(e *exporter, l *op.Layer) (exported, error) {
			start, size := l.Node.Int("start"), l.Node.Int("size")
			return exported{name: e.node("Slice", []string{e.in(l, 0).name, e.whole(start),
				e.whole(start + size), e.whole(-1)})}, nil
		},
		"softmax": lastAxis("Softmax"), "log_softmax": lastAxis("LogSoftmax"),

		"batch_norm": exportBatchNorm, "layer_norm": exportLayerNorm, "rms_norm": exportRMSNorm,
		"group_norm": exportGroupNorm,
		"unit_norm": func(e *exporter, l *op.Layer) (exported, error) {
			v := e.in(l, 0)
			length := e.node("ReduceL2", e.reduced(v.name), e.reduceAttrs(-1, 1)...)
			return v.named(e.node("Div", []string{v.name, e.node("Max", []string{length, e.number(l.Node.Float("epsilon"))})})),
				nil
		},

		"dropout": unchanged, "gaussian_dropout": unchanged, "gaussian_noise": unchanged, "spatial_dropout1d": unchanged,
		"spatial_dropout2d": unchanged, op.FakeQuant.Kind.Name: unchanged,

		"multiply": joined("Mul"), "subtract": joined("Sub"), "maximum": together("Max"), "minimum": together("Min"),
		"average": together("Mean"),
		"add": func(e *exporter, l *op.Layer) (exported, error) {
			if len(l.In) == 2 {
				return joined("Add")(e, l)
			}
			return together("Sum")(e, l)
		},
		"concatenate": func(e *exporter, l *op.Layer) (exported, error) {
			var names []string
			for i := range l.In {
				names = append(names, e.in(l, i).name)
			}
			return exported{name: e.node("Concat", names, intAttr("axis", -1))}, nil
		},
		"dot": exportDot,

		"flatten": reshapedTo, "reshape": reshapedTo,
		"permute": exportPermute,
		"repeat_vector": func(e *exporter, l *op.Layer) (exported, error) {
			x := e.node("Unsqueeze", []string{e.in(l, 0).name, e.whole(1)})
			return exported{name: e.node("Tile", []string{x, e.whole(1, l.Shape[0], 1)})}, nil
		},
		"zero_padding1d": exportPad, "zero_padding2d": exportPad, "cropping1d": exportCrop, "cropping2d": exportCrop,
		"up_sampling1d": exportResize, "up_sampling2d": exportResize,
		"depth_to_space": exportBlocks("DepthToSpace"), "space_to_depth": exportBlocks("SpaceToDepth"),

		"embedding":           exportEmbedding,
		"positional_encoding": exportPlaces,
		"lstm":                exportRecurrent, "gru": exportRecurrent, "simple_rnn": exportRecurrent, "state": exportState,
		"multi_head_attention": exportAttention,
		"masking":              exportMasking, "padding_mask": exportPaddingMask,
		"time_distributed": exportTimeDistributed,
	}
}

// exportPermute writes a permutation. One that moves channels to where the other layout has them takes no node: what it
// gives are the same numbers in that layout.
func exportPermute(e *exporter, l *op.Layer) (exported, error) {
	v, dims := e.values[l.In[0]], l.Node.Ints("dims")
	if op.SameInOtherLayout(dims, v.first) {
		return exported{name: v.name, first: !v.first}, nil
	}
	return exported{name: e.node("Transpose", []string{e.in(l, 0).name},
		intsAttr("perm", append([]int{0}, dims...)...))}, nil
}

// named returns the value under the name of a result of the same shape and layout.
func (v exported) named(name string) exported { v.name = name; return v }

func unchanged(e *exporter, l *op.Layer) (exported, error) { return e.values[l.In[0]], nil }

// anyLayout writes a function of elements.
func anyLayout(operator string, attrs ...*Attr) writer {
	return func(e *exporter, l *op.Layer) (exported, error) {
		v := e.values[l.In[0]]
		return v.named(e.node(operator, []string{v.name}, attrs...)), nil
	}
}

// product2 writes x·f(x).
func product2(operator string, attrs ...*Attr) writer {
	return func(e *exporter, l *op.Layer) (exported, error) {
		v := e.values[l.In[0]]
		return v.named(e.node("Mul", []string{v.name, e.node(operator, []string{v.name}, attrs...)})), nil
	}
}

func lastAxis(operator string) writer {
	return func(e *exporter, l *op.Layer) (exported, error) {
		v := e.in(l, 0)
		return v.named(e.node(operator, []string{v.name}, intAttr("axis", -1))), nil
	}
}

// exportRescaling writes a product and a sum, each only if it changes something.
func exportRescaling(e *exporter, l *op.Layer) (exported, error) {
	v := e.values[l.In[0]]
	if scale := l.Node.Float("scale"); scale != 1 {
		v = v.named(e.node("Mul", []string{v.name, e.number(scale)}))
	}
	if offset := l.Node.Float("offset"); offset != 0 {
		v = v.named(e.node("Add", []string{v.name, e.number(offset)}))
	}
	return v, nil
}

// exportFactors writes γ∘x + β over the last axis.
func exportFactors(e *exporter, l *op.Layer) (exported, error) {
	v := e.in(l, 0)
	v = v.named(e.node("Mul", []string{v.name, e.param(l.Params[0])}))
	if len(l.Params) > 1 {
		v = v.named(e.node("Add", []string{v.name, e.param(l.Params[1])}))
	}
	return v, nil
}

func (e *exporter) clipped(l *op.Layer, lo, hi float64) (exported, error) {
	v := e.values[l.In[0]]
	return v.named(e.node("Clip", []string{v.name, e.number(lo), e.number(hi)})), nil
}

func exportGelu(e *exporter, l *op.Layer) (exported, error) {
	v := e.values[l.In[0]]
	x := v.name
	mul := func(a, b string) string { return e.node("Mul", []string{a, b}) }
	var f string
	if l.Node.Word("approximate") == "tanh" {
		cubic := mul(mul(mul(x, x), x), e.number(0.044715))
		f = e.node("Tanh", []string{mul(e.node("Add", []string{x, cubic}), e.number(math.Sqrt(2/math.Pi)))})
	} else {
		f = e.node("Erf", []string{e.node("Div", []string{x, e.number(math.Sqrt2)})})
	}
	return v.named(mul(mul(x, e.node("Add", []string{f, e.number(1)})), e.number(0.5))), nil
}

// exportAffine writes (x − center)·scale.
func exportAffine(e *exporter, l *op.Layer) (exported, error) {
	v := e.in(l, 0)
	center := e.array(l.Params[0].Name, l.Shape, e.params[l.Params[0]])
	scale := e.array(l.Params[1].Name, l.Shape, e.params[l.Params[1]])
	return v.named(e.node("Mul", []string{e.node("Sub", []string{v.name, center}), scale})), nil
}

// exportQuantiles adds softplus of each block of units to the block before.
func exportQuantiles(e *exporter, l *op.Layer) (exported, error) {
	v := e.in(l, 0)
	count := l.Node.Int("count")
	block := l.Shape.Size() / count
	cut := func(j int) string {
		return e.node("Slice", []string{v.name, e.whole(j * block), e.whole((j + 1) * block), e.whole(-1)})
	}
	y := cut(0)
	parts := []string{y}
	for j := 1; j < count; j++ {
		y = e.node("Add", []string{y, e.node("Softplus", []string{cut(j)})})
		parts = append(parts, y)
	}
	return v.named(e.node("Concat", parts, intAttr("axis", -1))), nil
}

// biased adds the bias of a layer, its i-th parameter, if it has one.
func (e *exporter) biased(l *op.Layer, x string, i int) string {
	if len(l.Params) <= i {
		return x
	}
	return e.node("Add", []string{x, e.param(l.Params[i])})
}

func exportDense(e *exporter, l *op.Layer) (exported, error) {
	v := e.in(l, 0)
	name := e.kernel(l.Params[0])
	if len(l.Shape) > 1 || len(l.Params) == 1 {
		return exported{name: e.biased(l, e.node("MatMul", []string{v.name, name}), 1)}, nil
	}
	return exported{name: e.node("Gemm", []string{v.name, name, e.param(l.Params[1])})}, nil
}

func exportTied(e *exporter, l *op.Layer) (exported, error) {
	w := e.node("Transpose", []string{e.param(l.Params[0])}, intsAttr("perm", 1, 0))
	return exported{name: e.biased(l, e.node("MatMul", []string{e.in(l, 0).name, w}), 1)}, nil
}

var errKind = errors.New("no operators of ONNX are known for it")

// joined writes a chain of operators of two inputs.
func joined(operator string) writer {
	return func(e *exporter, l *op.Layer) (exported, error) {
		v := e.in(l, 0)
		for i := 1; i < len(l.In); i++ {
			v.name = e.node(operator, []string{v.name, e.in(l, i).name})
		}
		return v, nil
	}
}

// together writes an operator of any number of inputs.
func together(operator string) writer {
	return func(e *exporter, l *op.Layer) (exported, error) {
		v := e.in(l, 0)
		var names []string
		for i := range l.In {
			names = append(names, e.in(l, i).name)
		}
		return v.named(e.node(operator, names)), nil
	}
}

func exportDot(e *exporter, l *op.Layer) (exported, error) {
	side := func(i int) (string, int) {
		v, axis := e.in(l, i), l.Node.Ints("axes")[i]
		x := v.name
		if l.Node.Bool("normalize") {
			length := e.node("ReduceL2", e.reduced(x, axis), e.reduceAttrs(axis, 1)...)
			x = e.node("Div", []string{x, e.node("Max", []string{length, e.number(1e-12)})})
		}
		if len(v.shape) == 1 {
			x = e.node("Unsqueeze", []string{x, e.whole(1)})
		} else if axis == 1 {
			x = e.node("Transpose", []string{x}, intsAttr("perm", 0, 2, 1))
		}
		return x, len(v.shape)
	}
	a, rank := side(0)
	b, _ := side(1)
	y := e.node("MatMul", []string{a, e.node("Transpose", []string{b}, intsAttr("perm", 0, 2, 1))})
	if rank == 1 {
		y = e.node("Squeeze", []string{y, e.whole(1)})
	}
	return exported{name: y}, nil
}

func reshapedTo(e *exporter, l *op.Layer) (exported, error) {
	return exported{name: e.node("Reshape", []string{e.in(l, 0).name, e.whole(append([]int{0}, l.Shape...)...)})}, nil
}
