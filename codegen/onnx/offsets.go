package onnx

import (
	"slices"
	"strconv"
)

// Several codes may share one table of embeddings, with the rows of each behind those of the one before, and a constant
// is added to the codes to come there; or codes count from 1. No network computes with whole numbers: the rows that a
// code may choose become a table of its own.
//
//	Gather(table, codes + c)        one constant: the table begins at row c
//	Gather(table, codes + [c₀ …])   a constant for each column: a table for each, up to where the next one begins

// offsetCodes rewrites the nodes that choose rows so.
func (im *importer) offsetCodes(nodes []*Node) []*Node {
	maker := map[string]*Node{}
	for _, n := range nodes {
		for _, o := range n.Out {
			maker[o] = n
		}
	}
	var out []*Node
	for _, n := range nodes {
		codes, offsets := im.offsetOf(maker, n)
		cost := 0 // a copy of the table, and of its rows from the end
		if offsets != nil {
			cost = 2 * len(im.values[n.in(0)].konst.data)
		}
		switch p := im.inputPort(codes); {
		case offsets == nil || im.spent+cost > im.budget:
			out = append(out, n)
		case isSame(offsets) && (len(offsets) == 1 || int(p.Dims[len(p.Dims)-1].Size) == len(offsets)):
			im.spent += cost
			out = append(out, im.rowsFrom(n, n.Out[0], codes, offsets[0], -1))
		case len(p.Dims) == 2 && int(p.Dims[1].Size) == len(offsets) && !repeats(offsets):
			im.spent += cost
			out = append(out, im.tableOfEach(n, codes, offsets)...)
		default:
			out = append(out, n)
		}
	}
	return out
}

// isSame tells whether all numbers are the same.
func isSame(x []int) bool { return !slices.ContainsFunc(x, func(v int) bool { return v != x[0] }) }

// repeats tells whether a number is there twice.
func repeats(x []int) bool {
	x = slices.Sorted(slices.Values(x))
	return len(slices.Compact(slices.Clone(x))) < len(x)
}

// offsetOf returns the codes that are an input of the model, and the constants that a node adds to them before it
// chooses rows of a constant table by them; none if the node does something else.
func (im *importer) offsetOf(maker map[string]*Node, n *Node) (codes string, offsets []int) {
	if n.Op != "Gather" || n.Domain != "" || n.int("axis", 0) != 0 || !im.fixed(n.in(0)) ||
		len(im.values[n.in(0)].konst.dims) != 2 {
		return "", nil
	}
	sum := maker[uncast(maker, n.in(1))]
	if sum == nil || sum.Domain != "" || sum.Op != "Add" && sum.Op != "Sub" || len(sum.In) != 2 {
		return "", nil
	}
	constants := []*array{im.rowOf(maker, sum.In[0]), im.rowOf(maker, sum.In[1])}
	at := slices.IndexFunc(constants, func(c *array) bool { return c != nil })
	if at < 0 || sum.Op == "Sub" && at != 1 {
		return "", nil
	}
	codes = uncast(maker, sum.In[1-at])
	c := constants[at]
	p := im.inputPort(codes)
	if p == nil || !c.whole || len(c.data) == 0 || len(c.dims) > len(p.Dims) ||
		slices.ContainsFunc(c.dims[:max(len(c.dims)-1, 0)], func(d int) bool { return d != 1 }) {
		return "", nil
	}
	offsets = c.ints()
	if sum.Op == "Sub" {
		for i := range offsets {
			offsets[i] = -offsets[i]
		}
	}
	rows := im.values[n.in(0)].konst.dims[0]
	if slices.ContainsFunc(offsets, func(o int) bool { return o <= -rows || o >= rows }) {
		return "", nil
	}
	return codes, offsets
}

// rowOf returns a constant, of which the file may yet make a row by an Unsqueeze.
func (im *importer) rowOf(maker map[string]*Node, name string) *array {
	name = uncast(maker, name)
	if n := maker[name]; n != nil && n.Domain == "" && n.Op == "Unsqueeze" {
		axes := n.ints("axes")
		for _, a := range im.wholes(n.in(1)) {
			axes = append(axes, int(a))
		}
		if len(axes) == 1 && axes[0] == 0 {
			name = uncast(maker, n.in(0))
		}
	}
	if !im.fixed(name) {
		return nil
	}
	return im.values[name].konst
}

// uncast returns the whole numbers that a value is made of by changes of type alone.
func uncast(maker map[string]*Node, name string) string {
	for range 4 {
		n := maker[name]
		to := 0
		if n != nil {
			to = n.int("to", 0)
		}
		if n == nil || n.Domain != "" || n.Op != "Identity" && (n.Op != "Cast" || to != 6 && to != 7) {
			return name
		}
		name = n.in(0)
	}
	return name
}

// inputPort returns the input of the model of that name if it holds whole numbers, else nil.
func (im *importer) inputPort(name string) *Port {
	i := slices.IndexFunc(im.model.Graph.Inputs, func(p *Port) bool { return p.Name == name })
	if i < 0 || im.fixed(name) {
		return nil
	}
	if p := im.model.Graph.Inputs[i]; elementTypes[p.Type].whole && p.Kind == "tensor" {
		return p
	}
	return nil
}

// rowsFrom returns a choice of the rows of n's table that codes from 0 on choose once an offset is added, count of them
// or all for −1. A row before the first is one from the end, as ONNX has it.
func (im *importer) rowsFrom(n *Node, out, codes string, offset, count int) *Node {
	table := im.values[n.in(0)].konst
	rows, width := table.dims[0], table.dims[1]
	if count < 0 {
		count = rows - offset
	}
	own := &array{dims: []int{count, width}}
	for i := range count {
		r := (i + offset + rows) % rows
		own.data = append(own.data, table.data[r*width:][:width]...)
	}
	name := out + "#rows"
	im.values[name] = &value{konst: own}
	if roots, computed := im.roots[n.in(0)]; computed {
		im.roots[name] = roots
	} else {
		im.roots[name] = []string{n.in(0)}
	}
	return &Node{Op: "Gather", Name: n.Name, In: []string{name, codes}, Out: []string{out}}
}

// tableOfEach returns the nodes that choose a row for each of the columns of codes, from a table for each.
func (im *importer) tableOfEach(n *Node, codes string, offsets []int) (nodes []*Node) {
	rows := im.values[n.in(0)].konst.dims[0]
	im.values["#columns"] = &value{konst: &array{dims: []int{1}, data: []float64{1}, whole: true}}
	var parts []string
	for i, o := range offsets {
		end := rows
		for _, other := range offsets {
			if other > o {
				end = min(end, other)
			}
		}
		part := n.Out[0] + "#" + strconv.Itoa(i)
		column := codes + "#" + strconv.Itoa(i)
		im.values[column+"#at"] = &value{konst: &array{data: []float64{float64(i)}, whole: true}}
		nodes = append(nodes, &Node{Op: "Gather", Name: n.Name, In: []string{codes, column + "#at"},
			Out: []string{part + "#code"}, Attrs: []*Attr{intAttr("axis", 1)}})
		chosen := im.rowsFrom(n, part+"#chosen", part+"#code", o, end-o)
		nodes = append(nodes, chosen,
			&Node{Op: "Unsqueeze", Name: n.Name, In: []string{chosen.Out[0], "#columns"}, Out: []string{part}})
		parts = append(parts, part)
	}
	return append(nodes, &Node{Op: "Concat", Name: n.Name, In: parts, Out: n.Out, Attrs: []*Attr{intAttr("axis", 1)}})
}
