package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/norm"
)

// foldNorm takes a batch norm into the convolution or dense layer right before it, which only it reads: the numbers are
// those that the package computes when it is loaded, to the bit. It tells whether it could.
func (e *exporter) foldNorm(l *op.Layer) bool {
	before := l.In[0]
	if e.Training || len(e.graph.Nodes) == 0 || !e.sole(before) {
		return false
	}
	n := e.graph.Nodes[len(e.graph.Nodes)-1]
	if n.Out[0] != e.values[before].name || n.Op != "Conv" && n.Op != "Gemm" {
		return false
	}
	w, units := e.weights(n, l.Params[0].Size())
	f := l.Params[0].Size()
	var bias []float32
	if len(n.In) > 2 {
		bias = floats32(e.initializer(n.In[2]).Raw)
	}
	var stats [4][]float32
	for i, p := range l.Params {
		stats[i] = narrowed(e.params[p])
	}
	factors, shifts := slices.Repeat([]float32{1}, f), make([]float32, f)
	norm.Fold(1, f, factors, shifts, factors, bias, stats[0], stats[1], stats[2], stats[3],
		float32(l.Node.Float("epsilon")))
	data := floats32(w.Raw)
	for i := range data {
		data[i] *= factors[units(i)]
	}
	w.Raw = bytes32(data)
	if bias == nil {
		n.In = append(n.In[:2:2], e.array(l.Name+".folded", []int{f}, make([]float64, f)))
	}
	e.initializer(n.In[2]).Raw = bytes32(shifts)
	e.folded = append(e.folded, l.Name)
	return true
}

// foldedKey is the key of the metadata that holds the names of batch norms which went into the layers before them.
const foldedKey = "nngen.folded"

// remarkFolded tells of batch norms that an export of nngen wrote into other layers: they do not come back.
func (im *importer) remarkFolded() {
	for _, kv := range im.model.Meta {
		if kv[0] == foldedKey && im.own && kv[1] != "" {
			im.remark(fmt.Sprintf("batch norms went into the layers before them when nngen wrote the file: %s; "+
				"they are no layers here, as they are of a file that nngen export --training writes", shortened(kv[1])))
		}
	}
}

// sole tells whether a layer has weights of its own and one reader, and is no output.
func (e *exporter) sole(l *op.Layer) bool {
	readers := 0
	for _, r := range e.net.Layers {
		for _, in := range r.In {
			if in == l {
				readers++
			}
		}
		if r != l && len(r.Params) > 0 && len(l.Params) > 0 && r.Params[0] == l.Params[0] {
			return false
		}
	}
	for _, o := range e.net.Outputs {
		if o.Layer == l {
			return false
		}
	}
	return readers == 1
}

// weights returns the initializer of the weights of a product with f units or filters, and to which of those an element
// belongs: filters lie in rows, units in columns.
func (e *exporter) weights(n *Node, f int) (w *Tensor, of func(i int) int) {
	if s := e.graph.sparse(n.in(1)); s != nil {
		return s.Values, func(i int) int { return int(binary.LittleEndian.Uint64(s.Indices.Raw[8*i:])) % f }
	}
	w = e.initializer(n.in(1))
	if n.Op == "Conv" {
		each := len(w.Raw) / 4 / f
		return w, func(i int) int { return i / each }
	}
	return w, func(i int) int { return i % f }
}

// sparse returns a sparse initializer; nil if there is none of that name.
func (g *Graph) sparse(name string) *SparseTensor {
	for _, s := range g.Sparse {
		if s.Values != nil && s.Values.Name == name {
			return s
		}
	}
	return nil
}

func (e *exporter) initializer(name string) *Tensor {
	i := slices.IndexFunc(e.graph.Initializers, func(t *Tensor) bool { return t.Name == name })
	return e.graph.Initializers[i]
}

func narrowed(v []float64) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out
}

func floats32(raw []byte) []float32 {
	out := make([]float32, len(raw)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return out
}

func bytes32(v []float32) []byte {
	var raw []byte
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	return raw
}
