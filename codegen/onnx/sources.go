package onnx

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// numberSource is a list of floating-point numbers in an ONNX file: an initializer, a constant, or an attribute of a
// node.
type numberSource struct {
	what   string // in words, with its name
	values []float64
	typ    int32 // of the elements: see elementTypes
	// set puts other numbers in its place, in a model whose lists of initializers and nodes are its own.
	set func(m *Model, v []float64)
	// at holds the offset in the file of each element; nil if they can't be replaced, which why explains.
	at  []int
	why string
}

// sources finds the numbers of a file that weights may come from.
func (m *Model) sources(b []byte, o Options) ([]*numberSource, error) {
	graph := lastField(b, field{0, b}, 7)
	var all []*numberSource
	tensors := fieldsOf(b, graph, 5)
	if len(tensors) != len(m.Graph.Initializers) {
		return nil, fmt.Errorf("BUG: %d of %d initializers are found again", len(tensors), len(m.Graph.Initializers))
	}
	fronts := m.fronts() // whose numbers are the spec's, not weights
	for i, t := range m.Graph.Initializers {
		if fronts.constants[t.Name] {
			continue
		}
		if s, err := t.source(b, tensors[i], o, fmt.Sprintf("initializer %q", t.Name)); err != nil {
			return nil, err
		} else if s != nil {
			s.set = func(m *Model, v []float64) { m.Graph.Initializers[i] = t.with(v) }
			all = append(all, s)
		}
	}
	parts := fieldsOf(b, graph, 15)
	for i, sparse := range m.Graph.Sparse {
		t := sparse.Values
		s, err := t.source(b, lastField(b, parts[i], 1), o, fmt.Sprintf("sparse initializer %q", t.Name))
		if err != nil {
			return nil, err
		}
		if s != nil {
			s.set = func(m *Model, v []float64) {
				m.Graph.Sparse[i] = &SparseTensor{t.with(v), sparse.Indices, sparse.Dims}
			}
			all = append(all, s)
		}
	}
	nodes := fieldsOf(b, graph, 1)
	for i, n := range m.Graph.Nodes {
		if !slices.Contains(fronts.graph.Nodes, n) {
			continue
		}
		attrs := fieldsOf(b, nodes[i], 5)
		for k, a := range n.Attrs {
			change := func(f func(a *Attr, v []float64)) func(m *Model, v []float64) {
				return func(m *Model, v []float64) {
					n, a := *m.Graph.Nodes[i], *a
					f(&a, v)
					n.Attrs = slices.Clone(n.Attrs)
					n.Attrs[k] = &a
					m.Graph.Nodes[i] = &n
				}
			}
			what := fmt.Sprintf("attribute %q of %s", a.Name, n)
			switch {
			case a.T != nil:
				s, err := a.T.source(b, lastField(b, attrs[k], 5), o, what)
				if err != nil {
					return nil, err
				}
				if s != nil {
					s.set = change(func(a *Attr, v []float64) { a.T = a.T.with(v) })
					all = append(all, s)
				}
			case len(a.Floats) > 0:
				s := &numberSource{what: what, values: a.Floats, typ: 1, at: numbersAt(b, attrs[k], 7, 4)}
				s.set = change(func(a *Attr, v []float64) { a.Floats = v })
				all = append(all, s)
			}
		}
	}
	return all, nil
}

// source returns the numbers of a tensor with their places; nil if they are not of a floating-point type.
func (t *Tensor) source(b []byte, f field, o Options, what string) (*numberSource, error) {
	if e := elementTypes[t.Type]; e.whole || e.read == nil {
		return nil, nil
	}
	a, err := t.load(o.Files)
	if err != nil || len(a.data) == 0 {
		return nil, err
	}
	s := &numberSource{what: what, values: a.data, typ: t.Type}
	size := elementTypes[t.Type].bytes
	switch {
	case len(t.External) > 0:
		s.why = fmt.Sprintf("lies in the file %q beside the model", t.External["location"])
	case t.Raw != nil:
		raw := lastField(b, f, 9)
		for i := range a.data {
			s.at = append(s.at, raw.at+i*size)
		}
	case t.Type == typeFloat:
		s.at = numbersAt(b, f, 4, 4)
	case t.Type == typeDouble:
		s.at = numbersAt(b, f, 10, 8)
	default:
		s.why = fmt.Sprintf("stores its numbers of %s in fields of varying length", elementTypes[t.Type].name)
	}
	if s.why == "" && len(s.at) != len(a.data) {
		return nil, fmt.Errorf("BUG: %d of %d numbers of %s are found again", len(s.at), len(a.data), what)
	}
	return s, nil
}

// with returns the tensor with other numbers, as float64.
func (t *Tensor) with(v []float64) *Tensor {
	return &Tensor{Name: t.Name, Dims: t.Dims, Type: typeDouble, Doubles: v}
}

// write puts a number at the place of an element.
func (s *numberSource) write(b []byte, i int, v float64) {
	at := b[s.at[i]:]
	switch elementTypes[s.typ].name {
	case "double":
		binary.LittleEndian.PutUint64(at, math.Float64bits(v))
	case "float":
		binary.LittleEndian.PutUint32(at, math.Float32bits(float32(v)))
	case "bfloat16":
		u := math.Float32bits(float32(v))
		binary.LittleEndian.PutUint16(at, uint16((u+0x7fff+u>>16&1)>>16))
	default:
		binary.LittleEndian.PutUint16(at, halfOf(v))
	}
}

// rounded returns what is read of a number after it was written.
func (s *numberSource) rounded(v float64) float64 {
	c := numberSource{typ: s.typ, at: []int{0}}
	b := make([]byte, 8)
	c.write(b, 0, v)
	return elementTypes[s.typ].read(b)
}

// halfOf rounds to IEEE 754 binary16, ties to even.
func halfOf(v float64) uint16 {
	sign := uint16(0)
	if math.Signbit(v) {
		sign, v = 0x8000, -v
	}
	switch {
	case v != v:
		return sign | 0x7e00
	case v >= 65520: // halfway beyond the largest, 65504
		return sign | 0x7c00
	case v < 0x1p-14: // subnormal: multiples of 2⁻²⁴; 1024 of them are the smallest normal number
		return sign | uint16(math.RoundToEven(math.Ldexp(v, 24)))
	}
	fraction, exp := math.Frexp(v) // v = fraction·2^exp with ½ ≤ fraction < 1
	// A fraction that rounds up to 2048 carries into the exponent, as it should.
	return sign | (uint16(exp+13)<<10 + uint16(math.RoundToEven(math.Ldexp(fraction, 11))))
}

// field is the contents of a field of a message: where in the file they begin, and they themselves.
type field struct {
	at int
	b  []byte
}

// eachField calls f for the fields of a message, which was decoded without an error before.
func eachField(b []byte, in field, f func(num protowire.Number, v field)) {
	for at := 0; at < len(in.b); {
		num, typ, n := protowire.ConsumeTag(in.b[at:])
		if n < 0 {
			return
		}
		at += n
		size := protowire.ConsumeFieldValue(num, typ, in.b[at:])
		if size < 0 {
			return
		}
		v := field{in.at + at, in.b[at : at+size]}
		if typ == protowire.BytesType {
			content, _ := protowire.ConsumeBytes(v.b)
			v = field{v.at + len(v.b) - len(content), content}
		}
		f(num, v)
		at += size
	}
}

// fieldsOf returns the contents of a repeated field.
func fieldsOf(b []byte, in field, want protowire.Number) (all []field) {
	eachField(b, in, func(num protowire.Number, v field) {
		if num == want {
			all = append(all, v)
		}
	})
	return all
}

// lastField returns the contents of a field that counts once: those that come last.
func lastField(b []byte, in field, want protowire.Number) field {
	all := fieldsOf(b, in, want)
	if len(all) == 0 {
		return field{}
	}
	return all[len(all)-1]
}

// numbersAt returns the offsets of the numbers of a repeated field of fixed size, packed or not.
func numbersAt(b []byte, in field, want protowire.Number, size int) (at []int) {
	for _, f := range fieldsOf(b, in, want) {
		for i := 0; i+size <= len(f.b); i += size {
			at = append(at, f.at+i)
		}
	}
	return at
}

// tags are numbers that tell the elements of a source apart: all of them, or where it matters to the import that
// numbers are equal, opposite or 0, those of different magnitude.
type tags struct {
	source *numberSource
	rank   []float64 // 1, 2, 3, … of each element; equal for those that are tied
	sign   []float64 // 1 or −1; 0 for an element that stays 0
}

// plainTags counts all elements, from a number on.
func plainTags(s *numberSource, from int) *tags {
	t := &tags{source: s}
	for i := range s.values {
		t.rank, t.sign = append(t.rank, float64(from+i)), append(t.sign, 1)
	}
	return t
}

// signedTags gives elements of one magnitude the same rank and their own sign.
func signedTags(s *numberSource, from int) *tags {
	t := &tags{source: s, rank: make([]float64, len(s.values)), sign: make([]float64, len(s.values))}
	index := make([]int, len(s.values))
	for i := range index {
		index[i] = i
	}
	slices.SortStableFunc(index, func(i, j int) int { return cmp.Compare(math.Abs(s.values[i]), math.Abs(s.values[j])) })
	rank := float64(from)
	for k, i := range index {
		if k > 0 && math.Abs(s.values[i]) != math.Abs(s.values[index[k-1]]) {
			rank++
		}
		t.rank[i] = rank
		switch v := s.values[i]; {
		case v > 0:
			t.sign[i] = 1
		case v < 0:
			t.sign[i] = -1
		}
	}
	return t
}

// with returns the numbers of the elements as a function of their rank, with their sign.
func (t *tags) with(f func(rank float64) float64) []float64 {
	out := make([]float64, len(t.rank))
	for i, r := range t.rank {
		out[i] = t.sign[i] * f(r)
	}
	return out
}
