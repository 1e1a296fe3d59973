package onnx

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/spec"
)

// ownFronts are what the columns of tables became in a file that nngen wrote.
type ownFronts struct {
	graph     *Graph           // with one input in place of columns and of the nodes that encode them
	inputs    map[string]front // what feeds those inputs, by name
	constants map[string]bool  // the initializers that only those nodes read
}

// fronts finds them: the metadata tells of the columns; it is believed only if their nodes, written anew, are those of
// the file. The graph of the model stays as it is, and is the one that is returned where there are none.
func (m *Model) fronts() ownFronts {
	none := ownFronts{graph: m.Graph}
	var fronts []front
	for _, kv := range m.Meta {
		if kv[0] == frontsKey && m.Producer == producer && json.Unmarshal([]byte(kv[1]), &fronts) != nil {
			return none
		}
	}
	if fronts == nil {
		return none
	}
	e := newExporter(ExportOptions{Opset: int(m.Opsets[""])})
	g := *m.Graph
	found := ownFronts{graph: &g, inputs: map[string]front{}, constants: map[string]bool{}}
	g.Nodes, g.Inputs = slices.Clone(g.Nodes), slices.Clone(g.Inputs)
	for _, f := range fronts {
		at := slices.IndexFunc(g.Inputs, func(p *Port) bool { return len(f.Ports) > 0 && p.Name == f.Ports[0] })
		if at < 0 || len(f.Ports) != len(f.Columns) || !f.plausible() {
			return none
		}
		nodes, inputs := len(e.graph.Nodes), len(e.graph.Inputs)
		y, err := f.write(e)
		if err != nil || !removeAll(&g.Nodes, e.graph.Nodes[nodes:]) || !removeAll(&g.Inputs, e.graph.Inputs[inputs:]) {
			return none
		}
		p := &Port{Name: f.Input, Type: typeFloat, Kind: "tensor", Has: true, Dims: []Dim{{Name: "batch"}}}
		for _, d := range f.Shape {
			p.Dims = append(p.Dims, Dim{Size: int64(d), Fixed: true})
		}
		g.Inputs = slices.Insert(g.Inputs, min(at, len(g.Inputs)), p)
		g.Nodes = append(g.Nodes, &Node{Op: "Identity", In: []string{f.Input}, Out: []string{y}})
		found.inputs[f.Input] = f
	}
	for _, t := range e.graph.Initializers {
		if !slices.ContainsFunc(m.Graph.Initializers, func(u *Tensor) bool { return writtenAlike(t, u) }) {
			return none
		}
		found.constants[t.Name] = true
	}
	return found
}

// mostWide bounds the numbers of an input that metadata tell of, before any are allocated.
const mostWide = 1 << 20

// plausible tells whether the columns of a front are such as a spec may have, and give as many numbers as its shape.
func (f *front) plausible() bool {
	width, size := 0, 1
	for _, c := range f.Columns {
		known := c.Kind <= encode.Date && c.Layout <= encode.UnixMillis && (c.Kind != encode.Flag || len(c.Values) == 2) &&
			(c.Kind != encode.Date || len(c.Parts) > 0) &&
			!slices.ContainsFunc(c.Parts, func(p encode.Part) bool { return p > encode.YearDay })
		if !known || c.Most < 0 || c.Most > mostWide {
			return false
		}
		width += c.Width()
	}
	for _, d := range f.Shape {
		if d < 1 || d > mostWide || size > mostWide {
			return false
		}
		size *= d
	}
	return width == size && width <= mostWide
}

// written is a part of a file.
type written interface{ encode() []byte }

func writtenAlike[E written](a, b E) bool { return bytes.Equal(a.encode(), b.encode()) }

// removeAll takes elements that a file wrote out of a list; it tells whether all were there.
func removeAll[E written](list *[]E, gone []E) bool {
	for _, x := range gone {
		i := slices.IndexFunc(*list, func(y E) bool { return writtenAlike(x, y) })
		if i < 0 {
			return false
		}
		*list = slices.Delete(*list, i, i+1)
	}
	return true
}

// columns returns the columns of a front as the spec has them.
func (f *front) columns() (list []column) {
	for _, c := range f.Columns {
		k := column{name: c.Name, fill: c.Fill, indicator: c.Indicator}
		switch c.Kind {
		case encode.Words:
			words, _, _ := categories(&c, &encode.Format{Missing: f.Missing})
			k.words, k.other, k.missing = words[:max(c.Most, len(c.Values))], c.Other, c.Missing
		case encode.Flag:
			k.flag = c.Values
		case encode.Date:
			k.layout, k.date = net.DateWords(c.Layout, c.Parts)
		}
		if k.fill != "" && c.Kind != encode.Number {
			k.fill = strconv.Quote(k.fill)
		}
		list = append(list, k)
	}
	return list
}

// describeFronts gives the inputs of a file that nngen wrote their columns.
func (im *importer) describeFronts(fronts map[string]front) {
	for _, l := range im.inputs {
		f, ok := fronts[l.hint]
		if !ok {
			continue
		}
		l.columns = f.columns()
		if !slices.Equal(f.Missing, spec.Missing) {
			im.remark(fmt.Sprintf("what stands for no value in the table of input %q is not what it is by default: write missing: %s in data", l.hint, flow(f.Missing)))
		}
	}
}
