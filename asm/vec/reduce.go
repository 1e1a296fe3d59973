package vec

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitReduceCols writes dst[i] = the reduction of row i, in 32 lanes.
func emitReduceCols(name string, inputs []string, f func(e *Expr, in []Val) acc) func(g *Gen, unroll int) {
	return func(g *Gen, unroll int) {
		g.header(name, reduceSignature(inputs))
		r := g.newRows()
		var in []reg.GPVirtual
		e := newExpr()
		var iv []Val
		for _, n := range inputs {
			in = append(in, r.matrix(n))
			iv = append(iv, e.In())
		}
		dst := r.vector("dst")
		a := f(e, iv)
		g.Label("row")
		s := r.run(phase{e: e, in: in, accs: []acc{a}, lanes: 4, unroll: unroll, side: 4})[0]
		g.fold(a.kind, s)
		g.VMOVSS(s.AsX(), operand.Mem{Base: dst})
		g.ADDQ(operand.Imm(4), dst)
		r.next("row")
		g.VZEROUPPER()
		g.RET()
	}
}

func reduceSignature(inputs []string) string {
	s := "func(n, f int, dst"
	for _, n := range inputs {
		s += ", " + n
	}
	return s + " *float32)"
}

// emitMulCol writes y[i,j] = x[i,j]·s[i].
func emitMulCol(g *Gen, unroll int) {
	g.header("mulCol", "func(n, f int, y, x, s *float32)")
	r := g.newRows()
	y, x, s := r.matrix("y"), r.matrix("x"), r.vector("s")
	k := r.slot()
	g.Label("row")
	t := g.YMM()
	g.VBROADCASTSS(operand.Mem{Base: s}, t)
	g.VMOVUPS(t, k)
	e := newExpr()
	v := e.Mul(e.In(), e.Scalar())
	r.run(phase{e: e, in: []reg.GPVirtual{x}, scalars: []operand.Mem{k}, stores: []store{{y, v}}, lanes: 1, unroll: unroll, side: unroll})
	g.ADDQ(operand.Imm(4), s)
	r.next("row")
	g.VZEROUPPER()
	g.RET()
}
