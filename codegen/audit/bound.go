package audit

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"strings"
)

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
