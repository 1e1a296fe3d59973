package onnx

import (
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// messageBytes is a protobuf message under construction.
type messageBytes []byte

func (b *messageBytes) text(num protowire.Number, s string) {
	*b = protowire.AppendTag(*b, num, protowire.BytesType)
	*b = protowire.AppendString(*b, s)
}

func (b *messageBytes) bytes(num protowire.Number, s []byte) {
	*b = protowire.AppendTag(*b, num, protowire.BytesType)
	*b = protowire.AppendBytes(*b, s)
}

func (b *messageBytes) whole(num protowire.Number, v int64) {
	*b = protowire.AppendTag(*b, num, protowire.VarintType)
	*b = protowire.AppendVarint(*b, uint64(v))
}

func (b *messageBytes) float(num protowire.Number, v float64) {
	*b = protowire.AppendTag(*b, num, protowire.Fixed32Type)
	*b = protowire.AppendFixed32(*b, math.Float32bits(float32(v)))
}

// The types of attributes: AttributeProto.AttributeType.
const (
	attrFloat, attrInt, attrString, attrTensor = 1, 2, 3, 4
	attrFloats, attrInts, attrStrings          = 6, 7, 8
)

// Encode writes a model as a file of IR version 8.
func (m *Model) Encode() []byte {
	var b messageBytes
	b.whole(1, 8)
	b.text(2, m.Producer)
	b.bytes(7, m.Graph.encode())
	for _, domain := range slices.Sorted(maps.Keys(m.Opsets)) {
		var o messageBytes
		o.text(1, domain)
		o.whole(2, m.Opsets[domain])
		b.bytes(8, o)
	}
	for _, p := range m.Meta {
		var e messageBytes
		e.text(1, p[0])
		e.text(2, p[1])
		b.bytes(14, e)
	}
	return b
}

func (g *Graph) encode() []byte {
	var b messageBytes
	for _, n := range g.Nodes {
		b.bytes(1, n.encode())
	}
	b.text(2, g.Name)
	for _, t := range g.Initializers {
		b.bytes(5, t.encode())
	}
	for _, s := range g.Sparse {
		b.bytes(15, s.encode())
	}
	for _, p := range g.Inputs {
		b.bytes(11, p.encode())
	}
	for _, p := range g.Outputs {
		b.bytes(12, p.encode())
	}
	return b
}

func (n *Node) encode() []byte {
	var b messageBytes
	for _, s := range n.In {
		b.text(1, s)
	}
	for _, s := range n.Out {
		b.text(2, s)
	}
	b.text(3, n.Name)
	b.text(4, n.Op)
	for _, a := range n.Attrs {
		b.bytes(5, a.encode())
	}
	if n.Domain != "" {
		b.text(7, n.Domain)
	}
	return b
}

func (a *Attr) encode() []byte {
	var b messageBytes
	b.text(1, a.Name)
	typ := int64(attrInt)
	switch {
	case a.T != nil:
		typ = attrTensor
		b.bytes(5, a.T.encode())
	case a.S != "":
		typ = attrString
		b.text(4, a.S)
	case a.Ints != nil:
		typ = attrInts
		for _, v := range a.Ints {
			b.whole(8, v)
		}
	case a.Strings != nil:
		typ = attrStrings
		for _, s := range a.Strings {
			b.text(9, s)
		}
	case a.Floats != nil:
		typ = attrFloats
		for _, v := range a.Floats {
			b.float(7, v)
		}
	case a.IsFloat:
		typ = attrFloat
		b.float(2, a.F)
	default:
		b.whole(3, a.I)
	}
	b.whole(20, typ)
	return b
}

func (t *Tensor) encode() []byte {
	var b messageBytes
	for _, d := range t.Dims {
		b.whole(1, d)
	}
	b.whole(2, int64(t.Type))
	for _, s := range t.Strings {
		b.text(6, s)
	}
	b.text(8, t.Name)
	if t.Strings == nil {
		b.bytes(9, t.Raw)
	}
	return b
}

func (s *SparseTensor) encode() []byte {
	var b messageBytes
	b.bytes(1, s.Values.encode())
	b.bytes(2, s.Indices.encode())
	for _, d := range s.Dims {
		b.whole(3, d)
	}
	return b
}

func (p *Port) encode() []byte {
	var shape messageBytes
	for _, d := range p.Dims {
		var dim messageBytes
		if d.Name != "" {
			dim.text(2, d.Name)
		} else {
			dim.whole(1, d.Size)
		}
		shape.bytes(1, dim)
	}
	var tensor, typ, b messageBytes
	tensor.whole(1, int64(p.Type))
	tensor.bytes(2, shape)
	typ.bytes(1, tensor)
	b.text(1, p.Name)
	b.bytes(2, typ)
	if p.Doc != "" {
		b.text(3, p.Doc)
	}
	return b
}
