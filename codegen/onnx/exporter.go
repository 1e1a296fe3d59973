package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
)

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

func intAttr(name string, v int) *Attr { return &Attr{Name: name, I: int64(v)} }

func floatAttr(name string, v float64) *Attr { return &Attr{Name: name, F: v, IsFloat: true} }

func wordAttr(name, v string) *Attr { return &Attr{Name: name, S: v} }

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
