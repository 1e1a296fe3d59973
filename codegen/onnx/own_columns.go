package onnx

import (
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
	ports := map[string]*Port{} // by the name of the first column's
	var ends []*Node
	total := 0
	for _, f := range fronts {
		size, ok := f.plausible()
		if total += size; !ok || total > mostOfFronts {
			return none
		}
		y, err := f.write(e)
		if err != nil {
			return none
		}
		p := &Port{Name: f.Input, Type: typeFloat, Kind: "tensor", Has: true, Dims: []Dim{{Name: "batch"}}}
		if f.Tokens {
			p.Type = typeInt64
		}
		for _, d := range f.Shape {
			p.Dims = append(p.Dims, Dim{Size: int64(d), Fixed: true})
		}
		ports[f.Ports[0]] = p
		ends = append(ends, &Node{Op: "Identity", In: []string{f.Input}, Out: []string{y}})
		found.inputs[f.Input] = f
	}
	nodes, inNodes := without(g.Nodes, e.graph.Nodes)
	_, inInputs := without(g.Inputs, e.graph.Inputs)
	constants := slices.DeleteFunc(slices.Clone(g.Initializers), func(t *Tensor) bool { return e.known[t.Name] == "" })
	_, inConstants := without(constants, e.graph.Initializers)
	if !inNodes || !inInputs || !inConstants {
		return none
	}
	for _, t := range e.graph.Initializers {
		found.constants[t.Name] = true
	}
	columns := map[string]bool{}
	for _, p := range e.graph.Inputs {
		columns[p.Name] = true
	}
	g.Nodes, g.Inputs = append(nodes, ends...), nil
	for _, p := range m.Graph.Inputs {
		switch {
		case ports[p.Name] != nil:
			g.Inputs = append(g.Inputs, ports[p.Name])
		case !columns[p.Name]:
			g.Inputs = append(g.Inputs, p)
		}
	}
	return found
}

// mostOfFronts bounds what metadata may tell of in all: the numbers of inputs, and the names of missing fields for each
// column. A table of people has some hundred columns.
const mostOfFronts = 1 << 20

// plausible tells whether the columns of a front are such as a spec may have, and give as many numbers as its shape.
// Size counts against mostOfFronts.
func (f *front) plausible() (size int, ok bool) {
	width, numbers := 0, 1
	for _, c := range f.Columns {
		known := c.Kind <= encode.Date && c.Layout <= encode.UnixMillis && (c.Kind != encode.Flag || len(c.Values) == 2) &&
			(c.Kind != encode.Date || len(c.Parts) > 0) &&
			!slices.ContainsFunc(c.Parts, func(p encode.Part) bool { return p > encode.YearDay }) &&
			!slices.ContainsFunc(c.Fixed, func(p encode.Fixed) bool { return p.At < 0 || p.At >= c.Width() }) &&
			!(f.Numbers && (c.Kind != encode.Number || c.Indicator || c.Fill != ""))
		if !known || c.Most < 0 || c.Most > mostOfFronts || len(c.Values)*len(f.Missing) > mostOfFronts {
			return 0, false
		}
		if width += c.Width(); width > mostOfFronts {
			return 0, false
		}
	}
	for _, d := range f.Shape {
		if d < 1 || d > mostOfFronts || numbers > mostOfFronts {
			return 0, false
		}
		numbers *= d
	}
	ports := len(f.Columns)
	if f.Numbers {
		ports = 1
	}
	return width + len(f.Columns)*(1+len(f.Missing)), width == numbers && len(f.Ports) == ports && width > 0
}

// written is a part of a file.
type written interface{ encode() []byte }

// without returns a list without elements that a file would write alike; it tells whether all of those are there.
func without[E written](list, gone []E) (rest []E, all bool) {
	wanted := map[string]int{}
	for _, x := range gone {
		wanted[string(x.encode())]++
	}
	for _, x := range list {
		key := string(x.encode())
		if wanted[key] == 0 {
			rest = append(rest, x)
			continue
		}
		if wanted[key]--; wanted[key] == 0 {
			delete(wanted, key)
		}
	}
	return rest, len(wanted) == 0
}

// columns returns the columns of a front as the spec has them.
func (f *front) columns() (list []column) {
	for _, c := range f.Columns {
		k := column{name: c.Name, fill: c.Fill, unit: c.Unit, indicator: c.Indicator}
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

// fixed returns what the columns of a front took from the training rows that the spec cannot say; nil for nothing.
func (f *front) fixed() []net.Fit {
	fits, some := make([]net.Fit, len(f.Columns)), false
	for i, c := range f.Columns {
		for _, p := range c.Fixed {
			fits[i].Fixed, some = append(fits[i].Fixed, net.Constant(p)), true
		}
	}
	if !some {
		return nil
	}
	return fits
}

// describeFronts gives the inputs of a file that nngen wrote their columns.
func (im *importer) describeFronts(fronts map[string]front) {
	for _, l := range im.inputs {
		f, ok := fronts[l.hint]
		if !ok {
			continue
		}
		l.columns, l.fixed = f.columns(), f.fixed()
		if !f.Numbers && !slices.Equal(f.Missing, spec.Missing) {
			im.remark(fmt.Sprintf("what stands for no value in the table of input %q is not what it is by default: write "+
				"missing: %s in data", l.hint, flow(f.Missing)))
		}
	}
}
