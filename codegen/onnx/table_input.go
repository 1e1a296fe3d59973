package onnx

import (
	"fmt"
	"slices"
	"strconv"
)

// A pipeline of scikit-learn may read a whole table as one array, n×columns, of words or numbers, from which its parts
// choose columns by ArrayFeatureExtractor. Each column becomes an input, as where the model has one for each; in the
// end those are one input again, whose columns a table feeds. A network with an embedding for each of several codes
// reads those as one array of whole numbers: each code becomes an input, and stays one.

// tableView is some columns of a table.
type tableView struct {
	table   *Port
	columns []int
}

// columnInputs splits the inputs that are tables into their columns, and returns all inputs.
func (im *importer) columnInputs(ports []*Port) []*Port {
	views := map[string]tableView{}
	for _, p := range ports {
		if im.isTable(p) {
			views[p.Name] = tableView{p, upTo(int(p.Dims[1].Size))}
		}
	}
	if len(views) == 0 {
		return ports
	}
	t := &tableSplitter{im: im, views: views, numbers: map[string]bool{},
		used: map[string]bool{}, joined: map[string]bool{}}
	for _, n := range im.nodes {
		t.node(n)
	}
	for _, o := range im.model.Graph.Outputs {
		if v, ok := views[o.Name]; ok { // chosen columns are what the model gives
			t.nodes = append(t.nodes, &Node{Op: "Identity", Name: o.Name,
				In: []string{t.value(o.Name, v)}, Out: []string{o.Name}})
		}
	}
	im.nodes, im.index = t.nodes, index{}
	var out []*Port
	for _, p := range ports {
		v, ok := views[p.Name]
		if !ok || v.table != p {
			out = append(out, p)
			continue
		}
		for _, c := range v.columns {
			name := columnName(p, c)
			if !t.used[name] {
				continue
			}
			q := *p
			q.Name, q.Dims = name, []Dim{p.Dims[0], {Size: 1, Fixed: true}}
			if t.numbers[name] {
				q.Type = typeFloat
			}
			out = append(out, &q)
			im.tables[name] = p.Name
		}
	}
	return out
}

// isTable tells whether an input is an array whose columns are chosen.
func (im *importer) isTable(p *Port) bool {
	if im.values[p.Name] != nil || p.Kind != "tensor" || len(p.Dims) != 2 || p.Dims[1].open() || p.Dims[1].Size > 1<<12 {
		return false
	}
	readers := im.readersOf(p.Name)
	if slices.ContainsFunc(readers, func(n *Node) bool {
		return operatorOf(n) == "ml.ArrayFeatureExtractor" &&
			n.in(0) == p.Name
	}) {
		return true
	}
	all := tableView{p, upTo(int(p.Dims[1].Size))}
	return elementTypes[p.Type].whole && len(readers) > 0 && len(all.columns) > 1 &&
		!slices.ContainsFunc(readers, func(n *Node) bool {
			columns, ok := im.chosenColumns(n, all)
			return !ok || len(columns) != 1
		})
}

func columnName(p *Port, column int) string { return p.Name + "_" + strconv.Itoa(column) }

// tableSplitter rewrites the nodes that read tables.
type tableSplitter struct {
	im      *importer
	views   map[string]tableView // by the names of values
	numbers map[string]bool      // columns that are read as numbers, of a table of words
	used    map[string]bool      // columns
	joined  map[string]bool      // views that a Concat gives by now
	nodes   []*Node
}

func (t *tableSplitter) node(n *Node) {
	if v, ok := t.views[n.in(0)]; ok && len(n.Out) == 1 {
		if columns, ok := t.im.chosenColumns(n, v); ok {
			view := tableView{v.table, columns}
			if n.Op == "Gather" && len(t.im.values[n.in(1)].konst.dims) == 0 { // one column without its axis
				t.nodes = append(t.nodes, &Node{Op: "Squeeze", Name: n.Name,
					In: []string{t.value(n.Out[0], view), t.columnAxis()}, Out: n.Out})
				return
			}
			t.views[n.Out[0]] = view
			return
		}
		to := int32(n.int("to", 0))
		switch {
		case n.Op == "Identity", n.Op == "Cast" && to != 1 && to != 11 && t.onlyEncoded(n.Out[0]):
			t.views[n.Out[0]] = v
			return
		case n.Op == "Cast" && (to == 1 || to == 11) && elementTypes[v.table.Type].name == "string":
			for _, c := range v.columns {
				t.numbers[columnName(v.table, c)] = true
			}
			t.views[n.Out[0]] = v
			return
		}
	}
	m := *n
	m.In = slices.Clone(n.In)
	for i, name := range m.In {
		if v, ok := t.views[name]; ok {
			m.In[i] = t.value(name, v)
		}
	}
	t.nodes = append(t.nodes, &m)
}

// chosenColumns returns the columns of a view that a node chooses.
func (im *importer) chosenColumns(n *Node, v tableView) ([]int, bool) {
	constant := func(i int) *array {
		if at := im.values[n.in(i)]; at != nil {
			return at.konst
		}
		return nil
	}
	axis := n.int("axis", 0)
	byAxis := n.Op == "Gather" && (axis == 1 || axis == -1)
	var at []int
	switch index := constant(1); {
	case n.Op == "Slice":
		list, err := cuts(n, []int{1 << 30, len(v.columns)}, []*array{nil, index, constant(2), constant(3), constant(4)})
		if err != nil || len(list) != 1 || list[0].axis != 1 {
			return nil, false
		}
		at = list[0].places()
	case index == nil || !byAxis && operatorOf(n) != "ml.ArrayFeatureExtractor" || byAxis && len(index.dims) > 1:
		return nil, false
	default:
		at = index.ints()
	}
	var columns []int
	for _, i := range at {
		if i < 0 && byAxis {
			i += len(v.columns)
		}
		if i < 0 || i >= len(v.columns) {
			return nil, false
		}
		columns = append(columns, v.columns[i])
	}
	return columns, len(columns) > 0
}

// columnAxis returns the name of a constant, the axis of columns.
func (t *tableSplitter) columnAxis() string {
	const name = "#column axis"
	t.im.values[name] = &value{konst: &array{dims: []int{1}, data: []float64{1}, whole: true}}
	return name
}

// onlyEncoded tells whether all that reads a value are encoders of words, for which a cast to whole numbers changes
// nothing.
func (t *tableSplitter) onlyEncoded(name string) bool {
	readers := t.im.readersOf(name)
	return len(readers) > 0 && !slices.ContainsFunc(readers,
		func(n *Node) bool { return operatorOf(n) != "ml.OneHotEncoder" })
}

// value returns the name under which a view is read: that of its column, or of a Concat of several.
func (t *tableSplitter) value(name string, v tableView) string {
	var names []string
	for _, c := range v.columns {
		names = append(names, columnName(v.table, c))
		t.used[columnName(v.table, c)] = true
	}
	if len(names) == 1 {
		return names[0]
	}
	joined := name + "#columns"
	if !t.joined[joined] {
		t.joined[joined] = true
		t.nodes = append(t.nodes, &Node{Op: "Concat", Name: "columns of " + name, In: names, Out: []string{joined},
			Attrs: []*Attr{intAttr("axis", 1)}})
	}
	return joined
}

// joinTables makes one input of the columns of a table, where one layer joins all of them and nothing else reads them.
func (im *importer) joinTables() {
	var tables []string
	for _, l := range im.inputs {
		if t := im.tables[l.hint]; t != "" && !slices.Contains(tables, t) {
			tables = append(tables, t)
		}
	}
	for _, t := range tables {
		im.joinTable(t)
		if slices.ContainsFunc(im.inputs, func(l *layer) bool { return im.tables[l.hint] == t }) {
			im.remark(fmt.Sprintf("input %q is several columns that are read apart: each is an input here", t))
		}
	}
}

func (im *importer) joinTable(table string) {
	readers := map[*layer]int{}
	for _, l := range im.layers {
		for _, from := range l.in {
			readers[from]++
		}
	}
	var flat func(l *layer) []*layer
	flat = func(l *layer) (all []*layer) {
		for _, from := range l.in {
			if from.kind == "concatenate" && readers[from] == 1 {
				all = append(all, flat(from)...)
			} else {
				all = append(all, from)
			}
		}
		return all
	}
	count := 0
	for _, l := range im.inputs {
		if im.tables[l.hint] == table {
			count++
		}
	}
	var join *layer
	var parts []*layer
	for _, l := range im.layers { // the last one joins what others joined
		if l.kind != "concatenate" {
			continue
		}
		all := flat(l)
		if len(all) == count && !slices.ContainsFunc(all, func(p *layer) bool {
			return !raw(p) || readers[p] != 1 || im.tables[inputOf(p).hint] != table
		}) {
			join, parts = l, all
		}
	}
	if join == nil {
		return
	}
	one := &layer{kind: "input", hint: table}
	depth, width := 0, 0
	for _, p := range parts {
		in := inputOf(p)
		width += product(in.shape.extents())
		c := column{}
		if in.columns != nil {
			c = in.columns[0]
		}
		c.name = in.hint
		one.columns = append(one.columns, c)
		depth = max(depth, stepsOf(p))
	}
	one.shape = axes{{{size: width}}}
	var made []*layer
	from := one
	for k := range depth { // the k-th steps of all columns are one
		step := &layer{kind: "preprocess", in: []*layer{from}}
		center, scale := param{role: "center"}, param{role: "scale"}
		for _, p := range parts {
			n := product(inputOf(p).shape.extents())
			zeros, ones := make([]float64, n), slices.Repeat([]float64{1}, n)
			if s := stepAt(p, k); s != nil {
				zeros, ones = s.params[0].data, s.params[1].data
				step.origin = append(step.origin, s.origin...)
			}
			center.data, scale.data = append(center.data, zeros...), append(scale.data, ones...)
		}
		center.dims, scale.dims = []int{len(center.data)}, []int{len(scale.data)}
		step.params = []param{center, scale}
		made, from = append(made, step), step
	}
	// What stood before the join is gone; what read it reads the one input.
	im.layers = slices.DeleteFunc(im.layers, func(l *layer) bool {
		return l == join || l.kind == "concatenate" && readers[l] == 1 &&
			slices.ContainsFunc(flat(l), func(p *layer) bool { return slices.Contains(parts, p) }) ||
			l.kind == "preprocess" && im.tables[inputOf(l).hint] == table
	})
	im.layers = append(made, im.layers...)
	for _, l := range im.layers {
		for i, in := range l.in {
			if in == join {
				l.in[i] = from
			}
		}
	}
	at := slices.IndexFunc(im.inputs, func(l *layer) bool { return im.tables[l.hint] == table })
	im.values[table] = &value{layer: one, axes: axes{im.values[im.inputs[at].hint].axes[0], one.shape[0]},
		store: one.shape, scale: 1}
	im.inputs[at] = one
	im.inputs = slices.DeleteFunc(im.inputs, func(l *layer) bool { return im.tables[l.hint] == table })
	im.remark(fmt.Sprintf("input %q is a table without names of columns: they are %s_0, %s_1, … here; write those of "+
		"your table", table, table, table))
}

// placesOf returns for each number of an input that is a table, or a column of one, its column in the model, and behind
// them how many columns the model has; nil for other inputs, and where words are among them, which are no numbers in
// the model.
func (im *importer) placesOf(l *layer) []int {
	if t := im.tables[l.hint]; t != "" && l.columns == nil {
		p := im.model.Graph.Inputs[slices.IndexFunc(im.model.Graph.Inputs, func(p *Port) bool { return p.Name == t })]
		columns := int(p.Dims[1].Size)
		for c := range columns {
			if columnName(p, c) == l.hint {
				return []int{c, columns}
			}
		}
	}
	i := slices.IndexFunc(im.model.Graph.Inputs, func(p *Port) bool { return p.Name == l.hint })
	if i < 0 || l.columns == nil || slices.ContainsFunc(l.columns,
		func(c column) bool { return c.words != nil || c.name == "" }) {
		return nil
	}
	p := im.model.Graph.Inputs[i]
	places := make([]int, len(l.columns))
	for c := range int(p.Dims[1].Size) {
		if at := slices.IndexFunc(l.columns, func(k column) bool { return k.name == columnName(p, c) }); at >= 0 {
			places[at] = c
		}
	}
	return append(places, int(p.Dims[1].Size))
}

// inputOf returns the input that preprocessing stands behind.
func inputOf(l *layer) *layer {
	for l.kind == "preprocess" {
		l = l.in[0]
	}
	return l
}

// stepsOf counts the steps of preprocessing before a value, and stepAt returns one of them, nil if there are fewer.
func stepsOf(l *layer) (n int) {
	for ; l.kind == "preprocess"; l = l.in[0] {
		n++
	}
	return n
}

func stepAt(l *layer, k int) *layer {
	for n := stepsOf(l); n > k+1; n-- {
		l = l.in[0]
	}
	if l.kind != "preprocess" || stepsOf(l) != k+1 {
		return nil
	}
	return l
}
