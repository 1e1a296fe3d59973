package audit

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// operand is an argument of a call that is an array.
type operand struct {
	role     string
	write    bool
	update   bool // read and written
	optional bool
	region
	rows, row, stride int
	at                token.Pos
	packed            *packing // how a matrix of 8-bit integers is to be packed
}

// each calls f for the stretches of an operand.
func (o operand) each(f func(from, to int)) {
	if o.stride == o.row || o.rows == 1 {
		f(o.from, o.from+o.rows*o.row)
		return
	}
	for i := range o.rows {
		f(o.from+i*o.stride, o.from+i*o.stride+o.row)
	}
}

// call reads a call of the runtime. sum says that its result is added to the loss.
func (p *pass) call(c *ast.CallExpr, sum bool) {
	fn := name(c)
	switch {
	case fn == "clear" && len(c.Args) == 1:
		r, err := p.region(c.Args[0])
		if err != nil {
			p.add(c.Pos(), "%v", err)
			return
		}
		p.write([]operand{{region: r, write: true, rows: 1, row: r.len, stride: r.len, at: c.Pos()}},
			&value{zero: true, at: r})
		return
	case strings.HasSuffix(fn, ".watch.See"):
		p.watch(c)
		return
	case strings.HasPrefix(fn, "m."):
		p.bound(c, fn)
		return
	}
	if fn == "quant.FakeWeights" {
		p.fakeWeights(c)
		return
	}
	p.cur.funcs[fn] = c.Pos()
	sig := signatures[fn]
	if sig == nil {
		p.add(c.Pos(), "%s is no function that is known here", fn)
		return
	}
	if n := len(sig); n > 0 && sig[n-1] == "##" {
		sig = slices.Concat(sig[:n-1], slices.Repeat([]string{"#"}, max(0, len(c.Args)-n+1)))
	}
	if len(sig) != len(c.Args) {
		p.add(c.Pos(), "%s has %d arguments, want %d", fn, len(c.Args), len(sig))
		return
	}
	list, err := p.operands(fn, sig, c.Args)
	if err != nil {
		p.add(c.Pos(), "%s: %v", fn, err)
		return
	}
	switch {
	case fn == "attention.Step" || fn == "attention.Steps":
		p.attends(c, list)
	case strings.HasPrefix(fn, "conv.Steps"):
		p.rolls(c, list)
	case fn == "quant.Columns":
		p.columns(c, list)
	}
	p.compute(fn, list, c.Pos())
	if strings.HasPrefix(fn, "loss.") {
		fixed := slices.Index(sig, "#")
		if fixed < 0 {
			fixed = len(sig)
		}
		p.loss(c, list, fixed, sum)
	}
}

// fakeWeights reads quant.FakeWeights(channels, y, w), which rounds the weights w of the layer, as a whole.
func (p *pass) fakeWeights(c *ast.CallExpr) {
	if len(c.Args) != 3 {
		p.add(c.Pos(), "quant.FakeWeights has %d arguments, want 3", len(c.Args))
		return
	}
	n, err := p.int(c.Args[0])
	y, err1 := p.region(c.Args[1])
	w, err2 := p.region(c.Args[2])
	for _, e := range []error{err, err1, err2} {
		if e != nil {
			p.add(c.Pos(), "%v", e)
			return
		}
	}
	name, isParam := strings.CutPrefix(w.array, "p.")
	want := p.graph.rounds[name]
	p.cur.rounds = true
	switch {
	case p.mode != training || !isParam || want == 0 || !slices.Contains(p.cur.layer.params, name):
		p.add(c.Pos(), "quant.FakeWeights rounds %s, which %q does not", w, p.cur.heading)
	case n != want:
		p.add(c.Pos(), "quant.FakeWeights rounds %q by %d channels, want %d", name, n, want)
	case w.len != w.cap || y.len != w.len:
		p.add(c.Pos(), "quant.FakeWeights rounds %s of %d numbers, and writes %d", w, w.cap, y.len)
	case !strings.HasPrefix(y.array, "a."):
		p.add(c.Pos(), "%s is written, which is none of the pass", y)
	default:
		p.mem.write(y.array, y.from, 1, y.len, y.len, &value{param: name, rounded: true, at: y})
	}
}

// operands evaluates the arguments of a call by its signature.
func (p *pass) operands(fn string, sig []string, args []ast.Expr) ([]operand, error) {
	ints, extents := map[string]int{}, map[string]int{}
	for i, tok := range sig {
		switch {
		case tok == "{}":
			s, err := p.extents(fn, args[i])
			if err != nil {
				return nil, err
			}
			derive(ints, s)
			extents = s
			p.geometry(args[i].Pos(), fn, s)
			p.stepWindow(args[i], s)
		case tok == "[]":
			if err := p.transposed(args[i], ints); err != nil {
				return nil, err
			}
		case tok == "half":
			p.format(args[i])
		case tok == "bool":
		case !strings.ContainsAny(tok, "<>+=#:/") && tok != "stream":
			v, err := p.int(args[i])
			if err != nil {
				return nil, err
			}
			ints[tok] = v
		}
	}
	if k, ok := ints["n"]; ok {
		ints["PANELS"] = panels(k)
	}
	var w, v packing
	if p.auditor.ints {
		gates := map[string]int{"quant.LSTM": 4, "quant.GRU": 3, "quant.GRUBefore": 3, "quant.Simple": 1}[fn]
		w, v = packedFor(fn, ints, extents, gates)
		ints["QW"], ints["QV"] = packedLen(w.runs, w.k, w.n), packedLen(v.runs, v.k, v.n)
		ints["GATES"] = gates * extents["U"]
		if ints["YU"] = extents["U"]; extents["All"] == 1 {
			ints["YU"] = extents["T"] * extents["U"]
		}
		if gates > 0 {
			p.recurrent(&ast.CallExpr{Fun: args[1], Args: args}, fn, extents)
		}
	}
	var list []operand
	for i, tok := range sig {
		x := args[i]
		switch {
		case tok == "#":
			v, err := p.float(x)
			if err != nil {
				return nil, err
			}
			p.cur.consts[v] = x.Pos()
		case tok == "stream":
			if v, err := p.int(x); err != nil || p.cur.layer == nil || v != p.cur.layer.stream {
				p.add(x.Pos(), "%s draws from stream %s, but the layer's is %d", fn, text(x), p.cur.layer.stream)
			}
		case strings.HasPrefix(tok, "="):
			if tok == "=scale" {
				p.scales(fn, x)
			} else if word := tok[1:]; text(x) != word {
				p.add(x.Pos(), "%s takes %s in the place of %s", fn, text(x), word)
			}
		case strings.HasPrefix(tok, "first/"):
			each := ints[tok[6:]]
			if tok[6:] == "len" {
				each = list[0].region.len / p.n
			}
			if v, err := p.int(x); err != nil || v != firstExample*each {
				p.add(x.Pos(), "%s draws from number %s, want %d for an example", fn, text(x), each)
			}
		case strings.HasPrefix(tok, "rescale:"):
			n := ints[tok[8:]]
			ops, err := p.fieldsOfStruct(x, "quant.Rescale", map[string]int{"Bias": n, "Multiplier": n, "Shift": n, "Range": 4})
			if err != nil {
				return nil, err
			}
			list = append(list, ops...)
		case tok == "gates:":
			n := 2 * ints["GATES"]
			ops, err := p.fieldsOfStruct(x, "quant.Gates", map[string]int{"Bias": n, "Multiplier": n, "Shift": n, "State": 4})
			if err != nil {
				return nil, err
			}
			list = append(list, ops...)
		case strings.HasPrefix(tok, "ep:"):
			ops, err := p.epilogue(x, ints[tok[3:]])
			if err != nil {
				return nil, err
			}
			list = append(list, ops...)
		case strings.ContainsAny(tok, "<>+"):
			op, err := p.operand(tok, x, ints, list)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", text(x), err)
			}
			if op != nil {
				op.at = x.Pos()
				if fn == "quant.Columns" && op.write {
					op.from += ints["from"]
				}
				if strings.HasSuffix(tok, "<QW") {
					op.packed = &w
				} else if strings.HasSuffix(tok, "<QV") {
					op.packed = &v
				}
				list = append(list, *op)
				if _, ok := ints["len"]; !ok {
					ints["len"] = op.region.len
				}
			}
		}
	}
	return list, nil
}

// format checks the name of the format of weights of 16 bits.
func (a *auditor) format(x ast.Expr) {
	for _, q := range a.net.Params {
		if q.DType != q.DType.Computed() && text(x) == "half."+formats[q.DType] {
			return
		}
	}
	a.add(x.Pos(), "%s is not the format of the weights in the spec", text(x))
}

// extents evaluates a struct of extents, or the pattern of a sparse matrix.
func (p *pass) extents(fn string, x ast.Expr) (map[string]int, error) {
	if strings.HasPrefix(fn, "sparse.") {
		if u, ok := x.(*ast.UnaryExpr); ok && u.Op == token.AND {
			x = u.X
		}
		id := text(x)
		if s, ok := x.(*ast.SelectorExpr); ok && p.isModel(s.X) {
			id = s.Sel.Name
		}
		lit, ok := p.model.vars[id].(*ast.CompositeLit)
		if !ok {
			return nil, fmt.Errorf("%s is no pattern", text(x))
		}
		s := map[string]int{}
		for _, el := range lit.Elts {
			kv, ok := el.(*ast.KeyValueExpr)
			if !ok {
				return nil, fmt.Errorf("%s has no key", text(el))
			}
			switch key := text(kv.Key); key {
			case "In", "Out":
				v, err := p.int(kv.Value)
				if err != nil {
					return nil, err
				}
				s[key] = v
			case "Index":
				list, ok := kv.Value.(*ast.CompositeLit)
				if !ok {
					return nil, fmt.Errorf("%s is no list", text(kv.Value))
				}
				s["NNZ"] = len(list.Elts)
			}
		}
		return s, nil
	}
	return p.literal(x)
}

// mostRows bounds the rows of an operand: those of a few examples are far fewer.
const mostRows = 1 << 24

// operand evaluates an array of a call.
func (p *pass) operand(tok string, x ast.Expr, ints map[string]int, before []operand) (*operand, error) {
	op := &operand{}
	tok, op.optional = strings.CutPrefix(tok, "?")
	i := strings.IndexAny(tok, "<>+")
	op.role, op.write, op.update = tok[:i], tok[i] != '<', tok[i] == '+'
	if text(x) == "nil" {
		if !op.optional {
			return nil, fmt.Errorf("it must not be nil")
		}
		return nil, nil
	}
	r, err := p.region(x)
	if err != nil {
		return nil, err
	}
	op.region = r
	shape := strings.Split(tok[i+1:], ":")
	if len(shape) == 3 {
		op.rows, op.row, op.stride = p.size(shape[0], ints), p.size(shape[1], ints), p.size(shape[2], ints)
		if op.rows < 1 || op.rows > mostRows || op.row < 1 || op.stride < op.row && op.rows > 1 || op.stride < 1 {
			return nil, fmt.Errorf("%d rows of %d numbers, %d from one to the next", op.rows, op.row, op.stride)
		}
		if need := (op.rows-1)*op.stride + op.row; need > r.len {
			return nil, fmt.Errorf("%d numbers, but %d are wanted", r.len, need)
		}
		if (r.from+r.len)%op.stride != 0 {
			return nil, fmt.Errorf("%s ends within a row of %d", r, op.stride)
		}
		return op, nil
	}
	switch shape[0] {
	case "len":
		n, ok := ints["len"]
		if !ok {
			n = r.len
		}
		op.row = n
	case "any":
		op.row = r.len
	case "b": // of a GRU: a second one for the state
		op.row = r.len
		if u := ints["3U"]; r.len != u && r.len != 2*u {
			return nil, fmt.Errorf("%d numbers, but %d or %d are wanted", r.len, u, 2*u)
		}
	case "rows":
		lo, hi := ints["from"], ints["to"]
		width := ints["OC"]
		if width == 0 || hi < lo || hi*width > r.len {
			return nil, fmt.Errorf("%d numbers, but rows %d to %d of %d are wanted", r.len, lo, hi, width)
		}
		op.region.from += lo * width
		op.rows, op.row, op.stride = 1, (hi-lo)*width, (hi-lo)*width
		return op, nil
	case "n*TARGET":
		op.row = ints["n"] * ints["f"]
		if r.len < op.row { // a class in the place of a row for each
			op.row = ints["n"]
		}
	default:
		op.row = p.size(shape[0], ints)
	}
	op.rows, op.stride = 1, op.row
	flexible := strings.HasPrefix(r.array, "t.") || strings.HasPrefix(r.array, "weights.")
	if flexible && r.len < op.row || !flexible && r.len != op.row {
		return nil, fmt.Errorf("%d numbers, but %d are wanted", r.len, op.row)
	}
	return op, nil
}

// size evaluates a product of names.
func (p *pass) size(expr string, ints map[string]int) int {
	n := 1
	for _, f := range strings.Split(expr, "*") {
		if v, err := strconv.Atoi(f); err == nil {
			n *= v
			continue
		}
		n *= ints[f]
	}
	return n
}

// transposed evaluates extents or strides of a transposition.
func (p *pass) transposed(x ast.Expr, ints map[string]int) error {
	lit, ok := x.(*ast.CompositeLit)
	if !ok {
		return fmt.Errorf("%s is no list", text(x))
	}
	var list []int
	for _, el := range lit.Elts {
		v, err := p.int(el)
		if err != nil {
			return err
		}
		list = append(list, v)
	}
	if _, ok := ints["VOLUME"]; !ok {
		ints["VOLUME"] = 1
		for i, v := range list {
			ints["VOLUME"] *= v
			ints[fmt.Sprint("extent", i)] = v
		}
		return nil
	}
	// Each number of x is taken once: extents and strides, sorted, are those of a dense array.
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return list[a] - list[b] })
	dense := 1
	for _, i := range order {
		if n := ints[fmt.Sprint("extent", i)]; n > 1 {
			if list[i] != dense {
				return fmt.Errorf("strides %v do not take each number once", list)
			}
			dense *= n
		}
	}
	return nil
}

// epilogue reads the end of a product: its bias and activation.
func (p *pass) epilogue(x ast.Expr, n int) ([]operand, error) {
	c, ok := x.(*ast.CallExpr)
	if !ok {
		return nil, fmt.Errorf("%s is no epilogue", text(x))
	}
	var list []operand
	add := func(role string, x ast.Expr, want int) error {
		r, err := p.region(x)
		if err == nil && want >= 0 && r.len != want {
			err = fmt.Errorf("%s has %d numbers, but %d are wanted", text(x), r.len, want)
		}
		list = append(list, operand{role: role, region: r, rows: 1, row: r.len, stride: r.len, at: x.Pos()})
		return err
	}
	switch fn := name(c); {
	case fn == "gemm.None" && len(c.Args) == 0:
		return nil, nil
	case fn == "gemm.Bias" && len(c.Args) == 1:
		err := add("bias", c.Args[0], n)
		return list, err
	case fn == "gemm.BiasAct" && len(c.Args) == 2:
		p.cur.acts[strings.ToLower(strings.TrimPrefix(text(c.Args[1]), "gemm."))] = c.Pos()
		if text(c.Args[0]) == "nil" {
			return nil, nil
		}
		err := add("bias", c.Args[0], n)
		return list, err
	case strings.HasSuffix(fn, ".Alpha") && len(c.Args) == 1: // of the activation in front of it
		v, err := p.float(c.Args[0])
		if err != nil {
			return nil, err
		}
		p.cur.consts[v] = c.Args[0].Pos()
		front, ok := c.Fun.(*ast.SelectorExpr)
		if !ok {
			return nil, fmt.Errorf("%s is no epilogue", text(x))
		}
		return p.epilogue(front.X, n)
	case fn == "gemm.Act" && len(c.Args) == 1:
		p.cur.acts[strings.ToLower(strings.TrimPrefix(text(c.Args[0]), "gemm."))] = c.Pos()
		return nil, nil
	case fn == "gemm.GradAct" && len(c.Args) == 2:
		p.gradAct = strings.ToLower(strings.TrimPrefix(text(c.Args[0]), "gemm."))
		err := add("saved", c.Args[1], -1)
		return list, err
	}
	return nil, fmt.Errorf("%s is no epilogue that is known here", text(x))
}

// bound reads the call of what a field of Model was made to run: a dense layer, or a recurrent cell.
func (p *pass) bound(c *ast.CallExpr, fn string) {
	parts := strings.Split(fn, ".")
	f := p.fields[parts[1]]
	if len(parts) != 3 || f == nil || f.layer == nil {
		p.add(c.Pos(), "%s is no function that is known here", fn)
		return
	}
	b := f.layer
	q := &env{auditor: p.auditor, pkg: p.model, ints: map[string]int{}, roots: map[string]string{"m": "m"}}
	kept := p.env
	var list []operand
	slice := func(role string, x ast.Expr, want int, write bool) {
		r, err := p.region(x)
		if err == nil && r.len != want {
			err = fmt.Errorf("%s: %s: %d numbers, but %d are wanted", fn, text(x), r.len, want)
		}
		if err != nil {
			p.add(c.Pos(), "%v", err)
			return
		}
		list = append(list, operand{role: role, write: write, region: r, rows: 1, row: want, stride: want, at: x.Pos()})
	}
	switch {
	case parts[2] == "Apply" && len(c.Args) == 2 && b.cell == "":
		p.cur.funcs["gemm.NNPacked"] = c.Pos()
		if op, ok := p.ofModel(q, "p", b.args[0], b.k*panels(b.n), c.Pos()); ok {
			list = append(list, op)
		}
		p.env = q
		ops, err := p.epilogue(b.args[1], b.n)
		p.env = kept
		if err != nil {
			p.add(b.args[1].Pos(), "%v", err)
		}
		list = append(list, ops...)
		slice("a", c.Args[0], b.k, false)
		slice("y", c.Args[1], b.n, true)
	case (parts[2] == "Run" && len(c.Args) == 3 || parts[2] == "RunFrom" && len(c.Args) >= 4) && b.cell != "":
		p.cur.funcs["rnn."+b.cell] = c.Pos()
		shape, err := p.literal(c.Args[0])
		if err != nil || !maps.Equal(shape, b.shape) {
			p.add(c.Pos(), "%s runs %v, but the cell was made for %v", fn, shape, b.shape)
			return
		}
		ints := map[string]int{}
		derive(ints, shape)
		list = append(list, p.cellWeights(q, b, c.Pos())...)
		order := []string{"h", "x", "h0"}
		if b.cell == "LSTM" && parts[2] == "RunFrom" {
			order = []string{"h", "c", "x", "h0", "c0"}
		}
		sizes := map[string]int{"h": ints["TU"], "x": ints["TF"], "h0": ints["U"], "c0": ints["U"], "c": ints["U"]}
		for i, x := range c.Args[1:] {
			if role := order[min(i, len(order)-1)]; text(x) != "nil" {
				slice(role, x, sizes[role], role == "h" || role == "c")
			}
		}
	case parts[2] == "Step" && b.cell != "" && p.stream != nil:
		p.cur.funcs["rnn."+b.cell] = c.Pos()
		list = append(p.cell(c, b), p.cellWeights(q, b, c.Pos())...)
	case parts[2] == "Steps" && b.cell != "" && p.stream != nil && p.stream.block:
		p.cur.funcs["rnn."+b.cell] = c.Pos()
		list = append(p.cellBlock(c, b), p.cellWeights(q, b, c.Pos())...)
	default:
		p.add(c.Pos(), "%s is no function that is known here", fn)
		return
	}
	p.compute("m.", list, c.Pos())
}

// ofModel evaluates an array that build bound to a field, as an operand of the call at a place; want is its length, -1
// for any.
func (p *pass) ofModel(q *env, role string, x ast.Expr, want int, at token.Pos) (operand, bool) {
	r, err := q.region(x)
	if err != nil || want >= 0 && r.len != want {
		p.add(x.Pos(), "%s has %d numbers, but %d are wanted", text(x), r.len, want)
		return operand{}, false
	}
	return operand{role: role, region: r, rows: 1, row: r.len, stride: r.len, at: at}, true
}

// cellWeights returns the weights that a recurrent cell was made of.
func (p *pass) cellWeights(q *env, b *bound, at token.Pos) (list []operand) {
	ints := map[string]int{}
	derive(ints, b.shape)
	gates := map[string]string{"LSTM": "4", "GRU": "3", "GRUBefore": "3"}[b.cell]
	for i, role := range []string{"w", "v", "b"} {
		want := ints[gates+[]string{"FU", "UU", "U"}[i]]
		if role == "b" {
			want = -1
		}
		if op, ok := p.ofModel(q, role, b.args[i], want, at); ok {
			list = append(list, op)
		}
	}
	return list
}

// watch reads t.watch.See("layer NAME", array), which must show the result of the layer.
func (p *pass) watch(c *ast.CallExpr) {
	if len(c.Args) != 2 {
		p.add(c.Pos(), "See has %d arguments", len(c.Args))
		return
	}
	r, err := p.region(c.Args[1])
	if err != nil {
		p.add(c.Pos(), "%v", err)
		return
	}
	if !p.mem.read(r.array, r.from, r.from+r.len, func(segment) {}) {
		p.add(c.Pos(), "See is shown %s, of which not all was written", r)
	}
}

// geometry compares the windows of convolutions and pools with the attributes of the layer.
func (p *pass) geometry(at token.Pos, fn string, s map[string]int) {
	l := p.cur.layer
	starts := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(fn, name) })
	}
	conv := starts("conv.", "quant.Conv", "quant.Depthwise")
	pool := starts("pool.Max", "pool.Average", "quant.Max", "quant.Average")
	if !conv && !pool || l == nil {
		return
	}
	pair := func(names ...string) (a, b int, ok bool) {
		for _, name := range names {
			switch v := l.geometry[name]; {
			case len(v) == 1 && strings.HasSuffix(l.kind, "1d"):
				return 1, v[0], true
			case len(v) == 1:
				return v[0], v[0], true
			case len(v) == 2:
				return v[0], v[1], true
			}
		}
		return 0, 0, false
	}
	want := func(what, x, y string, a, b int) {
		if s[x] != a || s[y] != b {
			p.add(at, "%s: %s and %s are %d and %d, but %s of the layer is %d×%d", fn, x, y, s[x], s[y], what, a, b)
		}
	}
	fh, fw, ok := pair("kernel_size", "pool_size")
	if !ok {
		return
	}
	want("the window", "FH", "FW", fh, fw)
	if a, b, ok := pair("strides"); ok && a > 0 {
		if strings.HasSuffix(l.kind, "1d") {
			a = max(1, s["SH"])
		}
		want("strides", "SH", "SW", a, b)
	} else if pool && !strings.HasPrefix(l.kind, "global_") { // of one window there is no stride
		want("strides, by default the window,", "SH", "SW", fh, fw)
	}
	if a, b, ok := pair("dilation_rate", "dilation"); ok && conv {
		want("dilation", "DH", "DW", a, b)
	}
}

// compute reads and writes what a call does.
func (p *pass) compute(fn string, list []operand, at token.Pos) {
	g := p.cur
	out := &value{para: g.layer.name, by: map[string]bool{}, grad: strings.Contains(g.kind, "gradient"),
		behind: map[string]bool{}}
	takesGradient := slices.ContainsFunc(list, func(o operand) bool { return o.role == "dy" && !o.write })
	out.fn = fn
	var reads []operand
	part := ""
	for _, o := range list {
		if o.write && !o.update {
			continue
		}
		vals := p.read(o)
		reads = append(reads, o)
		p.keep(fn, o, vals)
		if takesGradient && o.role != "dy" {
			p.again(fn, o, vals)
		}
		for _, v := range vals {
			if v.param != "" {
				for _, t := range p.tensorsOf(v) {
					out.by[t] = true
				}
				p.role(fn, o, v)
				continue
			}
			p.ofNoParameter(fn, o, v)
			if takesGradient && !strings.HasPrefix(fn, "loss.") && o.role != "dy" && v.grad && !gradMeans[o.role] {
				p.add(o.at, "%s takes a gradient for %s", fn, o.role)
			}
			if takesGradient && o.role == "dy" && !v.grad && !v.zero {
				p.add(o.at, "%s takes %s for dy, which is no gradient", fn, o.region)
			}
			if g.kind == "loss" && v.target && o.role != "w" {
				out.target, out.of, out.scaled = true, v.of, append(slices.Clone(v.scaled), fn)
			}
			if conversions[fn] && !g.temps[v] && slices.ContainsFunc(slices.Collect(maps.Keys(g.funcs)),
				func(f string) bool { return !conversions[f] }) {
				p.add(o.at, "%s converts %s, which %q did not compute", fn, o.region, g.heading)
			}
			v.read = true
			if v.role != o.role && !v.zero && (statistics[o.role] && (v.role != "" || v.layer != nil) || statistics[v.role]) {
				p.add(o.at, "%s takes for %s what was computed as %s", fn, o.role, cmp.Or(v.role, "a result"))
			}
			if v.part != "" {
				part = v.part
			}
			if strings.HasPrefix(fn, "attention.") && parts[o.role] != "" {
				p.part(o, v, parts[o.role])
			}
			if fn == "vec.Affine" && (o.role == "c" || o.role == "s") {
				p.add(o.at, "%s takes %s, which is no constant, for its operand %s", fn, o.region, o.role)
			}
			if strings.HasPrefix(fn, "rnn.") && o.role == "x" && g.kind == "gradient" && v.layer == g.layer {
				p.add(o.at, "%s takes the result of %s for what that layer reads", fn, g.layer.name)
			}
			if fn == "gemm.TN" && o.role == "b" && v.grad && g.kind == "gradient" && o.rows*o.row < v.size() {
				p.add(o.at, "%s takes %d of the %d numbers of a gradient", fn, o.rows*o.row, v.size())
			}
			if g.kind == "gradient" && v.grad {
				p.behind(fn, o, v, out)
				p.summed(o, v)
			}
		}
	}
	p.projection(fn, reads)
	p.attended(fn, reads)
	p.terms(fn, reads, out)
	p.matrices(fn, reads)
	p.steps(fn, list)
	if p.gradAct != "" {
		p.throughActivation(list, out)
		p.gradAct = ""
	}
	if g.kind == "forward" && g.layer.kind == "quantiles" {
		out.sum = p.blocks(fn, reads)
	}
	if g.kind == "loss gradient" {
		out.behind["loss "+g.out.name] = true
	}
	var writes []operand
	for _, o := range list {
		if o.write {
			writes = append(writes, o)
		}
	}
	p.overlap(fn, list)
	for _, o := range list {
		t := strings.TrimPrefix(strings.TrimPrefix(o.array, "g."), "p.")
		if role := roleOf(t); part != "" && t != o.array && !strings.HasPrefix(role, part) {
			p.add(o.at, "%s takes the gradient of the %s with %q", fn, part, t)
		}
	}
	p.write(writes, out)
	for _, o := range writes {
		p.keepWritten(fn, o)
	}
}

// scales checks the factor of the gradient of a loss: the caller's scale, times the weight of the output.
func (p *pass) scales(fn string, x ast.Expr) {
	factor, word := 1.0, x
	if b, ok := x.(*ast.BinaryExpr); ok && b.Op == token.MUL {
		v, err := p.float(b.X)
		if err != nil {
			v = math.NaN()
		}
		factor, word = v, b.Y
	}
	if o := p.cur.out; text(word) != "scale" || !p.scale || o == nil || !near(factor, o.weight) {
		p.add(x.Pos(), "%s takes %s in the place of scale times the weight of the loss", fn, text(x))
	}
}

// blocks returns what a call of the paragraph of quantiles computes, in terms of the blocks of scores x0, x1 …
func (p *pass) blocks(fn string, reads []operand) string {
	var args []string
	size := p.cur.layer.size
	block := size / p.cur.layer.geometry["count"][0]
	for _, o := range reads {
		arg := ""
		p.mem.read(o.array, o.from, o.from+o.row, func(s segment) {
			if arg = s.v.sum; s.v.layer != nil {
				arg = fmt.Sprintf("%d numbers from %d", o.row, (o.from-s.v.at.from)%size)
				if at := (o.from - s.v.at.from) % size; o.row == block && at%block == 0 {
					arg = fmt.Sprint("x", at/block)
				}
			}
		})
		args = append(args, arg)
	}
	switch {
	case fn == "vec.CopyCols" && len(args) == 1:
		return args[0]
	case fn == "vec.Softplus" && len(args) == 1:
		return "softplus(" + args[0] + ")"
	case fn == "vec.Add" && len(args) == 2:
		return args[0] + " + " + args[1]
	}
	return fn
}

// quantiles checks the result of quantiles: the first block of scores, and each further one what the softplus of its
// scores adds to the block before.
func (p *pass) quantiles(l *layer, at token.Pos, r region) {
	count := l.geometry["count"][0]
	want := []string{"x0"}
	for j := 1; j < count; j++ {
		want = append(want, fmt.Sprintf("%s + softplus(x%d)", want[j-1], j))
	}
	p.mem.read(r.array, r.from, r.from+r.len, func(s segment) {
		if j := (s.from - r.from) % l.size / (l.size / count); s.v.sum != want[j] {
			p.add(at, "quantile %d of %s is %q, want %s", j, l.name, s.v.sum, want[j])
		}
	})
}

// steps checks that what a recurrent layer takes of a sequence are whole steps.
func (p *pass) steps(fn string, ops []operand) {
	if fn != "vec.CopyCols" || !slices.Contains([]string{"lstm", "gru", "simple_rnn"}, p.cur.layer.kind) {
		return
	}
	for _, o := range ops {
		if o.from%o.stride%o.row != 0 {
			p.add(o.at, "%s begins within a step of %d", o.region, o.row)
		}
	}
}

// throughActivation is the end of a product by which a gradient goes through the activation in front of its layer too.
func (p *pass) throughActivation(ops []operand, out *value) {
	g, written := p.cur, 0
	for _, l := range g.layer.in {
		for p.identity(l) && len(l.in) > 0 {
			l = l.in[0]
		}
		if !maps.Equal(p.sources(l), map[string]bool{g.layer.name: true}) {
			continue
		}
		if act := p.inFront(l); act != nil && p.gradAct == "relu" {
			out.masked = act
		} else if strings.ReplaceAll(l.kind, "_", "") == p.gradAct {
			out.behind = map[string]bool{l.name: true}
		} else {
			continue
		}
		for _, o := range ops {
			if o.write {
				written = o.rows * o.row
			}
		}
		for _, o := range ops {
			if o.role == "saved" {
				if o.row != written {
					p.add(o.at, "the gradient through %s reads %d of the %d numbers of its result", l.name, o.row, written)
				}
				p.mem.read(o.array, o.from, o.from+o.row, func(s segment) {
					if s.v != p.results[l] {
						p.add(o.at, "the gradient through %s takes %s for its result", l.name, o.region)
					}
				})
			}
		}
		return
	}
	p.add(p.at, "the gradient goes through %s, but %s takes no such layer's result alone", p.gradAct, g.layer.name)
}

// inPlace are the functions whose result may be where an operand is: those that work element by element.
func inPlace(fn string) bool {
	return strings.HasPrefix(fn, "vec.") && fn != "vec.SumRows" && fn != "vec.DotRows" && fn != "vec.CopyCols" ||
		strings.HasPrefix(fn, "dropout.") || fn == "quant.Lookup" || fn == "quant.Add" ||
		fn == "quant.FakeTrain" || fn == "quant.FakeGrad" ||
		strings.HasPrefix(fn, "norm.") || strings.HasPrefix(fn, "loss.")
}

// overlap finds results that lie over operands or each other.
func (p *pass) overlap(fn string, list []operand) {
	for i, o := range list {
		if !o.write {
			continue
		}
		for j, q := range list {
			if i == j || q.write && j < i || o.array != q.array || o.from >= q.from+q.len || q.from >= o.from+o.len {
				continue
			}
			same := o.from == q.from && o.row == q.row && o.stride == q.stride
			if !q.write && same && inPlace(fn) || o.stride != o.row || q.stride != q.row {
				continue
			}
			p.add(o.at, "%s writes %s over its operand %s", fn, o.region, q.region)
		}
	}
}

// tensorsOf returns the tensors of a value that is a parameter.
func (p *pass) tensorsOf(v *value) []string {
	if f, ok := strings.CutPrefix(v.param, "m."); ok {
		return p.fields[f].tensors
	}
	return []string{v.param}
}

// parts are those of attention by the arguments for them.
var parts = map[string]string{"q": "query", "k": "key", "v": "value"}

// statistics are the arguments that a forward pass leaves for its gradient.
var statistics = map[string]bool{"mean": true, "rstd": true, "gates": true, "cells": true, "r": true,
	"meanDY": true, "meanDYH": true}

// gradMeans are the arguments for means of gradients.
var gradMeans = map[string]bool{"meanDY": true, "meanDYH": true}

// roles are the roles of parameters that arguments take, where their names say so.
var roles = map[string][]string{
	"gamma": {"gamma"}, "beta": {"beta"}, "runMean": {"mean"}, "runVar": {"var"},
	"alpha": {"alpha"}, "v": {"recurrent_kernel"},
	"dgamma": {"gamma"}, "dbeta": {"beta"}, "dalpha": {"alpha"}, "dv": {"recurrent_kernel"},
	"db": {"bias"}, "bias": {"bias"},
}

// role checks that a parameter is one of the role that an argument has.
func (p *pass) role(fn string, o operand, v *value) {
	if p.auditor.ints && strings.HasPrefix(fn, "quant.") {
		p.intRole(fn, o, v)
		return
	}
	role := ""
	if f, ok := strings.CutPrefix(v.param, "m."); ok {
		role = p.fields[f].role
		if t := p.fields[f].tensors; role == "" && len(t) == 1 {
			role = roleOf(t[0])
		}
	} else {
		role = roleOf(v.param)
	}
	if want := roles[o.role]; want != nil && !slices.ContainsFunc(want,
		func(w string) bool { return role == w || strings.HasSuffix(role, "_"+w) }) {
		p.add(o.at, "%s takes %q for %s", fn, v.param, o.role)
	}
	if g := p.cur; fn == "vec.MulRow" && role != "scale" && (g.layer.kind == "targets" || g.layer.kind == "temperature") {
		p.add(o.at, "%s takes %q for the scale", fn, v.param)
	}
	if preprocessing[p.cur.layer.kind] && (fn == "vec.Sub" || fn == "vec.Mul") &&
		(o.role != "b" || strings.HasSuffix(role, "scale") != (fn == "vec.Mul")) {
		p.add(o.at, "%s takes %q for its operand %s", fn, v.param, o.role)
	}
	if fn == "vec.Affine" && (o.role == "c" && strings.HasSuffix(role, "scale") ||
		o.role == "s" && strings.HasSuffix(role, "center")) {
		p.add(o.at, "%s takes %q for %s", fn, v.param, map[string]string{"c": "the center", "s": "the scale"}[o.role])
	}
}

// part checks that a value was computed with the parameter of a part of the layer, such as query.
func (p *pass) part(o operand, v *value, part string) {
	ofPart := func(t string) bool { return strings.HasPrefix(roleOf(t), part) }
	if slices.ContainsFunc(p.cur.layer.params, ofPart) && !slices.ContainsFunc(slices.Collect(maps.Keys(v.by)), ofPart) {
		p.add(o.at, "attention takes for the %s what was computed by %v", part, slices.Sorted(maps.Keys(v.by)))
	}
}

// projection checks what a query, key or value is computed from: not from one of the others.
func (p *pass) projection(fn string, reads []operand) {
	if p.cur.kind != "forward" || !strings.HasPrefix(fn, "gemm.") {
		return
	}
	of, from := "", ""
	for _, o := range reads {
		for _, v := range p.read(o) {
			if by := slices.Sorted(maps.Keys(v.by)); len(by) > 0 {
				from = by[0]
			}
			for _, t := range p.tensorsOf(v) {
				for _, part := range parts {
					if v.param != "" && strings.HasPrefix(roleOf(t), part+"_") {
						of = t
					}
				}
			}
		}
	}
	if of != "" && from != "" {
		p.add(reads[0].at, "%s multiplies %q with what was computed by %q", fn, of, from)
	}
}

// matrices checks which operands of a product are parameters, gradients or activations.
func (p *pass) matrices(fn string, reads []operand) {
	kind := func(role string) string {
		for _, o := range reads {
			if o.role != role {
				continue
			}
			k := ""
			p.mem.read(o.array, o.from, o.from+min(o.row, o.len), func(s segment) {
				switch {
				case s.v.zero: // beside what counts
				case s.v.param != "":
					k = "parameter"
				case s.v.grad:
					k = "gradient"
				default:
					k = "activation"
				}
			})
			return k
		}
		return ""
	}
	a, b := kind("a"), kind("b")
	tied := kinds[p.cur.layer.kind].tied
	want := func(x, y string) {
		if a != x || b != y {
			p.add(p.at, "%s takes %s and %s, want %s and %s", fn, article(a), article(b), article(x), article(y))
		}
	}
	switch {
	case (fn == "vec.SumRows" || fn == "vec.SumRowsAcc") && p.cur.kind == "gradient" && kind("x") != "gradient":
		p.add(p.at, "%s takes %s, want a gradient", fn, article(kind("x")))
	case fn == "gemm.TN" && p.cur.kind == "gradient" && tied:
		want("gradient", "activation")
	case fn == "gemm.TN" && p.cur.kind == "gradient":
		want("activation", "gradient")
	case (fn == "gemm.NT" && !tied || fn == "gemm.NN" && tied) && p.cur.kind == "gradient":
		want("gradient", "parameter")
	case (fn == "gemm.NN" && !tied || fn == "gemm.NT" && tied) && p.cur.kind == "forward":
		want("activation", "parameter")
	}
	bias, kernel := "", ""
	for _, o := range reads {
		if t := strings.TrimPrefix(o.array, "p."); t != o.array && o.role == "bias" {
			bias = strings.TrimSuffix(t, "bias")
		} else if t != o.array {
			kernel = t
		}
	}
	if bias != "" && kernel != "" && p.cur.kind == "forward" && len(p.cur.layer.params) > 3 &&
		!strings.HasPrefix(kernel, bias) {
		p.add(p.at, "%s takes the bias %qbias beside %q", fn, bias, kernel)
	}
}

func article(kind string) string {
	switch kind {
	case "":
		return "nothing"
	case "activation":
		return "an activation"
	}
	return "a " + kind
}

// read checks that an operand was written, and notes what it is.
func (p *pass) read(o operand) (vals []*value) {
	g := p.cur
	whole := true
	o.each(func(from, to int) {
		whole = p.mem.read(o.array, from, to, func(s segment) {
			if !slices.Contains(vals, s.v) {
				vals = append(vals, s.v)
			}
			if s.v.param != "" {
				if rounds := p.mode == training && p.graph.rounds[s.v.param] > 0; rounds != s.v.rounded {
					p.add(o.at, "%s is %q, rounded: %t, want %t", o.region, s.v.param, s.v.rounded, rounds)
				}
				from := s.v.at.from
				g.params[s.v.param] = g.params[s.v.param].add(s.from-from, s.to-from)
				return
			}
			if _, ok := g.reads[s.v]; !ok {
				g.order = append(g.order, s.v)
				p.legitimate(o, s.v)
			}
			g.reads[s.v] = g.reads[s.v].add(s.from, s.to)
		}) && whole
	})
	if !whole {
		p.add(o.at, "%s is read, of which not all was written", o.region)
	}
	return vals
}

// legitimate checks that a paragraph may read a value that is none of a parameter. Results of layers are compared with
// the inputs when the paragraph is over.
func (p *pass) legitimate(o operand, v *value) {
	g := p.cur
	switch {
	case v.carried != nil && v.carried.layer == g.layer:
	case v.carried != nil:
		p.add(o.at, "%s is what State holds from the step before, which %s has no use for", o.region, g.layer.name)
	case v.layer != nil || v.target || v.zero || v.grad && g.kind == "gradient":
	case v.grad:
		p.add(o.at, "%s is a gradient, which %q has no use for", o.region, g.heading)
	case v.para != g.layer.name:
		p.add(o.at, "%s is left over from the paragraph of %s", o.region, v.para)
	}
	if v.target && !strings.Contains(g.kind, "loss") {
		p.add(o.at, "%s is a target, which %q has no use for", o.region, g.heading)
	}
}

// write puts a value in place.
func (p *pass) write(list []operand, v *value) {
	g := p.cur
	for i, o := range list {
		switch {
		case strings.HasPrefix(o.array, "g."):
			t := strings.TrimPrefix(o.array, "g.")
			o.each(func(from, to int) { p.grads[t] = p.grads[t].add(from, to) })
			if g.kind != "gradient" || !slices.Contains(g.layer.params, t) {
				p.add(o.at, "%q writes the gradient of %q", g.heading, t)
			}
			p.gradientRole(o, t)
			continue
		case strings.HasPrefix(o.array, "p."):
			if !o.update {
				p.add(o.at, "%s writes a parameter", o.region)
			}
			continue
		case !strings.HasPrefix(o.array, "a.") && !strings.HasPrefix(o.array, "y.") && !strings.HasPrefix(o.array, "s."):
			p.add(o.at, "%s is written, which is none of the pass", o.region)
			continue
		}
		w := *v
		w.at = region{o.array, o.from, o.rows * o.row, o.cap}
		w.para = g.layer.name
		w.part = parts[strings.TrimPrefix(o.role, "d")]
		if !strings.HasPrefix(o.role, "d") {
			w.part = ""
		}
		if i > 0 {
			w.role = o.role
		} else {
			p.main = append(p.main, result{&w, o.at})
		}
		x := &w
		p.mem.write(o.array, o.from, o.rows, o.row, o.stride, x)
		g.temps[x] = true
		if i > 0 {
			continue // statistics beside the result
		}
		g.writes = append(g.writes, write{region{o.array, o.from, (o.rows-1)*o.stride + o.row, o.cap}, o.at, v.fn})
	}
}

// gradientRole checks that the gradient of a parameter is written by the argument that is for it.
func (p *pass) gradientRole(o operand, tensor string) {
	role := roleOf(tensor)
	if want := roles[o.role]; want != nil && !slices.ContainsFunc(want,
		func(w string) bool { return role == w || strings.HasSuffix(role, "_"+w) }) {
		p.add(o.at, "the gradient of %q is taken from %s", tensor, o.role)
	}
}
