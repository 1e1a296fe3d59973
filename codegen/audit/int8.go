package audit

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// intKinds are the functions that compute kinds of layers in integers, for an int8 result and for a float32 one.
var intKinds = map[string][]string{
	"dense": {"quant.Dense", "quant.DenseFloat"}, "conv1d": {"quant.Conv", "quant.ConvFloat"},
	"conv2d": {"quant.Conv", "quant.ConvFloat"}, "depthwise_conv1d": {"quant.Depthwise", "quant.DepthwiseFloat"},
	"depthwise_conv2d": {"quant.Depthwise", "quant.DepthwiseFloat"}, "max_pool1d": {"quant.Max"},
	"max_pool2d":        {"quant.Max"},
	"global_max_pool1d": {"quant.Max"}, "global_max_pool2d": {"quant.Max"}, "average_pool1d": {"quant.Average"},
	"average_pool2d": {"quant.Average"}, "global_average_pool1d": {"quant.Average"},
	"global_average_pool2d": {"quant.Average"},
	"add":                   {"quant.Add"}, "concatenate": {"quant.Columns"}, "embedding": {"quant.Rows"},
	"lstm": {"quant.LSTM"},
	"gru":  {"quant.GRU", "quant.GRUBefore"}, "simple_rnn": {"quant.Simple"}, "zero_padding1d": {"quant.Pad"},
	"zero_padding2d": {"quant.Pad"}, "cropping1d": {"quant.Crop"}, "cropping2d": {"quant.Crop"}, "slice": {"quant.Crop"},
	"up_sampling1d": {"quant.Nearest"}, "up_sampling2d": {"quant.Nearest"}, "repeat_vector": {"quant.Nearest"},
	"permute": {"quant.Transpose"}, "depth_to_space": {"quant.Transpose"}, "space_to_depth": {"quant.Transpose"},
}

// conversions are the functions between int8 and float32 numbers.
var conversions = map[string]bool{"quant.Quantize": true, "quant.Dequantize": true}

// conversionRoles are the roles of what they take.
var conversionRoles = map[string]bool{"int8_scale": true, "int8_zero": true, "float_scale": true, "float_zero": true}

// packedLen is the length of a matrix of n columns that quant.Pack packed, for runs of k rows: panels of 16 columns of
// quads of rows, and the sums of the columns.
func packedLen(runs, k, n int) int { return (n + 15) / 16 * (runs*((k+3)/4) + 1) * 64 }

// packing is how a matrix is packed.
type packing struct{ runs, k, n int }

// packedFor returns how the matrix of a call is packed, and the second one of a recurrent layer.
func packedFor(fn string, ints, extents map[string]int, gates int) (w, v packing) {
	switch {
	case gates > 0:
		n := gates * extents["U"]
		return packing{1, extents["F"], n}, packing{1, extents["U"], n}
	case extents["OC"] > 0 && extents["DW"] == 1:
		return packing{extents["FH"], extents["FW"] * extents["C"], extents["OC"]}, packing{}
	case extents["OC"] > 0:
		return packing{extents["FH"] * extents["FW"], extents["C"], extents["OC"]}, packing{}
	}
	return packing{1, ints["k"], ints["n"]}, packing{}
}

// intTensors compares the arrays of a package of integers with the layers that they are of.
func (a *auditor) intTensors(f *ast.FuncDecl) {
	layers, sizes := map[string]bool{}, map[string]int{}
	for _, l := range a.net.Layers {
		layers[l.Name] = true
	}
	for _, q := range a.net.Params {
		sizes[q.Name] = q.Size()
	}
	for _, t := range a.tensors {
		if sizes[t.name] == 0 && !layers[strings.TrimSuffix(t.name, "."+roleOf(t.name))] {
			a.add(f.Pos(), "tensor %q is of no layer of the spec", t.name)
		}
		if role := roleOf(t.name); sizes[t.name] > 0 && t.size != sizes[t.name] && role != "bias" {
			a.add(f.Pos(), "tensor %q has %d numbers, but the layer has %d", t.name, t.size, sizes[t.name])
		}
	}
}

// fieldsOfStruct reads quant.Rescale{…} or quant.Gates{…}, whose arrays have so many numbers each, by field.
func (p *pass) fieldsOfStruct(x ast.Expr, typ string, sizes map[string]int) (list []operand, err error) {
	lit, ok := x.(*ast.CompositeLit)
	if !ok || text(lit.Type) != typ || len(lit.Elts) != len(sizes) {
		return nil, fmt.Errorf("%s is no %s of %d arrays", text(x), typ, len(sizes))
	}
	seen := map[string]bool{}
	for _, el := range lit.Elts {
		kv, ok := el.(*ast.KeyValueExpr)
		if !ok {
			return nil, fmt.Errorf("%s has no key", text(el))
		}
		key := text(kv.Key)
		want, ok := sizes[key]
		if !ok || seen[key] {
			return nil, fmt.Errorf("%s has no field %s, or two", typ, key)
		}
		seen[key] = true
		r, err := p.region(kv.Value)
		if err != nil {
			return nil, err
		}
		if r.len != want {
			return nil, fmt.Errorf("%s has %d numbers, but %d are wanted", text(kv.Value), r.len, want)
		}
		list = append(list, operand{role: strings.ToLower(key), region: r, rows: 1, row: r.len, stride: r.len, at: kv.Pos()})
	}
	return list, nil
}

// intRole checks that a call in integers takes an array of the role that the argument has.
func (p *pass) intRole(fn string, o operand, v *value) {
	f := p.fields[strings.TrimPrefix(v.param, "m.")]
	if f == nil || len(f.tensors) != 1 {
		p.add(o.at, "%s takes %q for its %s", fn, v.param, o.role)
		return
	}
	role := roleOf(f.tensors[0])
	if role != o.role && !(o.role == "table" && strings.HasPrefix(role, "table")) {
		p.add(o.at, "%s takes %q for its %s", fn, f.tensors[0], o.role)
	}
	if o.packed != nil && f.packed != *o.packed {
		p.add(o.at, "%s takes a matrix packed as %d runs of %d rows, %d columns, want %d of %d, %d", fn, f.packed.runs,
			f.packed.k,
			f.packed.n, o.packed.runs, o.packed.k, o.packed.n)
	}
}

// columns checks where a call of quant.Columns puts its input: behind those before it, by the table of its own.
func (p *pass) columns(c *ast.CallExpr, list []operand) {
	from, err := p.int(c.Args[2])
	at, l := 0, p.cur.layer
	for i, in := range l.in {
		width := in.shape[len(in.shape)-1]
		if err == nil && at == from {
			var x *value
			p.mem.read(list[1].array, list[1].from, list[1].from+list[1].len, func(s segment) { x = s.v })
			table := ""
			if f := p.fields[strings.TrimPrefix(list[2].array, "m.")]; f != nil && len(f.tensors) == 1 {
				table = f.tensors[0]
			}
			if want := fmt.Sprintf("%s.table%d", l.name, i+1); table != want || !slices.Contains(p.forms(in), x) {
				p.add(c.Pos(), "%s puts other numbers, or by another table, %q, to column %d, where %s is by %q", text(c.Fun),
					table, from,
					in.name, want)
			}
			return
		}
		at += width
	}
	p.add(c.Pos(), "%s begins at column %s, where none of the inputs of %s does", text(c.Fun), text(c.Args[2]), l.name)
}

// recurrent checks the order of steps, and which outputs a layer gives.
func (p *pass) recurrent(c *ast.CallExpr, fn string, s map[string]int) {
	l := p.cur.layer
	has := func(name string, def bool) bool {
		for _, x := range p.net.Layers {
			if x.Name != l.name {
				continue
			}
			for _, v := range x.Node.Attrs {
				if b, ok := v.V.(bool); ok && v.Name == name {
					return b
				}
			}
		}
		return def
	}
	flag := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	if s["All"] != flag(len(l.shape) == 2) || s["Reverse"] != flag(has("go_backwards", false)) {
		p.add(c.Pos(), "%s has All %d and Reverse %d, but %s gives %v", fn, s["All"], s["Reverse"], l.name, l.shape)
	}
	if given := text(c.Args[4]) != "nil"; given != (len(l.in) > 1) {
		p.add(c.Pos(), "%s takes a mask: %t, but %s has one: %t", fn, given, l.name, len(l.in) > 1)
	}
	if l.kind == "gru" && (fn == "quant.GRU") != has("reset_after", true) {
		p.add(c.Pos(), "%s is not the function for the reset gate of %s", fn, l.name)
	}
}

// forms returns the values that stand for the result of a layer, as int8 and as float32 numbers.
func (p *pass) forms(l *layer) []*value {
	for {
		if list := p.ints8[l]; len(list) > 0 {
			return list
		}
		if !p.identity(l) || len(l.in) == 0 {
			return nil
		}
		l = l.in[0]
	}
}

// endInts checks a paragraph of a package of integers.
func (p *pass) endInts(g *group) {
	own := map[string]bool{} // names of layers whose result it computes
	main, quantised := false, false
	for fn := range g.funcs {
		main = main || !conversions[fn]
		quantised = quantised || strings.HasPrefix(fn, "quant.") && !conversions[fn]
	}
	var converted []write
	g.writes = slices.DeleteFunc(g.writes, func(w write) bool {
		if conversions[w.fn] {
			converted = append(converted, w)
		}
		return conversions[w.fn]
	})
	funcs, params := g.funcs, g.params
	g.funcs, g.params = map[string]token.Pos{}, map[string]cover{}
	taken := map[string]cover{} // of conversions
	for fn, at := range funcs {
		if !conversions[fn] {
			g.funcs[fn] = at
		}
	}
	for v, c := range params {
		f := p.fields[strings.TrimPrefix(v, "m.")]
		if f != nil && len(f.tensors) == 1 && conversionRoles[roleOf(f.tensors[0])] {
			taken[v] = c
		} else {
			g.params[v] = c
		}
	}
	switch {
	case quantised:
		p.mainInts(g)
	case main:
		want := p.expectedForms(g)
		p.fuse(g)
		p.checkForms(g, want)
		p.checkParams(g)
		p.checkCalls(g)
		p.result(g)
	}
	if main {
		if p.done[g.layer] != nil {
			p.add(g.at, "%s is computed twice", g.layer.name)
		}
		p.done[g.layer] = g
		last := g.layers[len(g.layers)-1]
		if v := p.results[last]; v != nil {
			for _, l := range g.layers {
				p.ints8[l] = []*value{v}
			}
		}
	}
	for _, l := range g.layers {
		own[l.name] = true
	}
	have := p.forms(g.layer)
	for l, list := range p.ints8 { // the layers whose result is the same
		if len(have) > 0 && len(list) > 0 && list[0] == have[0] {
			own[l.name] = true
		}
	}
	if !main {
		read := 0
		for _, v := range g.order {
			if !g.temps[v] {
				if read++; !slices.Contains(have, v) || g.reads[v].size() != v.size() {
					p.add(g.at, "%q converts what is not the result of %s, or a part of it", g.heading, g.layer.name)
				}
			}
		}
		if read == 0 {
			p.add(g.at, "%q reads no result", g.heading)
		}
	}
	p.conversionParams(g, taken, own)
	for _, w := range converted {
		if w.len != p.n*g.layers[len(g.layers)-1].size {
			p.add(w.pos, "%d numbers are converted, but %s has %d", w.len, g.layer.name, p.n*g.layers[len(g.layers)-1].size)
			continue
		}
		v := &value{layer: g.layers[len(g.layers)-1], at: region{w.array, w.from, w.len, 0}}
		p.mem.write(w.array, w.from, 1, w.len, w.len, v)
		for l, list := range p.ints8 {
			if own[l.name] {
				p.ints8[l] = append(slices.Clone(list), v)
			}
		}
	}
}

// conversionParams checks what conversions take: scale and zero of the layer at hand.
func (p *pass) conversionParams(g *group, taken map[string]cover, own map[string]bool) {
	for v := range taken {
		t := p.fields[strings.TrimPrefix(v, "m.")].tensors[0]
		if !own[strings.TrimSuffix(t, "."+roleOf(t))] {
			p.add(g.at, "%q takes %q", g.heading, t)
		}
		p.taken[t] = true
	}
}

// expectedForms returns for each input of a layer the values that stand for it.
func (p *pass) expectedForms(g *group) (want [][]*value) {
	for _, in := range g.layer.in {
		forms := p.forms(in)
		if len(forms) == 0 {
			p.add(g.at, "%s reads %s, which is not computed before", g.layer.name, in.name)
		}
		want = append(want, forms)
	}
	return want
}

// checkForms compares what a paragraph read with the inputs of its layer.
func (p *pass) checkForms(g *group, want [][]*value) {
	for _, v := range g.order {
		if v.layer != nil && !g.temps[v] &&
			!slices.ContainsFunc(want, func(f []*value) bool { return slices.Contains(f, v) }) {
			p.add(g.at, "%s reads the result of %s, which is none of its inputs", g.layer.name, v.layer.name)
		}
	}
	for i, forms := range want {
		whole := func(v *value) bool { return g.reads[v].size() == v.size() || kinds[g.layer.kind].partial }
		if !slices.ContainsFunc(forms, whole) {
			p.add(g.at, "%s does not read all of %s", g.layer.name, g.layer.in[i].name)
		}
	}
}

// mainInts checks a paragraph that computes a layer in integers.
func (p *pass) mainInts(g *group) {
	l := g.layer
	allowed := intKinds[l.kind]
	if allowed == nil && len(l.in) == 1 && slices.Equal(l.shape, l.in[0].shape) { // a function of single numbers
		allowed = []string{"quant.Lookup"}
	}
	if len(g.funcs) != 1 {
		p.add(g.at, "%s calls %v, want one function", l.name, slices.Sorted(maps.Keys(g.funcs)))
	}
	fn := ""
	for f, at := range g.funcs {
		if fn = f; !slices.Contains(allowed, f) {
			p.add(at, "%s is of kind %s, which %s does not compute", l.name, l.kind, f)
		}
	}
	want := p.expectedForms(g)
	p.fuseInts(g, fn)
	p.checkForms(g, want)
	for v, c := range g.params {
		f := p.fields[strings.TrimPrefix(v, "m.")]
		if f == nil || len(f.tensors) != 1 {
			continue // which its role has told of
		}
		t := f.tensors[0]
		if c.size() != f.size {
			p.add(g.at, "%s reads %d of the %d numbers of %q", l.name, c.size(), f.size, t)
		}
		if strings.TrimSuffix(t, "."+roleOf(t)) != l.name {
			p.add(g.at, "%s reads %q, which is none of its arrays", l.name, t)
		}
		p.taken[t] = true
	}
	p.result(g)
}

// fuseInts adds the norm and the rectifier behind a product that have no paragraph: they are in its numbers.
func (p *pass) fuseInts(g *group, fn string) {
	if !foldable[g.layer.kind] {
		return
	}
	kept := func(l *layer) bool {
		return slices.ContainsFunc(p.graph.outputs, func(o output) bool { return o.layer == l })
	}
	last := g.layer
	for _, kind := range []string{"batch_norm", "relu relu6"} {
		n := p.next(last)
		if kept(last) || n == nil || p.headed[n.name] || !slices.Contains(strings.Fields(kind), n.kind) ||
			kind != "batch_norm" && strings.HasSuffix(fn, "Float") {
			continue
		}
		p.fused[n] = g.layer
		g.layers = append(g.layers, n)
		last = n
	}
}

// readHeadings notes which layers have a paragraph in a function that computes them: one that only converts, for a
// layer behind that takes float32, has the numbers of the product before.
func (p *pass) readHeadings(f *ast.FuncDecl) {
	notes := p.pkg.notes[f]
	ast.Inspect(f.Body, func(n ast.Node) bool {
		s, ok := n.(*ast.ExprStmt)
		if !ok {
			return true
		}
		if c, ok := s.X.(*ast.CallExpr); ok && conversions[text(c.Fun)] {
			return true
		}
		i, _ := slices.BinarySearchFunc(notes, s.Pos(), func(c *ast.CommentGroup, at token.Pos) int {
			return cmp.Compare(c.Pos(), at)
		})
		if i == 0 {
			return true // which run tells of
		}
		words := strings.Join(strings.Fields(notes[i-1].Text()), " ")
		if m := headings[len(headings)-1].re.FindStringSubmatch(words); m != nil {
			p.headed[m[1]] = true
		}
		return true
	})
}

// finishInts checks that every array was read.
func (p *pass) finishInts(f *ast.FuncDecl) {
	for _, t := range p.tensors {
		if !p.taken[t.name] && p.graph.params[t.name] == 0 {
			p.add(f.Pos(), "%s does not read %q", f.Name.Name, t.name)
		}
	}
}

// runInts audits the package of 8-bit integers, if the files hold one, and adds what it finds to the report.
func (a *auditor) runInts(files map[string][]byte) error {
	folder := a.net.Spec.Name + "int8"
	mine := map[string][]byte{}
	for name, b := range files {
		if strings.HasPrefix(name, folder+"/") && b != nil {
			mine[name] = b
		}
	}
	i := &auditor{net: a.net, set: a.set, tensors: map[string]tensor{}, fields: map[string]*field{}, findings: a.findings,
		seen: a.seen, open: map[ast.Expr]bool{}, ints: true}
	var err error
	if i.model, err = i.parse(mine, folder); err != nil || i.model == nil {
		return err
	}
	if err := i.readTensors(); err != nil {
		return err
	}
	i.readBuild()
	for _, examples := range []int{1, 3} {
		if examples == 1 {
			i.pass(i.model, "forward1", inference, 1)
		}
		i.pass(i.model, "forward", inference, examples)
	}
	a.whole = i.model
	a.report.Functions = append(a.report.Functions, i.report.Functions...)
	a.report.Statements += i.report.Statements
	return nil
}
