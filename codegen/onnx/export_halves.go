package onnx

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/runtime/half"
)

// wideSuffix ends the name of what such a Cast gives.
const wideSuffix = ".wide"

// narrow stores the arrays of parameters that a spec keeps in 16 bits so, with a Cast behind each, which runtimes do
// once. Those that a norm went into stay of float32.
func (e *exporter) narrow() {
	var casts []*Node
	for _, p := range e.net.Params {
		if p.DType != ir.Float16 && p.DType != ir.BFloat16 {
			continue
		}
		for _, t := range e.graph.stored() {
			if t.Type != typeFloat || t.Name != p.Name && !strings.HasPrefix(t.Name, p.Name+".") || !t.halve(p) {
				continue
			}
			wide := t.Name + wideSuffix
			for _, n := range e.graph.Nodes {
				for i, in := range n.In {
					if in == t.Name {
						n.In[i] = wide
					}
				}
			}
			casts = append(casts, &Node{Name: "/" + t.Name + "/Cast", Op: "Cast", In: []string{t.Name}, Out: []string{wide},
				Attrs: []*Attr{intAttr("to", typeFloat)}})
		}
	}
	e.graph.Nodes = slices.Concat(casts, e.graph.Nodes)
}

// stored returns all initializers; of sparse ones the elements that are there.
func (g *Graph) stored() []*Tensor {
	all := slices.Clone(g.Initializers)
	for _, s := range g.Sparse {
		if s.Values != nil { // which an import refuses
			all = append(all, s.Values)
		}
	}
	return all
}

// halve stores an array of float32 in the type of a parameter; it tells whether that holds all of its numbers.
func (t *Tensor) halve(p *ir.Param) bool {
	format := half.Float16
	if p.DType == ir.BFloat16 {
		format = half.BFloat16
	}
	raw := make([]byte, 0, len(t.Raw)/2)
	for _, v := range floats32(t.Raw) {
		h := format.Round(v)
		if math.Float32bits(format.Widen(h)) != math.Float32bits(v) {
			return false
		}
		raw = binary.LittleEndian.AppendUint16(raw, h)
	}
	t.Raw, t.Type = raw, typeFloat16
	if p.DType == ir.BFloat16 {
		t.Type = typeBFloat16
	}
	return true
}
