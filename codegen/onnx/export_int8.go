package onnx

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

// Int8 says what of a network computes with 8-bit integers, for an export as pairs of QuantizeLinear and
// DequantizeLinear (QDQ): runtimes compute what lies between such pairs in integers.
type Int8 struct {
	Products map[*op.Layer]Product  // layers that multiply by int8 weights
	Fused    map[*op.Layer]bool     // batch norms that the weights before them take in
	Rounded  map[*op.Layer]Rounding // layers whose values are int8
	Entering map[*op.Layer]Rounding // layers in float32 whose values products read as int8
}

// Rounding is x ≈ scale·(q − zero), with q int8.
type Rounding struct {
	Scale float32
	Zero  int32
}

// Product is y[j] = Σ scale[j]·kernel[i,j]·x[i] + bias[j]·in·scale[j], with in the scale of x.
type Product struct {
	Kernel []int8 // in the layout of the layer's kernel, channels last
	Scales []float32
	Bias   []int32
	In     float32
}

// integers returns the parameters of a network with the kernels that the products have, as they round.
func (q *Int8) integers(params map[*ir.Param][]float64) map[*ir.Param][]float64 {
	out := map[*ir.Param][]float64{}
	for p, v := range params {
		out[p] = v
	}
	for l, p := range q.Products {
		data := make([]float64, len(p.Kernel))
		for i, k := range p.Kernel {
			data[i] = float64(k) * float64(p.Scales[i%len(p.Scales)])
		}
		out[l.Params[0]] = data
	}
	return out
}

// rounded writes the pair that rounds a value.
func (e *exporter) rounded(v exported, r Rounding) exported {
	scale, zero := e.number(float64(r.Scale)), e.int8s("const.int8."+strconv.Itoa(int(r.Zero)), nil, []int8{int8(r.Zero)})
	x := e.node("QuantizeLinear", []string{v.name, scale, zero})
	return v.named(e.node("DequantizeLinear", []string{x, scale, zero}))
}

// int8s returns the name of an initializer of int8.
func (e *exporter) int8s(name string, dims []int, data []int8) string {
	if e.known[name] != "" {
		return name
	}
	e.known[name] = name
	t := &Tensor{Name: name, Type: typeInt8, Raw: make([]byte, 0, len(data))}
	for _, d := range dims {
		t.Dims = append(t.Dims, int64(d))
	}
	for _, v := range data {
		t.Raw = append(t.Raw, byte(v))
	}
	e.graph.Initializers = append(e.graph.Initializers, t)
	return name
}

// multiplied turns the weights of the product that the nodes from first on make into integers: W becomes
// DequantizeLinear(W8, scales), and so does the bias, of int32.
func (e *exporter) multiplied(l *op.Layer, p Product, v exported, first int) exported {
	at := first + slices.IndexFunc(e.graph.Nodes[first:], func(n *Node) bool {
		return n.Op == "Conv" || n.Op == "Gemm" || n.Op == "MatMul"
	})
	n := e.graph.Nodes[at]
	w := e.initializer(n.In[1])
	axis, each := 1, 1 // of the channels, and the numbers of each behind that axis
	if n.Op == "Conv" {
		axis = 0
		for _, d := range w.Dims[1:] {
			each *= int(d)
		}
	}
	kernel := make([]int8, len(p.Kernel))
	for i, x := range floats32(w.Raw) {
		kernel[i] = int8(math.RoundToEven(float64(x) / float64(p.Scales[i/each%len(p.Scales)])))
	}
	var dims []int
	for _, d := range w.Dims {
		dims = append(dims, int(d))
	}
	scales, together := make([]float64, len(p.Scales)), make([]float64, len(p.Scales))
	bias := &Tensor{Name: l.Name + ".bias_int32", Type: typeInt32, Dims: []int64{int64(len(p.Bias))}}
	for j, s := range p.Scales {
		scales[j], together[j] = float64(s), float64(s)*float64(p.In)
		bias.Raw = binary.LittleEndian.AppendUint32(bias.Raw, uint32(p.Bias[j]))
	}
	e.graph.Initializers = append(e.graph.Initializers, bias)
	behind := e.graph.Nodes[at:]
	e.graph.Nodes = slices.Clone(e.graph.Nodes[:at])
	n.In[1] = e.node("DequantizeLinear", []string{e.int8s(l.Name+".kernel_int8", dims, kernel),
		e.array(l.Name+".kernel_scale", []int{len(scales)}, scales),
		e.int8s(l.Name+".kernel_zero", []int{len(scales)}, make([]int8, len(scales)))}, intAttr("axis", axis))
	b := e.node("DequantizeLinear", []string{bias.Name,
		e.array(l.Name+".bias_scale", []int{len(scales)}, together)}, intAttr("axis", 0))
	e.graph.Nodes = append(e.graph.Nodes, behind...)
	if n.Op != "MatMul" {
		n.In = append(n.In[:2:2], b)
		return v
	}
	if i := slices.IndexFunc(behind, func(a *Node) bool { return a.Op == "Add" && a.In[0] == n.Out[0] }); i >= 0 {
		behind[i].In[1] = b
		return v
	}
	return v.named(e.node("Add", []string{v.name, b}))
}

// dropUnread leaves the initializers that nodes read.
func (g *Graph) dropUnread() {
	read := map[string]bool{}
	for _, n := range g.Nodes {
		for _, in := range n.In {
			read[in] = true
		}
	}
	g.Initializers = slices.DeleteFunc(g.Initializers, func(t *Tensor) bool { return !read[t.Name] })
}
