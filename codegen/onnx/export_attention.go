package onnx

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

// exportEmbedding writes the rows of a table. The row of padding_idx counts as 0 here alone: where other layers share
// the table, it has an array of its own without that row.
func exportEmbedding(e *exporter, l *op.Layer) (exported, error) {
	table := l.Params[0]
	data := slices.Clone(e.params[table])
	name := table.Name
	if pad := l.Node.Lookup("padding_idx"); pad != nil && pad.V != nil {
		width := table.Shape[1]
		row := l.Node.Int("padding_idx")
		if slices.ContainsFunc(data[row*width:(row+1)*width], func(v float64) bool { return v != 0 }) &&
			slices.ContainsFunc(e.net.Layers, func(other *op.Layer) bool {
				return other != l && slices.Contains(other.Params, table)
			}) {
			name = fmt.Sprintf("%s.without.%d", name, row)
		}
		clear(data[row*width : (row+1)*width])
	}
	if e.known[name] == "" {
		e.known[name] = e.array(name, table.Shape, data)
	}
	x := e.values[l.In[0]]
	tokens := x.name
	if !x.whole {
		tokens = e.node("Cast", []string{tokens}, intAttr("to", typeInt64))
	}
	return exported{name: e.node("Gather", []string{name, tokens})}, nil
}

func exportPlaces(e *exporter, l *op.Layer) (exported, error) {
	return exported{name: e.node("Add", []string{e.in(l, 0).name, e.param(l.Params[0])})}, nil
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
