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
