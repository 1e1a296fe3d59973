package audit

import (
	"fmt"
	"go/ast"
	"go/token"
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

// evaluated is what is known of a call while its arguments are evaluated.
type evaluated struct {
	fn      string
	ints    map[string]int // by the words of the signature
	extents map[string]int // of a struct of them
	w, v    packing        // of the matrices of 8-bit integers that it takes
	list    []operand
}

// operands evaluates the arguments of a call by its signature: first the numbers, by which the sizes of the arrays are
// known then.
func (p *pass) operands(fn string, sig []string, args []ast.Expr) ([]operand, error) {
	c := &evaluated{fn: fn, ints: map[string]int{}, extents: map[string]int{}}
	for i, tok := range sig {
		if err := p.numberArgument(c, tok, args[i]); err != nil {
			return nil, err
		}
	}
	if k, ok := c.ints["n"]; ok {
		c.ints["PANELS"] = panels(k)
	}
	if p.auditor.ints {
		p.packings(c, args)
	}
	for i, tok := range sig {
		if err := p.argument(c, tok, args[i]); err != nil {
			return nil, err
		}
	}
	return c.list, nil
}

// numberArgument evaluates an argument that is a number, or a struct or list of them.
func (p *pass) numberArgument(c *evaluated, tok string, x ast.Expr) error {
	switch {
	case tok == "{}", tok == "{shares}":
		s, err := p.extents(c.fn, x)
		if err != nil {
			return err
		}
		if want := map[bool]int{true: allShares}[tok == "{shares}"]; s["Shares"] != want {
			return fmt.Errorf("it does not take the shares of just the workers that there are: %s", text(x))
		}
		if each := max(1, s["Each"]); tok == "{shares}" && c.ints["n"] != each*p.n {
			return fmt.Errorf("it takes %d sequences for those of an example, which has %d: %s", each, c.ints["n"]/p.n, text(x))
		}
		derive(c.ints, s)
		c.extents = s
		p.geometry(x.Pos(), c.fn, s)
		p.stepWindow(x, s)
	case tok == "[]":
		return p.transposed(x, c.ints)
	case tok == "half":
		p.format(x)
	case tok == "=steps":
		c.ints["n"] = p.n
	case tok == "bool":
	case !strings.ContainsAny(tok, "<>+=#:/") && tok != "stream":
		v, err := p.int(x)
		if err != nil {
			return err
		}
		c.ints[tok] = v
	}
	return nil
}

// packings computes how a call takes matrices of 8-bit integers.
func (p *pass) packings(c *evaluated, args []ast.Expr) {
	gates := map[string]int{"quant.LSTM": 4, "quant.GRU": 3, "quant.GRUBefore": 3, "quant.Simple": 1}[c.fn]
	c.w, c.v = packedFor(c.fn, c.ints, c.extents, gates)
	c.ints["QW"], c.ints["QV"] = packedLen(c.w.runs, c.w.k, c.w.n), packedLen(c.v.runs, c.v.k, c.v.n)
	c.ints["GATES"] = gates * c.extents["U"]
	if c.ints["YU"] = c.extents["U"]; c.extents["All"] == 1 {
		c.ints["YU"] = c.extents["T"] * c.extents["U"]
	}
	if gates > 0 {
		p.recurrent(&ast.CallExpr{Fun: args[1], Args: args}, c.fn, c.extents)
	}
}

// argument evaluates an argument that is none of numberArgument, and adds the arrays in it to the operands.
func (p *pass) argument(c *evaluated, tok string, x ast.Expr) error {
	add := func(ops []operand, err error) error {
		c.list = append(c.list, ops...)
		return err
	}
	switch {
	case tok == "#":
		v, err := p.float(x)
		if err != nil {
			return err
		}
		p.cur.consts[v] = x.Pos()
	case tok == "stream":
		if v, err := p.int(x); err != nil || v != p.cur.layer.stream {
			p.add(x.Pos(), "%s draws from stream %s, but the layer's is %d", c.fn, text(x), p.cur.layer.stream)
		}
	case tok == "=scale":
		p.scales(c.fn, x)
	case strings.HasPrefix(tok, "="):
		if word := tok[1:]; text(x) != word {
			p.add(x.Pos(), "%s takes %s in the place of %s", c.fn, text(x), word)
		}
	case strings.HasPrefix(tok, "first/"):
		each := c.ints[tok[6:]]
		if tok[6:] == "len" {
			each = c.list[0].region.len / p.n
		}
		if v, err := p.int(x); err != nil || v != firstExample*each {
			p.add(x.Pos(), "%s draws from number %s, want %d for an example", c.fn, text(x), each)
		}
	case strings.HasPrefix(tok, "rescale:"):
		n := c.ints[tok[8:]]
		return add(p.fieldsOfStruct(x, "quant.Rescale",
			map[string]int{"Bias": n, "Multiplier": n, "Shift": n, "Range": 4}))
	case tok == "gates:":
		n := 2 * c.ints["GATES"]
		return add(p.fieldsOfStruct(x, "quant.Gates",
			map[string]int{"Bias": n, "Multiplier": n, "Shift": n, "State": 4}))
	case strings.HasPrefix(tok, "ep:"):
		return add(p.epilogue(x, c.ints[tok[3:]]))
	case strings.ContainsAny(tok, "<>+"):
		return p.arrayArgument(c, tok, x)
	}
	return nil
}

// arrayArgument evaluates an array, with how it is packed.
func (p *pass) arrayArgument(c *evaluated, tok string, x ast.Expr) error {
	op, err := p.operand(tok, x, c.ints)
	if err != nil {
		return fmt.Errorf("%s: %w", text(x), err)
	}
	if op == nil {
		return nil
	}
	op.at = x.Pos()
	if c.fn == "quant.Columns" && op.write {
		op.from += c.ints["from"]
	}
	switch {
	case strings.HasSuffix(tok, "<QW"):
		op.packed = &c.w
	case strings.HasSuffix(tok, "<QV"):
		op.packed = &c.v
	}
	c.list = append(c.list, *op)
	if _, ok := c.ints["len"]; !ok {
		c.ints["len"] = op.region.len
	}
	return nil
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

// operand evaluates an array of a call; it is nil for one that is left out.
func (p *pass) operand(tok string, x ast.Expr, ints map[string]int) (*operand, error) {
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
