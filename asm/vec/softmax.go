package vec

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowMax emits the phase that leaves the largest element of a row of x in a slot.
func (r *rowsGen) rowMax(x reg.GPVirtual, m operand.Mem) {
	r.Comment("m = the largest element")
	e := newExpr()
	v := e.In()
	big := r.run(phase{e: e, in: []reg.GPVirtual{x}, accs: []acc{{kind: accMax, a: v}}, lanes: 4, unroll: 4, side: 4})[0]
	r.fold(accMax, big)
	r.VMOVUPS(big, m)
}

// emitSoftmax writes
//
//	m = max x;  y = exp(x − m), s = Σ y;  y = y·(1/s)
func emitSoftmax(g *Gen, unroll int) {
	g.header("softmaxRows", softmaxSignature)
	r := g.newRows()
	y, x := r.matrix("y"), r.matrix("x")
	m := r.slot()
	g.Label("row")
	r.rowMax(x, m)

	g.Comment("y = exp(x − m), s = Σ y")
	e := newExpr()
	ex := e.exp(e.Sub(e.In(), e.Scalar()))
	s := r.run(phase{e: e, in: []reg.GPVirtual{x}, scalars: []operand.Mem{m}, stores: []store{{y, ex}},
		accs: []acc{{kind: accAdd, a: ex}}, lanes: 1, unroll: unroll, side: unroll})[0]
	g.fold(accAdd, s)
	g.VMOVUPS(g.small(nil, func(e *Expr, in, _ []Val) Val { return e.Div(e.C(1), in[0]) }, s), m)

	g.Comment("y = y·(1/s)")
	e = newExpr()
	v := e.Mul(e.In(), e.Scalar())
	r.run(phase{e: e, in: []reg.GPVirtual{y}, scalars: []operand.Mem{m}, stores: []store{{y, v}},
		lanes: 1, unroll: 4, side: 4})
	r.next("row")
	g.VZEROUPPER()
	g.RET()
}

const softmaxSignature = "func(n, f int, y, x *float32)"

// emitLogSoftmax writes
//
//	m = max x;  s = Σ exp(x − m);  y = (x − m) − ln s
func emitLogSoftmax(g *Gen, unroll int) {
	g.header("logSoftmax", softmaxSignature)
	r := g.newRows()
	y, x := r.matrix("y"), r.matrix("x")
	m, l := r.slot(), r.slot()
	g.Label("row")
	r.rowMax(x, m)

	g.Comment("s = Σ exp(x − m)")
	e := newExpr()
	ex := e.exp(e.Sub(e.In(), e.Scalar()))
	s := r.run(phase{e: e, in: []reg.GPVirtual{x}, scalars: []operand.Mem{m},
		accs: []acc{{kind: accAdd, a: ex}}, lanes: 1, unroll: unroll, side: unroll})[0]
	g.fold(accAdd, s)
	g.VMOVUPS(g.small(nil, func(e *Expr, in, _ []Val) Val { return e.log(in[0]) }, s), l)

	g.Comment("y = (x − m) − ln s")
	e = newExpr()
	v := e.Sub(e.Sub(e.In(), e.Scalar()), e.Scalar())
	r.run(phase{e: e, in: []reg.GPVirtual{x}, scalars: []operand.Mem{m, l}, stores: []store{{y, v}},
		lanes: 1, unroll: 4, side: 4})
	r.next("row")
	g.VZEROUPPER()
	g.RET()
}

// emitSoftmaxGrad writes
//
//	s = Σ dy·y;  dx = y·(dy − s)
func emitSoftmaxGrad(g *Gen, unroll int) {
	g.header("softmaxGrad", "func(n, f int, dx, dy, y *float32)")
	r := g.newRows()
	dx, dy, y := r.matrix("dx"), r.matrix("dy"), r.matrix("y")
	m := r.slot()
	g.Label("row")
	e := newExpr()
	a, b := e.In(), e.In()
	s := r.run(phase{e: e, in: []reg.GPVirtual{dy, y}, accs: []acc{{accFMA, a, b}}, lanes: 1,
		unroll: unroll, side: unroll})[0]
	g.fold(accAdd, s)
	g.VMOVUPS(s, m)
	e = newExpr()
	v := e.Mul(e.In(), e.Sub(e.In(), e.Scalar()))
	r.run(phase{e: e, in: []reg.GPVirtual{y, dy}, scalars: []operand.Mem{m}, stores: []store{{dx, v}}, lanes: 1,
		unroll: unroll, side: unroll})
	r.next("row")
	g.VZEROUPPER()
	g.RET()
}

// emitLogSoftmaxGrad writes
//
//	s = Σ dy;  dx = dy − exp(y)·s
func emitLogSoftmaxGrad(g *Gen, unroll int) {
	g.header("logSoftmaxGrad", "func(n, f int, dx, dy, y *float32)")
	r := g.newRows()
	dx, dy, y := r.matrix("dx"), r.matrix("dy"), r.matrix("y")
	m := r.slot()
	g.Label("row")
	e := newExpr()
	a := e.In()
	s := r.run(phase{e: e, in: []reg.GPVirtual{dy}, accs: []acc{{kind: accAdd, a: a}}, lanes: 1,
		unroll: unroll, side: unroll})[0]
	g.fold(accAdd, s)
	g.VMOVUPS(s, m)
	e = newExpr()
	yv, dyv := e.In(), e.In()
	v := e.FNMA(e.exp(yv), e.Scalar(), dyv)
	r.run(phase{e: e, in: []reg.GPVirtual{y, dy}, scalars: []operand.Mem{m}, stores: []store{{dx, v}}, lanes: 1,
		unroll: unroll, side: unroll})
	r.next("row")
	g.VZEROUPPER()
	g.RET()
}

// emitShortSoftmax writes softmax for rows that fit in regs registers: 8·(regs−1) < f ≤
// 8·regs. The row stays in registers.
func emitShortSoftmax(regs int, name string) func(g *Gen, _ int) {
	return func(g *Gen, _ int) {
		g.header(name, softmaxSignature)
		r := g.newRows()
		y, x := r.matrix("y"), r.matrix("x")
		r.SUBQ(operand.Imm(uint64(8*(regs-1))), r.width)
		g.VMOVUPS(g.loadMask(r.width), r.mask)
		e := newExpr()
		d := e.In()
		ex := e.exp(d)
		g.Label("row")
		v := r.loadShort(x, regs)
		m := r.shortMax(v)
		for _, t := range v {
			g.VSUBPS(m, t, t)
		}
		r.clearPast(v)
		out := g.lower(e, []Val{ex}, env{lanes: regs, load: func(_, lane int) reg.VecVirtual { return v[lane] }})[0]
		r.clearPast(out)
		s := g.YMM()
		g.VMOVAPS(out[0], s)
		for _, t := range out[1:] {
			g.VADDPS(t, s, s)
		}
		g.fold(accAdd, s)
		inv := g.small(nil, func(e *Expr, in, _ []Val) Val { return e.Div(e.C(1), in[0]) }, s)
		for _, t := range out {
			g.VMULPS(inv, t, t)
		}
		r.storeShort(out, y)
		r.next("row")
		g.VZEROUPPER()
		g.RET()
	}
}

// loadShort loads a row that fits in regs registers, lanes past its end 0. width holds the
// elements in the last register, 1 to 8.
func (r *rowsGen) loadShort(x reg.GPVirtual, regs int) (v []reg.VecVirtual) {
	for i := range regs - 1 {
		t := r.YMM()
		r.VMOVUPS(operand.Mem{Base: x, Disp: 32 * i}, t)
		v = append(v, t)
	}
	part, done := r.label("loadPart"), r.label("rowLoaded")
	at, last := r.GP64(), r.YMM()
	r.LEAQ(operand.Mem{Base: x, Disp: 32 * (regs - 1)}, at)
	r.CMPQ(r.width, operand.Imm(8))
	r.JL(operand.LabelRef(part))
	r.VMOVUPS(operand.Mem{Base: at}, last)
	r.JMP(operand.LabelRef(done))
	r.Label(part)
	r.VMOVAPS(r.loadTail(r.width, at), last)
	r.Label(done)
	return append(v, last)
}

// clearPast clears the lanes past the row's end: there exp shall see and leave 0, since to
// underflow takes time.
func (r *rowsGen) clearPast(v []reg.VecVirtual) {
	t := v[len(v)-1]
	r.VANDPS(r.mask, t, t)
}

// shortMax returns the largest element of a row in all lanes.
func (r *rowsGen) shortMax(v []reg.VecVirtual) reg.VecVirtual {
	mask, m := r.YMM(), r.YMM()
	last := len(v) - 1
	r.VMOVUPS(r.mask, mask)
	r.VMOVUPS(r.constant(0xff800000), m)
	r.VBLENDVPS(mask, v[last], m, m)
	for _, t := range v[:last] {
		r.VMAXPS(t, m, m)
	}
	r.fold(accMax, m)
	return m
}

// storeShort stores a row that fits in the registers of v. It destroys the last.
func (r *rowsGen) storeShort(v []reg.VecVirtual, y reg.GPVirtual) {
	last := len(v) - 1
	for i := range last {
		r.VMOVUPS(v[i], operand.Mem{Base: y, Disp: 32 * i})
	}
	part, done := r.label("part"), r.label("rowStored")
	at := r.GP64()
	r.LEAQ(operand.Mem{Base: y, Disp: 32 * last}, at)
	r.CMPQ(r.width, operand.Imm(8))
	r.JL(operand.LabelRef(part))
	r.VMOVUPS(v[last], operand.Mem{Base: at})
	r.JMP(operand.LabelRef(done))
	r.Label(part)
	r.storeTail(r.width, v[last], at)
	r.Label(done)
}
