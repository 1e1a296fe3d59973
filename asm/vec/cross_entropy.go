package vec

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const crossEntropySignature = "func(n, f int, dy, y, t, w *float32, wstep int, scale, keep, add float32, sums *float32)"

// crossEntropyRows is how many rows a call can take: the sums are three blocks of so many.
const crossEntropyRows = 64

// A crossEntropy writes one of the kernels
//
//	m = max y;  u = t·keep + add;  e = exp(y − m)
//	sums = Σ e, Σ u, Σ u·(y − m)
//	dy = scale·w·(e·(1/Σe)·Σu − u)   unless dy is nil
type crossEntropy struct {
	*rowsGen
	dy, y, t, w, step, sums, grad reg.GPVirtual
	keep, add, scale              operand.Mem
}

func newCrossEntropy(g *Gen, name string) *crossEntropy {
	g.header(name, crossEntropySignature)
	c := &crossEntropy{}
	c.keep, c.add, c.scale = g.broadcastArg("keep"), g.broadcastArg("add"), g.broadcastArg("scale")
	c.rowsGen = g.newRows()
	c.dy, c.y, c.t = c.matrix("dy"), c.matrix("y"), c.matrix("t")
	c.w, c.step, c.sums = c.vector("w"), c.vector("wstep"), c.vector("sums")
	c.grad = g.GP64()
	g.MOVQ(c.dy, c.grad)
	return c
}

// target appends u = t·keep + add, the scalars being keep and add.
func target(e *Expr, t, keep, add Val) Val { return e.FMA(t, keep, add) }

// finish stores the sums, which are in all lanes.
func (c *crossEntropy) finish(sums ...reg.VecVirtual) {
	for i, s := range sums {
		c.VMOVSS(s.AsX(), operand.Mem{Base: c.sums, Disp: 4 * crossEntropyRows * i})
	}
}

// factor returns scale·w in all lanes.
func (c *crossEntropy) factor() reg.VecVirtual {
	t := c.YMM()
	c.VBROADCASTSS(operand.Mem{Base: c.w}, t)
	c.VMULPS(c.scale, t, t)
	return t
}

func (c *crossEntropy) nextRow() {
	c.ADDQ(c.step, c.w)
	c.ADDQ(operand.Imm(4), c.sums)
	c.next("row")
	c.VZEROUPPER()
	c.RET()
}

// emitShortCrossEntropy writes the kernel for rows that fit in regs registers: 8·(regs−1) < f
// ≤ 8·regs.
func emitShortCrossEntropy(regs int, name string) func(g *Gen, _ int) {
	return func(g *Gen, _ int) {
		c := newCrossEntropy(g, name)
		c.SUBQ(operand.Imm(uint64(8*(regs-1))), c.width)
		g.VMOVUPS(g.loadMask(c.width), c.mask)
		g.Label("row")
		d := c.loadShort(c.y, regs)
		m := c.shortMax(d)
		for _, t := range d {
			g.VSUBPS(m, t, t)
		}
		c.clearPast(d)

		g.Comment("u = t·keep + add and its sums")
		t := c.loadShort(c.t, regs)
		e := newExpr()
		uv := target(e, e.In(), e.Scalar(), e.Scalar())
		u := g.lower(e, []Val{uv}, env{lanes: regs, scalars: []operand.Mem{c.keep, c.add},
			load: func(_, lane int) reg.VecVirtual { return t[lane] }})[0]
		c.clearPast(u)
		us, ds := g.YMM(), g.YMM()
		g.VXORPS(us, us, us)
		g.VXORPS(ds, ds, ds)
		for i := range u {
			g.VADDPS(u[i], us, us)
			g.VFMADD231PS(d[i], u[i], ds)
		}
		g.fold(accAdd, us)
		g.fold(accAdd, ds)

		g.Comment("e = exp(y − m) and its sum")
		e = newExpr()
		ev := e.exp(e.In())
		ex := g.lower(e, []Val{ev}, env{lanes: regs, load: func(_, lane int) reg.VecVirtual { return d[lane] }})[0]
		c.clearPast(ex)
		es := g.YMM()
		g.VMOVAPS(ex[0], es)
		for _, t := range ex[1:] {
			g.VADDPS(t, es, es)
		}
		g.fold(accAdd, es)
		c.finish(es, us, ds)

		g.TESTQ(c.grad, c.grad)
		g.JZ(operand.LabelRef("value"))
		g.Comment("dy")
		inv := g.small(nil, func(e *Expr, in, _ []Val) Val { return e.Div(e.C(1), in[0]) }, es)
		k := c.factor()
		for i, t := range ex {
			g.VMULPS(inv, t, t)
			g.VFMSUB213PS(u[i], us, t)
			g.VMULPS(k, t, t)
		}
		c.storeShort(ex, c.dy)
		g.Label("value")
		c.nextRow()
	}
}

// emitCrossEntropy writes the kernel for rows of any length.
func emitCrossEntropy(g *Gen, unroll int) {
	c := newCrossEntropy(g, "crossEntropyRows")
	m, us, inv, k := c.slot(), c.slot(), c.slot(), c.slot()
	g.Label("row")
	c.rowMax(c.y, m)

	// terms emits the sums, and stores e in dy if it is wanted.
	terms := func(grad bool) {
		e := newExpr()
		y, t := e.In(), e.In()
		mv, keep, add := e.Scalar(), e.Scalar(), e.Scalar()
		u := target(e, t, keep, add)
		d := e.Sub(y, mv)
		ex := e.exp(d)
		p := phase{e: e, in: []reg.GPVirtual{c.y, c.t}, scalars: []operand.Mem{m, c.keep, c.add},
			accs: []acc{{kind: accAdd, a: ex}, {kind: accAdd, a: u}, {accFMA, u, d}}, lanes: 1, unroll: unroll, side: unroll}
		if grad {
			p.stores = []store{{c.dy, ex}}
		}
		s := c.run(p)
		for _, t := range s {
			g.fold(accAdd, t)
		}
		c.finish(s...)
		if grad {
			g.VMOVUPS(s[1], us)
			g.VMOVUPS(g.small(nil, func(e *Expr, in, _ []Val) Val { return e.Div(e.C(1), in[0]) }, s[0]), inv)
		}
	}
	g.TESTQ(c.grad, c.grad)
	g.JZ(operand.LabelRef("value"))
	g.Comment("sums, dy = e")
	terms(true)
	g.VMOVUPS(c.factor(), k)
	g.Comment("dy = k·(dy·(1/Σe)·Σu − u)")
	e := newExpr()
	ev, t := e.In(), e.In()
	keep, add, iv, uv, kv := e.Scalar(), e.Scalar(), e.Scalar(), e.Scalar(), e.Scalar()
	u := target(e, t, keep, add)
	v := e.Mul(kv, e.FMS(e.Mul(ev, iv), uv, u))
	c.run(phase{e: e, in: []reg.GPVirtual{c.dy, c.t}, scalars: []operand.Mem{c.keep, c.add, inv, us, k},
		stores: []store{{c.dy, v}}, lanes: 1, unroll: 4, side: 4})
	g.JMP(operand.LabelRef("finished"))
	g.Label("value")
	g.Comment("sums alone")
	terms(false)
	g.Label("finished")
	c.nextRow()
}
