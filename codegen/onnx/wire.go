package onnx

import (
	"bytes"
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Model is a decoded ONNX file.
type Model struct {
	IRVersion int64
	Producer  string
	Opsets    map[string]int64 // by domain; "" for ai.onnx
	Meta      [][2]string      // metadata of the file
	Graph     *Graph
	Functions []*Function
}

// Graph is a graph of nodes; their order in the file means nothing.
type Graph struct {
	Name            string
	Nodes           []*Node
	Initializers    []*Tensor
	Sparse          []*SparseTensor // initializers too
	Inputs, Outputs []*Port
}

// Node applies an operator.
type Node struct {
	Name, Op, Domain string
	Overload         string   // which of the functions of its name
	In, Out          []string // names of values; "" for an optional one that is absent
	Attrs            []*Attr

	opset int64 // of the function that it is of; 0 for that of the model
}

// Attr is an attribute of a node: one of its fields is set.
type Attr struct {
	Name    string
	F       float64
	IsFloat bool // that F is the field that is set
	I       int64
	S       string
	T       *Tensor
	G       *Graph
	Floats  []float64
	Ints    []int64
	Strings []string
	Ref     string // the attribute of the function that it stands for
}

// Port is an input or output of a graph.
type Port struct {
	Name string
	Type int32  // of its elements: see elementTypes
	Dims []Dim  // nil if the file does not tell
	Has  bool   // whether the file has a tensor type with a shape
	Kind string // tensor, sequence, map or ""
	Doc  string
}

// Dim is one dimension of a Port: a number, or the name of one that is open.
type Dim struct {
	Size int64
	Name string
	// Fixed says that the file has a number, which may be 0.
	Fixed bool
}

// Tensor is an array as the file stores it.
type Tensor struct {
	Name     string
	Dims     []int64
	Type     int32
	Raw      []byte
	Floats   []float32
	Doubles  []float64
	Int32s   []int64
	Int64s   []int64
	Uint64s  []int64
	Strings  []string
	External map[string]string // location, offset, length of data in another file
}

// wire is one field of a message as the wire format has it.
type wire struct {
	typ protowire.Type
	num uint64 // of varint, fixed32, fixed64
	b   []byte // of bytes
}

// fields maps the numbers of a message's fields to what reads them into m. Fields that are not listed are passed over.
type fields[M any] map[protowire.Number]func(m *M, w wire) error

// maxDepth bounds how deep graphs lie in attributes of nodes of graphs.
const maxDepth = 8

// decode reads a message.
func decode[M any](b []byte, m *M, table fields[M]) error {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		w := wire{typ: typ}
		switch typ {
		case protowire.VarintType:
			w.num, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			w.num = uint64(v)
		case protowire.Fixed64Type:
			w.num, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			w.b, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(num, typ, b)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if read := table[num]; read != nil {
			if err := read(m, w); err != nil {
				return err
			}
		}
	}
	return nil
}

// text, whole and message are readers of single fields.
func text[M any](at func(*M) *string) func(*M, wire) error {
	return func(m *M, w wire) error { *at(m) = string(w.b); return nil }
}

func whole[M any](at func(*M) *int64) func(*M, wire) error {
	return func(m *M, w wire) error { *at(m) = int64(w.num); return nil }
}

func texts[M any](at func(*M) *[]string) func(*M, wire) error {
	return func(m *M, w wire) error { *at(m) = append(*at(m), string(w.b)); return nil }
}

// numbers reads a repeated field of numbers, packed or not; size is that of a fixed number, 0 for a varint.
func numbers[M, T any](at func(*M) *[]T, size int, convert func(uint64) T) func(*M, wire) error {
	return func(m *M, w wire) error {
		list := at(m)
		if w.typ != protowire.BytesType {
			*list = append(*list, convert(w.num))
			return nil
		}
		for b := w.b; len(b) > 0; {
			var v uint64
			var n int
			switch size {
			case 4:
				var x uint32
				x, n = protowire.ConsumeFixed32(b)
				v = uint64(x)
			case 8:
				v, n = protowire.ConsumeFixed64(b)
			default:
				v, n = protowire.ConsumeVarint(b)
			}
			if n < 0 {
				return protowire.ParseError(n)
			}
			*list, b = append(*list, convert(v)), b[n:]
		}
		return nil
	}
}

func toInt64(v uint64) int64     { return int64(v) }
func toFloat32(v uint64) float32 { return math.Float32frombits(uint32(v)) }
func toFloat64(v uint64) float64 { return math.Float64frombits(v) }
func widened(v uint64) float64   { return float64(math.Float32frombits(uint32(v))) }

// message reads a field that is a message, and hands it to keep.
func message[M, S any](table func() fields[S], keep func(m *M, s *S)) func(*M, wire) error {
	return func(m *M, w wire) error {
		s := new(S)
		if err := decode(w.b, s, table()); err != nil {
			return err
		}
		keep(m, s)
		return nil
	}
}

// modelFields are those of ModelProto.
var modelFields = fields[Model]{
	1: whole(func(m *Model) *int64 { return &m.IRVersion }),
	2: text(func(m *Model) *string { return &m.Producer }),
	7: message(func() fields[Graph] { return graphFields(maxDepth) }, func(m *Model, g *Graph) { m.Graph = g }),
	8: message(func() fields[opset] { return opsetFields }, func(m *Model, o *opset) {
		m.Opsets[domainOf(o.domain)] = o.version
	}),
	25: message(func() fields[Function] { return functionFields },
		func(m *Model, f *Function) { m.Functions = append(m.Functions, f) }),
	14: message(func() fields[[2]string] { return pairFields },
		func(m *Model, p *[2]string) { m.Meta = append(m.Meta, *p) }),
}

// functionFields are those of FunctionProto.
var functionFields = fields[Function]{
	1: text(func(f *Function) *string { return &f.Name }),
	4: texts(func(f *Function) *[]string { return &f.In }),
	5: texts(func(f *Function) *[]string { return &f.Out }),
	7: message(func() fields[Node] { return nodeFields(maxDepth) },
		func(f *Function, n *Node) { f.Nodes = append(f.Nodes, n) }),
	9:  message(func() fields[opset] { return opsetFields }, func(f *Function, o *opset) { f.keep(o) }),
	10: text(func(f *Function) *string { return &f.Domain }),
	11: message(func() fields[Attr] { return attrFields(maxDepth) },
		func(f *Function, a *Attr) { f.Defaults = append(f.Defaults, a) }),
	13: text(func(f *Function) *string { return &f.Overload }),
}

// keep notes the version of the operators of a domain.
func (f *Function) keep(o *opset) {
	if f.Opsets == nil {
		f.Opsets = map[string]int64{}
	}
	f.Opsets[domainOf(o.domain)] = o.version
}

// domainOf returns the name of a domain of operators: "" is that of ONNX's own, which may be written out.
func domainOf(name string) string {
	if name == "ai.onnx" {
		return ""
	}
	return name
}

type opset struct {
	domain  string
	version int64
}

var opsetFields = fields[opset]{
	1: text(func(o *opset) *string { return &o.domain }),
	2: whole(func(o *opset) *int64 { return &o.version }),
}

// graphFields are those of GraphProto, whose attributes may hold graphs depth levels deep.
func graphFields(depth int) fields[Graph] {
	return fields[Graph]{
		1: message(func() fields[Node] { return nodeFields(depth) },
			func(g *Graph, n *Node) { g.Nodes = append(g.Nodes, n) }),
		2: text(func(g *Graph) *string { return &g.Name }),
		5: message(func() fields[Tensor] { return tensorFields },
			func(g *Graph, t *Tensor) { g.Initializers = append(g.Initializers, t) }),
		11: message(func() fields[Port] { return portFields }, func(g *Graph, p *Port) { g.Inputs = append(g.Inputs, p) }),
		12: message(func() fields[Port] { return portFields }, func(g *Graph, p *Port) { g.Outputs = append(g.Outputs, p) }),
		15: message(func() fields[SparseTensor] { return sparseFields },
			func(g *Graph, s *SparseTensor) { g.Sparse = append(g.Sparse, s) }),
	}
}

// nodeFields are those of NodeProto.
func nodeFields(depth int) fields[Node] {
	return fields[Node]{
		1: texts(func(n *Node) *[]string { return &n.In }),
		2: texts(func(n *Node) *[]string { return &n.Out }),
		3: text(func(n *Node) *string { return &n.Name }),
		4: text(func(n *Node) *string { return &n.Op }),
		5: message(func() fields[Attr] { return attrFields(depth) }, func(n *Node, a *Attr) { n.Attrs = append(n.Attrs, a) }),
		7: text(func(n *Node) *string { return &n.Domain }),
		8: text(func(n *Node) *string { return &n.Overload }),
	}
}

var errDeep = errors.New("graphs lie too deep in one another")

// attrFields are those of AttributeProto.
func attrFields(depth int) fields[Attr] {
	table := fields[Attr]{
		1:  text(func(a *Attr) *string { return &a.Name }),
		2:  func(a *Attr, w wire) error { a.F, a.IsFloat = widened(w.num), true; return nil },
		3:  whole(func(a *Attr) *int64 { return &a.I }),
		4:  text(func(a *Attr) *string { return &a.S }),
		5:  message(func() fields[Tensor] { return tensorFields }, func(a *Attr, t *Tensor) { a.T = t }),
		7:  numbers(func(a *Attr) *[]float64 { return &a.Floats }, 4, widened),
		8:  numbers(func(a *Attr) *[]int64 { return &a.Ints }, 0, toInt64),
		9:  texts(func(a *Attr) *[]string { return &a.Strings }),
		21: text(func(a *Attr) *string { return &a.Ref }),
	}
	table[6] = func(a *Attr, w wire) error {
		if depth == 0 {
			return errDeep
		}
		a.G = new(Graph)
		return decode(w.b, a.G, graphFields(depth-1))
	}
	return table
}

// tensorFields are those of TensorProto.
var tensorFields = fields[Tensor]{
	1:  numbers(func(t *Tensor) *[]int64 { return &t.Dims }, 0, toInt64),
	2:  func(t *Tensor, w wire) error { t.Type = int32(w.num); return nil },
	4:  numbers(func(t *Tensor) *[]float32 { return &t.Floats }, 4, toFloat32),
	5:  numbers(func(t *Tensor) *[]int64 { return &t.Int32s }, 0, toInt64),
	6:  texts(func(t *Tensor) *[]string { return &t.Strings }),
	7:  numbers(func(t *Tensor) *[]int64 { return &t.Int64s }, 0, toInt64),
	8:  text(func(t *Tensor) *string { return &t.Name }),
	9:  func(t *Tensor, w wire) error { t.Raw = w.b; return nil },
	10: numbers(func(t *Tensor) *[]float64 { return &t.Doubles }, 8, toFloat64),
	11: numbers(func(t *Tensor) *[]int64 { return &t.Uint64s }, 0, toInt64),
	13: message(func() fields[[2]string] { return pairFields }, func(t *Tensor, p *[2]string) {
		if t.External == nil {
			t.External = map[string]string{}
		}
		t.External[p[0]] = p[1]
	}),
}

var pairFields = fields[[2]string]{
	1: text(func(p *[2]string) *string { return &p[0] }),
	2: text(func(p *[2]string) *string { return &p[1] }),
}

// portFields are those of ValueInfoProto, with its type and shape.
var portFields = fields[Port]{
	1: text(func(p *Port) *string { return &p.Name }),
	2: func(p *Port, w wire) error { return decode(w.b, p, typeFields) },
	3: text(func(p *Port) *string { return &p.Doc }),
}

var typeFields = fields[Port]{
	1: func(p *Port, w wire) error { p.Kind = "tensor"; return decode(w.b, p, tensorTypeFields) },
	4: func(p *Port, w wire) error { p.Kind = "sequence"; return nil },
	5: func(p *Port, w wire) error { p.Kind = "map"; return nil },
}

var tensorTypeFields = fields[Port]{
	1: func(p *Port, w wire) error { p.Type = int32(w.num); return nil },
	2: func(p *Port, w wire) error { p.Has = true; return decode(w.b, p, shapeFields) },
}

var shapeFields = fields[Port]{
	1: message(func() fields[Dim] { return dimFields }, func(p *Port, d *Dim) { p.Dims = append(p.Dims, *d) }),
}

var dimFields = fields[Dim]{
	1: func(d *Dim, w wire) error { d.Size, d.Fixed = int64(w.num), true; return nil },
	2: text(func(d *Dim) *string { return &d.Name }),
}

// Decode reads the bytes of an ONNX file, which the model's tensors share.
func Decode(b []byte) (*Model, error) {
	if bytes.HasPrefix(b, []byte("\x89HDF")) {
		return nil,
			errors.New("an HDF5 file of Keras is not read: save its layers with Python, open('m.json', " +
				"'w').write(model.to_json()), and import m.json")
	}
	m := &Model{Opsets: map[string]int64{}}
	if err := decode(b, m, modelFields); err != nil {
		return nil, fmt.Errorf("not an ONNX file: %w", err)
	}
	if m.Graph == nil || len(m.Graph.Nodes) == 0 {
		return nil, errors.New("not an ONNX file, or a part of one: there is no graph with nodes")
	}
	return m, nil
}
