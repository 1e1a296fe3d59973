package onnx

import (
	"encoding/binary"
	"errors"
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

// ExportOptions steer an export.
type ExportOptions struct {
	Opset int  // 13 to 23; 17 if it is 0
	Bare  bool // without preprocessing and without an output that names the class
	// Training keeps batch norms as operators; else they go into the convolution or dense layer right before them.
	Training bool
	Version  string // of nngen, for the metadata
}

// The opsets that are written.
const oldestOpset, newestOpset = 13, 23

// Export writes a network with its parameters as an ONNX file.
//
// Inputs and outputs keep the spec's layout, channels last; images are transposed within. Beside the outputs of the network
// there is, unless Bare is set, one of text for each output with classes, which names the most probable one. It is an error
// if a layer has no operators in that opset; every such layer is named.
func Export(network *net.Net, params map[*ir.Param][]float64, o ExportOptions) ([]byte, error) {
	if o.Opset == 0 {
		o.Opset = 17
	}
	if o.Opset < oldestOpset || o.Opset > newestOpset {
		return nil, fmt.Errorf("opset %d: %d to %d are written", o.Opset, oldestOpset, newestOpset)
	}
	e := &exporter{net: network, params: params, ExportOptions: o, values: map[*op.Layer]exported{}, recurrences: map[*op.Layer]recurrence{}, graph: &Graph{Name: network.Spec.Name}, known: map[string]string{}, used: map[string]int{}}
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
	m := &Model{Producer: producer, Opsets: map[string]int64{"": int64(o.Opset)}, Graph: e.graph}
	m.Meta = [][2]string{{"nngen.version", o.Version}, {"nngen.spec", network.ModelSum()}}
	return m.Encode(), nil
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
	used        map[string]int // how often a name of a node was wanted
	count       int
	prefix      string // of the names of nodes: the layer
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
	t := &Tensor{Name: name, Type: 1}
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
		t := &Tensor{Name: key, Type: 7, Dims: []int64{int64(len(list))}, Raw: []byte{}}
		for _, v := range list {
			t.Raw = binary.LittleEndian.AppendUint64(t.Raw, uint64(int64(v)))
		}
		e.graph.Initializers = append(e.graph.Initializers, t)
	}
	return key
}

// param returns the name of an initializer that holds a parameter, moved to another order of its axes if perm is not nil.
func (e *exporter) param(p *ir.Param, perm ...int) string {
	a := &array{dims: p.Shape, data: e.dense(p)}
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

// dense returns the numbers of a parameter, a sparse one with its zeros written out.
func (e *exporter) dense(p *ir.Param) []float64 {
	data := e.params[p]
	if p.Pattern == nil {
		return data
	}
	out := make([]float64, p.In*p.Out)
	for i, c := range p.Pattern {
		out[c[0]*p.Out+c[1]] = data[i]
	}
	return out
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
	v, err := e.written(l)
	if err != nil {
		return err
	}
	v.shape = l.Shape
	e.values[l] = v
	return nil
}

// written runs the row of a kind.
func (e *exporter) written(l *op.Layer) (exported, error) {
	kind := l.Def.Kind.Name
	switch {
	case kind == "input":
		return e.input(l), nil
	case l.Vocabulary != nil && kind == "input":
		return exported{}, nil
	}
	row := exporters[kind]
	if row == nil {
		return exported{}, errKind
	}
	return row(e, l)
}

// input declares an input; one that nothing but embeddings and their masks reads has whole numbers.
func (e *exporter) input(l *op.Layer) exported {
	p := &Port{Name: l.Name, Type: 1, Dims: []Dim{{Name: "batch"}}}
	readers := 0
	tokens := true
	for _, r := range e.net.Layers {
		if slices.Contains(r.In, l) {
			readers++
			tokens = tokens && (r.Def == op.Embedding || r.Def == op.PaddingMask)
		}
	}
	if tokens && readers > 0 {
		p.Type = 7
	}
	for _, d := range l.Shape {
		p.Dims = append(p.Dims, Dim{Size: int64(d)})
	}
	e.graph.Inputs = append(e.graph.Inputs, p)
	return exported{name: l.Name, shape: l.Shape, whole: p.Type == 7}
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
		port(o.Name, 1, v.shape)
		if e.Bare || len(o.Classes) == 0 || o.NextToken {
			continue
		}
		names := o.Name + ".classes"
		e.graph.Initializers = append(e.graph.Initializers, &Tensor{Name: names, Type: 8, Dims: []int64{int64(len(o.Classes))}, Strings: o.Classes})
		var index string
		if o.Task == "binary" {
			threshold := 0.5
			if o.Threshold != nil {
				threshold = e.params[o.Threshold][0]
			}
			at := e.node("GreaterOrEqual", []string{o.Name, e.number(threshold)})
			index = e.node("Squeeze", []string{e.node("Cast", []string{at}, intAttr("to", 7)), e.whole(-1)})
		} else {
			index = e.node("ArgMax", []string{o.Name}, intAttr("axis", -1), intAttr("keepdims", 0))
		}
		e.rename("Gather", names, o.Name+".label", index)
		port(o.Name+".label", 8, v.shape[:len(v.shape)-1])
		e.decline(o, port)
	}
}

// decline writes the output that tells whether the probability of the class that is chosen is too small, if there is such
// a bound: true for an example that is declined.
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
		p = e.node("Squeeze", []string{e.node("Where", []string{second, p, e.node("Sub", []string{e.number(1), p})}), e.whole(-1)})
	} else {
		p = e.node("ReduceMax", e.reduced(p, -1), e.reduceAttrs(-1, 0)...)
	}
	e.rename("Less", p, o.Name+declinedSuffix, e.number(o.Confidence))
	port(o.Name+declinedSuffix, 9, nil)
}

// rename appends a node whose result has a name that callers see.
func (e *exporter) rename(operator, in, out string, more ...string) {
	e.graph.Nodes = append(e.graph.Nodes, &Node{Name: out, Op: operator, In: append([]string{in}, more...), Out: []string{out}})
}

// exporter of a kind: it returns the value of the layer.
type writer = func(e *exporter, l *op.Layer) (exported, error)

// exporters holds a row for each kind of layer. It is filled by init, since rows call one another.
var exporters map[string]writer

func init() {
	exporters = map[string]writer{
		"rescale": exportAffine, "standardize": exportAffine, "min_max": exportAffine, "targets": exportAffine, "temperature": exportAffine, "quantiles": exportQuantiles,
		"dense": exportDense, "tied_dense": exportTied,
		"conv1d": exportConv, "conv2d": exportConv, "depthwise_conv1d": exportConv, "depthwise_conv2d": exportConv,
		"separable_conv1d": exportSeparable, "separable_conv2d": exportSeparable, "conv2d_transpose": exportTransposed,
		"max_pool1d": exportPool("MaxPool"), "max_pool2d": exportPool("MaxPool"),
		"average_pool1d": exportPool("AveragePool"), "average_pool2d": exportPool("AveragePool"),
		"global_average_pool1d": exportReduce("ReduceMean"), "global_average_pool2d": exportReduce("ReduceMean"),
		"global_max_pool1d": exportReduce("ReduceMax"), "global_max_pool2d": exportReduce("ReduceMax"),

		"relu": anyLayout("Relu"), "sigmoid": anyLayout("Sigmoid"), "tanh": anyLayout("Tanh"), "softplus": anyLayout("Softplus"),
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
			return v.named(e.node("Mul", []string{v.name, e.node("Sigmoid", []string{e.node("Mul", []string{v.name, e.number(1.702)})})})), nil
		},
		"gelu":  exportGelu,
		"relu6": func(e *exporter, l *op.Layer) (exported, error) { return e.clipped(l, 0, 6) },
		"clip": func(e *exporter, l *op.Layer) (exported, error) {
			return e.clipped(l, l.Node.Float("min"), l.Node.Float("max"))
		},
		"step": func(e *exporter, l *op.Layer) (exported, error) {
			v := e.values[l.In[0]]
			return v.named(e.node("Cast", []string{e.node("GreaterOrEqual", []string{v.name, e.number(0)})}, intAttr("to", 1))), nil
		},
		"prelu": func(e *exporter, l *op.Layer) (exported, error) {
			v := e.in(l, 0)
			return v.named(e.node("PRelu", []string{v.name, e.param(l.Params[0])})), nil
		},
		"exp": anyLayout("Exp"), "abs": anyLayout("Abs"), "log": anyLayout("Log"), "sqrt": anyLayout("Sqrt"), "reciprocal": anyLayout("Reciprocal"),
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
			return exported{name: e.node("Slice", []string{e.in(l, 0).name, e.whole(start), e.whole(start + size), e.whole(-1)})}, nil
		},
		"softmax": lastAxis("Softmax"), "log_softmax": lastAxis("LogSoftmax"),

		"batch_norm": exportBatchNorm, "layer_norm": exportLayerNorm, "rms_norm": exportRMSNorm, "group_norm": exportGroupNorm,
		"unit_norm": func(e *exporter, l *op.Layer) (exported, error) {
			v := e.in(l, 0)
			length := e.node("ReduceL2", e.reduced(v.name), e.reduceAttrs(-1, 1)...)
			return v.named(e.node("Div", []string{v.name, e.node("Max", []string{length, e.number(l.Node.Float("epsilon"))})})), nil
		},

		"dropout": unchanged, "gaussian_dropout": unchanged, "gaussian_noise": unchanged, "spatial_dropout1d": unchanged, "spatial_dropout2d": unchanged,

		"multiply": joined("Mul"), "subtract": joined("Sub"), "maximum": together("Max"), "minimum": together("Min"), "average": together("Mean"),
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
		"permute": func(e *exporter, l *op.Layer) (exported, error) {
			return exported{name: e.node("Transpose", []string{e.in(l, 0).name}, intsAttr("perm", append([]int{0}, l.Node.Ints("dims")...)...))}, nil
		},
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
	w := l.Params[0]
	name := w.Name
	if w.Pattern == nil {
		name = e.param(w)
	} else if e.known[name] == "" {
		e.known[name] = e.array(name, []int{w.In, w.Out}, e.dense(w))
	}
	if len(l.Shape) > 1 || len(l.Params) == 1 {
		return exported{name: e.biased(l, e.node("MatMul", []string{v.name, name}), 1)}, nil
	}
	return exported{name: e.node("Gemm", []string{v.name, name, e.param(l.Params[1])})}, nil
}

func exportTied(e *exporter, l *op.Layer) (exported, error) {
	w := e.node("Transpose", []string{e.param(l.Params[0])}, intsAttr("perm", 1, 0))
	return exported{name: e.biased(l, e.node("MatMul", []string{e.in(l, 0).name, w}), 1)}, nil
}

// pair returns an attribute with an element for each axis of an image, or one for a sequence.
func pair(n spec.Node, name string, rank int) []int {
	if list, ok := n.Lookup(name).V.([]int); ok {
		return list
	}
	return slices.Repeat([]int{n.Int(name)}, rank)
}

// geometryOf returns the attributes of a window of a layer over its input.
func (e *exporter) geometryOf(l *op.Layer, size, strides, dilations []int) []*Attr {
	rank := len(size)
	w := window{size: size, strides: strides, dilations: dilations, before: make([]int, rank), after: make([]int, rank)}
	x := l.InShape(0)
	for i := range rank {
		switch l.Node.Word("padding") {
		case "same":
			total := max(0, (ceilDiv(x[i], strides[i])-1)*strides[i]+w.span(i)-x[i])
			w.before[i], w.after[i] = total/2, total-total/2
		case "causal":
			w.before[i] = w.span(i) - 1
		case "":
			w.before[i], w.after[i] = border(l.Node, "padding", rank, i)
		}
	}
	return []*Attr{intsAttr("kernel_shape", size...), intsAttr("strides", strides...), intsAttr("dilations", dilations...), intsAttr("pads", slices.Concat(w.before, w.after)...)}
}

// border returns what lies before and behind along an axis.
func border(n spec.Node, name string, rank, axis int) (before, after int) {
	if rank == 1 {
		p := n.Ints(name)
		return p[0], p[len(p)-1]
	}
	p := n.Pairs(name)[axis]
	return p[0], p[1]
}

// spatialRank returns 1 for layers over sequences, 2 for those over images.
func spatialRank(l *op.Layer) int { return len(l.InShape(0)) - 1 }

func exportConv(e *exporter, l *op.Layer) (exported, error) {
	y, err := e.convolved(l)
	return y, err
}

// convolved writes a convolution with the first parameter of a layer.
func (e *exporter) convolved(l *op.Layer) (exported, error) {
	rank := spatialRank(l)
	v := e.channelsFirst(e.values[l.In[0]])
	w := l.Params[0]
	groups := 1
	perm := append([]int{rank + 1, rank}, upTo(rank)...) // filters, channels of a group, taps
	filters := w.Shape
	name := ""
	if strings.HasPrefix(l.Def.Kind.Name, "depthwise") || strings.HasPrefix(l.Def.Kind.Name, "separable") {
		// taps×c×m becomes c·m×1×taps
		groups = w.Shape[rank]
		moved, err := transposed(&array{dims: w.Shape, data: e.params[w]}, append([]int{rank, rank + 1}, upTo(rank)...))
		if err != nil {
			return exported{}, err
		}
		name = e.array(w.Name, append([]int{w.Shape[rank] * w.Shape[rank+1], 1}, filters[:rank]...), moved.data)
	} else {
		groups = max(1, l.Node.Int("groups"))
		name = e.param(w, perm...)
	}
	in := []string{v.name, name}
	if len(l.Params) == 2 && !strings.HasPrefix(l.Def.Kind.Name, "separable") {
		in = append(in, e.param(l.Params[1]))
	}
	attrs := append(e.geometryOf(l, pair(l.Node, "kernel_size", rank), pair(l.Node, "strides", rank), pair(l.Node, "dilation_rate", rank)), intAttr("group", groups))
	return exported{name: e.node("Conv", in, attrs...), shape: l.Shape, first: true}, nil
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// exportSeparable writes a depthwise convolution and one of single pixels.
func exportSeparable(e *exporter, l *op.Layer) (exported, error) {
	v, err := e.convolved(l)
	if err != nil {
		return v, err
	}
	rank := spatialRank(l)
	p := l.Params[1]
	w := &array{dims: append([]int{p.Shape[1], p.Shape[0]}, slices.Repeat([]int{1}, rank)...)}
	for o := range p.Shape[1] {
		for i := range p.Shape[0] {
			w.data = append(w.data, e.params[p][i*p.Shape[1]+o])
		}
	}
	in := []string{v.name, e.array(p.Name, w.dims, w.data)}
	if len(l.Params) > 2 {
		in = append(in, e.param(l.Params[2]))
	}
	return exported{name: e.node("Conv", in), shape: l.Shape, first: true}, nil
}

func exportTransposed(e *exporter, l *op.Layer) (exported, error) {
	v := e.channelsFirst(e.values[l.In[0]])
	x := l.InShape(0)
	size, strides, dilations, extra := l.Node.Ints("kernel_size"), l.Node.Ints("strides"), l.Node.Ints("dilation_rate"), make([]int, 2)
	before, after := make([]int, 2), make([]int, 2)
	for i := range 2 {
		span := (size[i]-1)*dilations[i] + 1
		if l.Node.Word("padding") == "" {
			before[i], after[i] = border(l.Node, "padding", 2, i)
		}
		whole := (x[i]-1)*strides[i] + span
		if l.Node.Word("padding") == "same" {
			before[i] = max(0, span-strides[i]) / 2
		}
		// What the extent of the output wants beyond the strides is cut off behind, or added there.
		rest := whole - before[i] - l.Shape[i]
		after[i], extra[i] = max(rest, 0), max(-rest, 0)
	}
	in := []string{v.name, e.param(l.Params[0], 3, 2, 0, 1)}
	if len(l.Params) > 1 {
		in = append(in, e.param(l.Params[1]))
	}
	attrs := []*Attr{intsAttr("kernel_shape", size...), intsAttr("strides", strides...), intsAttr("dilations", dilations...), intsAttr("pads", slices.Concat(before, after)...)}
	if slices.Max(extra) > 0 {
		attrs = append(attrs, intsAttr("output_padding", extra...))
	}
	return exported{name: e.node("ConvTranspose", in, append(attrs, intAttr("group", l.Node.Int("groups")))...), shape: l.Shape, first: true}, nil
}

func exportPool(operator string) writer {
	return func(e *exporter, l *op.Layer) (exported, error) {
		v := e.channelsFirst(e.values[l.In[0]])
		rank := spatialRank(l)
		size := pair(l.Node, "pool_size", rank)
		strides := size
		if l.Node.Has("strides") {
			strides = pair(l.Node, "strides", rank)
		}
		attrs := e.geometryOf(l, size, strides, slices.Repeat([]int{1}, rank))
		attrs = slices.DeleteFunc(attrs, func(a *Attr) bool { return a.Name == "dilations" })
		return exported{name: e.node(operator, []string{v.name}, attrs...), shape: l.Shape, first: true}, nil
	}
}

// reduced returns the inputs of a reduction over the last axis, which from opset 18 on is an input.
func (e *exporter) reduced(x string, axes ...int) []string {
	if len(axes) == 0 {
		axes = []int{-1}
	}
	if e.Opset >= 18 {
		return []string{x, e.whole(axes...)}
	}
	return []string{x}
}

func (e *exporter) reduceAttrs(axis, keep int, more ...int) []*Attr {
	attrs := []*Attr{intAttr("keepdims", keep)}
	if e.Opset < 18 {
		attrs = append(attrs, intsAttr("axes", append([]int{axis}, more...)...))
	}
	return attrs
}

func exportReduce(operator string) writer {
	return func(e *exporter, l *op.Layer) (exported, error) {
		if len(l.In) > 1 {
			return exportMaskedPool(e, l, operator)
		}
		axes := []int{1, 2}[:spatialRank(l)]
		return exported{name: e.node(operator, e.reduced(e.in(l, 0).name, axes...), e.reduceAttrs(axes[0], 0, axes[1:]...)...)}, nil
	}
}

var errKind = errors.New("no operators of ONNX are known for it")

// exportBatchNorm writes the operator with the running statistics, if they do not go into the layer before.
func exportBatchNorm(e *exporter, l *op.Layer) (exported, error) {
	if e.foldNorm(l) {
		return e.values[l.In[0]], nil
	}
	v := e.channelsFirst(e.values[l.In[0]])
	in := []string{v.name}
	for _, p := range l.Params {
		in = append(in, e.param(p))
	}
	return v.named(e.node("BatchNormalization", in, floatAttr("epsilon", l.Node.Float("epsilon")), floatAttr("momentum", 1-l.Node.Float("momentum")))), nil
}

func exportLayerNorm(e *exporter, l *op.Layer) (exported, error) {
	v := e.in(l, 0)
	gamma, beta := e.param(l.Params[0]), e.param(l.Params[1])
	if e.Opset >= 17 {
		return v.named(e.node("LayerNormalization", []string{v.name, gamma, beta}, intAttr("axis", -1), floatAttr("epsilon", l.Node.Float("epsilon")))), nil
	}
	mean := e.node("ReduceMean", e.reduced(v.name), e.reduceAttrs(-1, 1)...)
	d := e.node("Sub", []string{v.name, mean})
	y := e.node("Div", []string{d, e.root(d, l.Node.Float("epsilon"))})
	return v.named(e.node("Add", []string{e.node("Mul", []string{y, gamma}), beta})), nil
}

// root writes √(mean(x²) + ε) over the last axis.
func (e *exporter) root(x string, epsilon float64) string {
	square := e.node("Pow", []string{x, e.number(2)})
	mean := e.node("ReduceMean", e.reduced(square), e.reduceAttrs(-1, 1)...)
	return e.node("Sqrt", []string{e.node("Add", []string{mean, e.number(epsilon)})})
}

func exportRMSNorm(e *exporter, l *op.Layer) (exported, error) {
	v := e.in(l, 0)
	y := e.node("Div", []string{v.name, e.root(v.name, l.Node.Float("epsilon"))})
	return v.named(e.node("Mul", []string{y, e.param(l.Params[0])})), nil
}

// exportGroupNorm normalises the groups as channels, then scales.
func exportGroupNorm(e *exporter, l *op.Layer) (exported, error) {
	v := e.channelsFirst(e.values[l.In[0]])
	groups, c := l.Node.Int("groups"), l.Shape[len(l.Shape)-1]
	x := e.node("Reshape", []string{v.name, e.whole(0, groups, -1)})
	ones := e.array(l.Name+".ones", []int{groups}, slices.Repeat([]float64{1}, groups))
	zeros := e.array(l.Name+".zeros", []int{groups}, make([]float64, groups))
	x = e.node("InstanceNormalization", []string{x, ones, zeros}, floatAttr("epsilon", l.Node.Float("epsilon")))
	shape := []int{0}
	tail := []int{c}
	if v.first {
		shape = append(shape, c)
		shape = append(shape, l.Shape[:len(l.Shape)-1]...)
		tail = append(tail, slices.Repeat([]int{1}, len(l.Shape)-1)...)
	} else {
		shape = append(shape, l.Shape...)
	}
	x = e.node("Reshape", []string{x, e.whole(shape...)})
	i := 0
	if l.Node.Bool("scale") {
		x = e.node("Mul", []string{x, e.array(l.Params[i].Name, tail, e.params[l.Params[i]])})
		i++
	}
	if l.Node.Bool("center") {
		x = e.node("Add", []string{x, e.array(l.Params[i].Name, tail, e.params[l.Params[i]])})
	}
	return v.named(x), nil
}

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

func exportPad(e *exporter, l *op.Layer) (exported, error) {
	v := e.channelsFirst(e.values[l.In[0]])
	before, after := []int{0, 0}, []int{0, 0}
	for i := range spatialRank(l) {
		b, a := border(l.Node, "padding", spatialRank(l), i)
		before, after = append(before, b), append(after, a)
	}
	return v.named(e.node("Pad", []string{v.name, e.whole(slices.Concat(before, after)...)})), nil
}

func exportCrop(e *exporter, l *op.Layer) (exported, error) {
	rank := spatialRank(l)
	var starts, ends []int
	for i := range rank {
		before, after := border(l.Node, "cropping", rank, i)
		starts, ends = append(starts, before), append(ends, l.InShape(0)[i]-after)
	}
	return exported{name: e.node("Slice", []string{e.in(l, 0).name, e.whole(starts...), e.whole(ends...), e.whole([]int{1, 2}[:rank]...)})}, nil
}

func exportResize(e *exporter, l *op.Layer) (exported, error) {
	v := e.channelsFirst(e.values[l.In[0]])
	rank := spatialRank(l)
	scales := []float64{1, 1}
	for _, s := range pair(l.Node, "size", rank) {
		scales = append(scales, float64(s))
	}
	attrs := []*Attr{wordAttr("mode", "nearest"), wordAttr("coordinate_transformation_mode", "asymmetric"), wordAttr("nearest_mode", "floor")}
	if l.Node.Word("interpolation") == "bilinear" {
		attrs = []*Attr{wordAttr("mode", "linear"), wordAttr("coordinate_transformation_mode", "half_pixel")}
	}
	name := e.array(l.Name+".scales", []int{len(scales)}, scales)
	return exported{name: e.node("Resize", []string{v.name, "", name}, attrs...), shape: l.Shape, first: true}, nil
}

func exportBlocks(operator string) writer {
	return func(e *exporter, l *op.Layer) (exported, error) {
		v := e.channelsFirst(e.values[l.In[0]])
		return exported{name: e.node(operator, []string{v.name}, intAttr("blocksize", l.Node.Int("block_size"))), shape: l.Shape, first: true}, nil
	}
}

func exportEmbedding(e *exporter, l *op.Layer) (exported, error) {
	table := l.Params[0]
	data := slices.Clone(e.params[table])
	if pad := l.Node.Lookup("padding_idx"); pad != nil && pad.V != nil {
		width := table.Shape[1]
		row := l.Node.Int("padding_idx")
		clear(data[row*width : (row+1)*width])
	}
	name := table.Name
	if e.known[name] == "" {
		e.known[name] = e.array(name, table.Shape, data)
	}
	x := e.values[l.In[0]]
	tokens := x.name
	if !x.whole {
		tokens = e.node("Cast", []string{tokens}, intAttr("to", 7))
	}
	return exported{name: e.node("Gather", []string{name, tokens})}, nil
}

func exportPlaces(e *exporter, l *op.Layer) (exported, error) {
	return exported{name: e.node("Add", []string{e.in(l, 0).name, e.param(l.Params[0])})}, nil
}

// recurrence is what the operator of a recurrent layer gives: all steps, the last state, and how a mask sorted the steps.
type recurrence struct {
	sorted *steps // nil without a mask
	all    string
	final  []string
}

// exportRecurrent writes LSTM, GRU or RNN with the steps first, as those operators want.
func exportRecurrent(e *exporter, l *op.Layer) (exported, error) {
	sorted := e.sorted(l)
	all, final := e.cell(l, sorted)
	e.recurrences[l] = recurrence{sorted, all, final}
	if sorted == nil && !l.Node.Bool("return_sequences") {
		return exported{name: e.node("Squeeze", []string{final[0], e.whole(0)})}, nil
	}
	y := e.node("Transpose", []string{e.node("Squeeze", []string{all, e.whole(1)})}, intsAttr("perm", 1, 0, 2))
	if sorted != nil {
		y = e.restored(l, sorted, y)
	}
	if l.Node.Bool("return_sequences") {
		return exported{name: y}, nil
	}
	at := -1
	if l.Node.Bool("go_backwards") {
		at = 0
	}
	return exported{name: e.node("Squeeze", []string{e.node("Gather", []string{y, e.whole(at)}, intAttr("axis", 1)), e.whole(1)})}, nil
}

// cell writes the operator of a recurrent layer and returns all steps and the parts of the last state.
func (e *exporter) cell(l *op.Layer, sorted *steps) (all string, final []string) {
	operator := map[string]string{"lstm": "LSTM", "gru": "GRU", "simple_rnn": "RNN"}[l.Def.Kind.Name]
	c, u := cells[operator], l.Node.Int("units")
	x := e.in(l, 0).name
	if sorted != nil {
		x = e.chosen(x, sorted.order, l.InShape(0)[0], l.InShape(0)[1])
	}
	x = e.node("Transpose", []string{x}, intsAttr("perm", 1, 0, 2))
	gates := func(p *ir.Param, suffix string) string {
		rows, n := p.Shape[0], len(c.gates)*u
		data := make([]float64, rows*n)
		for g, to := range c.gates {
			for j := range u {
				for i := range rows {
					data[(to*u+j)*rows+i] = e.params[p][i*n+g*u+j]
				}
			}
		}
		return e.array(fmt.Sprintf("%s.%s%d", p.Name, suffix, e.count), []int{1, n, rows}, data)
	}
	in := []string{x, gates(l.Params[0], "w"), gates(l.Params[1], "r")}
	if len(l.Params) > 2 {
		n := len(c.gates) * u
		b, data := e.params[l.Params[2]], make([]float64, 2*n)
		for part := range len(b) / n {
			for g, to := range c.gates {
				copy(data[part*n+to*u:part*n+(to+1)*u], b[part*n+g*u:part*n+(g+1)*u])
			}
		}
		in = append(in, e.array(fmt.Sprintf("%s.b%d", l.Params[2].Name, e.count), []int{1, 2 * n}, data))
	}
	if sorted != nil || l.States() > 0 { // lengths, then states, behind the biases
		lengths := ""
		if sorted != nil {
			lengths = e.node("Cast", []string{sorted.count}, intAttr("to", 6))
		}
		in = append(append(in, "")[:4], lengths)
		for i := range l.States() {
			in = append(in, e.node("Unsqueeze", []string{e.initial(l, i), e.whole(0)}))
		}
	}
	attrs := []*Attr{intAttr("hidden_size", u)}
	if l.Node.Bool("go_backwards") {
		attrs = append(attrs, wordAttr("direction", "reverse"))
	}
	results := 2
	switch operator {
	case "GRU":
		after := 0
		if l.Node.Bool("reset_after") {
			after = 1
		}
		attrs = append(attrs, intAttr("linear_before_reset", after))
	case "LSTM":
		results = 3
	}
	out := e.nodes(operator, results, in, attrs...)
	return out[0], out[1:]
}

// exportState names the state after the last step: the cells of an LSTM are another result of its operator, and so is the last
// output, or it is a step of the outputs where a mask moved them.
func exportState(e *exporter, l *op.Layer) (exported, error) {
	of := l.StateOf
	r := e.recurrences[of]
	cells := l.Def == op.CellState
	if !cells && r.sorted != nil {
		at := -1
		if of.Node.Bool("go_backwards") {
			at = 0
		}
		last := e.node("Gather", []string{e.in(l, 0).name, e.whole(at)}, intAttr("axis", 1))
		return exported{name: e.node("Squeeze", []string{last, e.whole(1)})}, nil
	}
	part := 0
	if cells {
		part = 1
	}
	y := e.node("Squeeze", []string{r.final[part], e.whole(0)})
	if r.sorted != nil { // without a step the state is as before
		some := e.node("Greater", []string{e.node("Unsqueeze", []string{r.sorted.count, e.whole(-1)}), e.whole(0)})
		y = e.node("Where", []string{some, y, e.initial(of, part)})
	}
	return exported{name: y}, nil
}

// exportAttention writes the products of multi_head_attention.
func exportAttention(e *exporter, l *op.Layer) (exported, error) {
	heads := l.Node.Int("num_heads")
	byRole := map[string]*ir.Param{}
	for _, p := range l.Params {
		byRole[p.Name[strings.LastIndexByte(p.Name, '.')+1:]] = p
	}
	x := e.in(l, 0)
	z := x
	if len(l.In) > 1 && len(l.InShape(1)) == 2 {
		z = e.in(l, 1)
	}
	width := byRole["query_kernel"].Shape[1]
	dim := width / heads
	product := func(v, role string) string {
		y := e.node("MatMul", []string{v, e.param(byRole[role+"_kernel"])})
		if b := byRole[role+"_bias"]; b != nil {
			y = e.node("Add", []string{y, e.param(b)})
		}
		return y
	}
	split := func(v exported, role string, perm ...int) string {
		y := e.node("Reshape", []string{product(v.name, role), e.whole(0, v.shape[0], heads, dim)})
		return e.node("Transpose", []string{y}, intsAttr("perm", perm...))
	}
	q, k, v := split(x, "query", 0, 2, 1, 3), split(z, "key", 0, 2, 3, 1), split(z, "value", 0, 2, 1, 3)
	scores := e.node("Mul", []string{e.node("MatMul", []string{q, k}), e.number(1 / math.Sqrt(float64(dim)))})
	if l.Node.Bool("causal") {
		t := x.shape[0]
		mask := make([]float64, t*t)
		for i := range mask {
			if i%t > i/t {
				mask[i] = math.Inf(-1)
			}
		}
		scores = e.node("Add", []string{scores, e.array(l.Name+".mask", []int{t, t}, mask)})
	}
	keep := ""
	if maskAt(l) > 0 {
		keep = e.node("Unsqueeze", []string{e.keeps(l), e.whole(1, 2)})
		scores = e.node("Where", []string{keep, scores, e.number(lowest)})
	}
	p := e.node("Softmax", []string{scores}, intAttr("axis", -1))
	if keep != "" { // a step that may read none reads nothing
		p = e.node("Where", []string{keep, p, e.number(0)})
	}
	y := e.node("MatMul", []string{p, v})
	y = e.node("Transpose", []string{y}, intsAttr("perm", 0, 2, 1, 3))
	y = e.node("Reshape", []string{y, e.whole(0, x.shape[0], width)})
	return exported{name: product(y, "output")}, nil
}
