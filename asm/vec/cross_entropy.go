package vec

import (
	"slices"

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

// A shortCrossEntropy writes the kernel for rows of up to 8·regs classes. The lanes are eight rows, so that no sum runs
// across a register and eight rows wait for one division. Where fewer are left, the last row takes the places of those
// that are missing, and is stored behind them, since they have no weights.
type shortCrossEntropy struct {
	*rowsGen
	regs             int
	dy, y, t         reg.GPVirtual
	keep, add, scale operand.Mem
	base             reg.GPVirtual  // of a register for each class, in three arrays
	begin            [8]operand.Mem // bytes from the first row to each
}

// heldConstants is how many of its constants the loop over classes holds in registers, which are read two a cycle from
// memory: as many as fit.
const heldConstants = 8

// The arrays of registers: y, and then y − m; t, and then u; e, and then dy.
const (
	shortY = iota
	shortT
	shortE
)

// emitShortCrossEntropy writes the kernel for rows of 8·(regs−1) < f ≤ 8·regs.
func emitShortCrossEntropy(regs int, name string) func(g *Gen, _ int) {
	return func(g *Gen, _ int) {
		g.header(name, crossEntropySignature)
		g.held = heldConstants
		k := &shortCrossEntropy{regs: regs, base: g.GP64()}
		k.keep, k.add, k.scale = g.broadcastArg("keep"), g.broadcastArg("add"), g.broadcastArg("scale")
		k.rowsGen = g.newRows()
		k.dy, k.y, k.t = k.matrix("dy"), k.matrix("y"), k.matrix("t")
		const line = 64
		room := g.AllocLocal(3*k.bytes() + line)
		g.LEAQ(room.Offset(line-1), k.base)
		g.ANDQ(operand.I32(-line), k.base)
		for i := range k.begin {
			k.begin[i] = g.AllocLocal(8)
		}
		g.Comment("registers of classes that are not there stay 0")
		zero := g.YMM()
		g.VXORPS(zero, zero, zero)
		for v := range 3 {
			for j := range 8 * regs {
				g.VMOVUPS(zero, k.at(v, j, nil))
			}
		}

		g.Label("rows")
		k.findRows()
		k.loadColumns()
		m := k.largest()
		k.terms(m)
		e, u, d := k.sums()
		sums := g.loadArg("sums")
		for i, s := range [...]reg.VecVirtual{e, u, d} {
			g.VMOVUPS(s, operand.Mem{Base: sums, Disp: 4 * crossEntropyRows * i})
		}
		g.ADDQ(operand.Imm(32), sums)
		g.MOVQ(sums, g.arg("sums"))
		dy := g.loadArg("dy")
		g.TESTQ(dy, dy)
		g.JZ(operand.LabelRef("value"))
		k.gradient(e, u)
		k.storeColumns()
		g.Label("value")
		g.Comment("the next eight rows")
		step := g.GP64()
		g.MOVQ(k.f, step)
		g.SHLQ(operand.Imm(3), step)
		for _, p := range k.rows {
			g.ADDQ(step, p)
		}
		g.SUBQ(operand.Imm(8), k.n)
		g.JG(operand.LabelRef("rows"))
		g.VZEROUPPER()
		g.RET()
	}
}

// arg returns where an argument is, and loadArg a register with it.
func (g *Gen) arg(name string) operand.Mem {
	a, err := g.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return a.Addr
}

// loadArg is documented with arg.
func (g *Gen) loadArg(name string) reg.GPVirtual {
	p := g.GP64()
	g.MOVQ(g.arg(name), p)
	return p
}

// bytes returns those of an array.
func (k *shortCrossEntropy) bytes() int { return 32 * 8 * k.regs }

// at returns where the register of class j is in an array; an index counts further bytes.
func (k *shortCrossEntropy) at(array, j int, index reg.Register) operand.Mem {
	m := operand.Mem{Base: k.base, Disp: k.bytes()*array + 32*j}
	if index != nil {
		m.Index, m.Scale = index, 1
	}
	return m
}

// loadAt returns a register of an array.
func (k *shortCrossEntropy) loadAt(array, j int, index reg.Register) reg.VecVirtual {
	t := k.YMM()
	k.VMOVUPS(k.at(array, j, index), t)
	return t
}

// findRows emits where the eight rows begin.
func (k *shortCrossEntropy) findRows() {
	row, next := k.GP64(), k.GP64()
	k.XORQ(row, row)
	for i, m := range k.begin {
		k.MOVQ(row, m)
		if i == len(k.begin)-1 {
			break
		}
		k.LEAQ(operand.Mem{Base: row, Index: k.f, Scale: 1}, next)
		k.CMPQ(k.n, operand.Imm(uint64(i+1)))
		k.CMOVQGT(next, row)
	}
}

// row returns where row i of a matrix begins.
func (k *shortCrossEntropy) row(matrix reg.GPVirtual, i int) operand.Mem {
	at := k.GP64()
	k.MOVQ(k.begin[i], at)
	return operand.Mem{Base: matrix, Index: at, Scale: 1}
}

// fours emits body for groups of four columns, of which the last may overlap the one before; from counts their bytes in a
// row.
func (k *shortCrossEntropy) fours(body func(from reg.GPVirtual)) {
	from, last := k.GP64(), k.GP64()
	loop, done := k.label("four"), k.label("columns")
	k.XORQ(from, from)
	k.LEAQ(operand.Mem{Base: k.f, Disp: -16}, last)
	k.Label(loop)
	body(from)
	k.CMPQ(from, last)
	k.JE(operand.LabelRef(done))
	k.ADDQ(operand.Imm(16), from)
	k.CMPQ(last, from)
	k.CMOVQLT(last, from)
	k.JMP(operand.LabelRef(loop))
	k.Label(done)
}

// group returns where the registers of the four classes from a column on are, whose bytes in a row from counts.
func (k *shortCrossEntropy) group(array int, from reg.GPVirtual) (to func(j int) operand.Mem) {
	return func(j int) operand.Mem {
		m := k.at(array, j, from)
		m.Scale = 8 // a number in a row, 32 bytes in an array
		return m
	}
}

// loadColumns emits the way of y and t from rows to a register for each class.
func (k *shortCrossEntropy) loadColumns() {
	few, done := k.label("fewColumns"), k.label("loaded")
	if k.regs == 1 {
		k.CMPQ(k.width, operand.Imm(4))
		k.JL(operand.LabelRef(few))
	}
	k.fours(func(from reg.GPVirtual) {
		for array, x := range [...]reg.GPVirtual{shortY: k.y, shortT: k.t} {
			column := k.GP64()
			k.LEAQ(operand.Mem{Base: x, Index: from, Scale: 1}, column)
			var v [4]reg.VecVirtual
			for i := range v {
				v[i] = k.YMM()
				k.VBROADCASTF128(k.row(column, i), v[i])
				k.VINSERTF128(operand.Imm(1), k.row(column, i+4), v[i], v[i])
			}
			to := k.group(array, from)
			for j, t := range k.Transpose(v) {
				k.VMOVUPS(t, to(j))
			}
		}
	})
	if k.regs > 1 {
		return
	}
	k.JMP(operand.LabelRef(done))
	k.Label(few)
	k.each(func(j reg.GPVirtual) {
		column := k.GP64()
		k.MOVQ(j, column)
		k.SHRQ(operand.Imm(3), column)
		for array, x := range [...]reg.GPVirtual{shortY: k.y, shortT: k.t} {
			at := k.GP64()
			k.LEAQ(operand.Mem{Base: x, Index: column, Scale: 1}, at)
			var half [2]reg.VecVirtual
			for h := range half {
				half[h] = k.YMM()
				k.VBROADCASTSS(k.row(at, 4*h), half[h])
				for i := 1; i < 4; i++ {
					k.VINSERTPS(operand.Imm(uint64(i<<4)), k.row(at, 4*h+i), half[h].AsX(), half[h].AsX())
				}
			}
			t := k.YMM()
			k.VINSERTF128(operand.Imm(1), half[1].AsX(), half[0], t)
			k.VMOVUPS(t, k.at(array, 0, j))
		}
	})
	k.Label(done)
}

// each emits body for each class; j counts the bytes in an array.
func (k *shortCrossEntropy) each(body func(j reg.GPVirtual)) {
	j, end, loop := k.GP64(), k.GP64(), k.label("class")
	k.MOVQ(k.f, end)
	k.SHLQ(operand.Imm(3), end)
	k.XORQ(j, j)
	k.Label(loop)
	body(j)
	k.ADDQ(operand.Imm(32), j)
	k.CMPQ(j, end)
	k.JL(operand.LabelRef(loop))
}

// largest returns m.
func (k *shortCrossEntropy) largest() reg.VecVirtual {
	k.Comment("m = max y")
	m := k.loadAt(shortY, 0, nil)
	k.each(func(j reg.GPVirtual) { k.VMAXPS(k.at(shortY, 0, j), m, m) })
	return m
}

// terms emits y − m, u and e.
func (k *shortCrossEntropy) terms(m reg.VecVirtual) {
	k.Comment("u = t·keep + add, e = exp(y − m)")
	e := newExpr()
	y, t, most := e.In(), e.In(), e.In()
	keep, add := e.Scalar(), e.Scalar()
	d, u := e.Sub(y, most), target(e, t, keep, add)
	outs := []Val{d, u, e.exp(d)}
	held := k.hold(e, outs[2], k.held)
	held[most] = m
	k.each(func(j reg.GPVirtual) {
		r := k.lower(e, outs, env{lanes: 1, scalars: []operand.Mem{k.keep, k.add}, held: held,
			load: func(input, _ int) reg.VecVirtual { return k.loadAt(input, 0, j) }})
		for array, v := range r {
			k.VMOVUPS(v[0], k.at(array, 0, j))
		}
	})
}

// sums returns Σ e, Σ u and Σ u·(y − m): as in rows, class j is in lane j mod 8, and the upper half of the lanes is added
// to the lower until one is left. The sums of rows begin at +0, which an addition of it in the end comes to.
func (k *shortCrossEntropy) sums() (e, u, d reg.VecVirtual) {
	k.Comment("Σ e, Σ u, Σ u·(y − m)")
	lane := func(array int) func(l int) reg.VecVirtual {
		return func(l int) reg.VecVirtual {
			s := k.loadAt(array, l, nil)
			for r := 1; r < k.regs; r++ {
				k.VADDPS(k.at(array, l+8*r, nil), s, s)
			}
			return s
		}
	}
	zero := k.YMM()
	k.VXORPS(zero, zero, zero)
	e, u = k.foldLanes(lane(shortE)), k.foldLanes(lane(shortT))
	d = k.foldLanes(func(l int) reg.VecVirtual {
		s := k.YMM()
		k.VMOVAPS(zero, s)
		for r := range k.regs {
			t := k.loadAt(shortT, l+8*r, nil)
			k.VFMADD231PS(k.at(shortY, l+8*r, nil), t, s)
		}
		return s
	})
	k.VADDPS(zero, u, u)
	return e, u, d
}

// foldLanes returns the sum of eight lanes, each of which is a register: ((0+4)+(2+6)) + ((1+5)+(3+7)).
func (g *Gen) foldLanes(lane func(l int) reg.VecVirtual) reg.VecVirtual {
	var from func(l, step int) reg.VecVirtual
	from = func(l, step int) reg.VecVirtual {
		if step == 8 {
			return lane(l)
		}
		a := from(l, 2*step)
		g.VADDPS(from(l+step, 2*step), a, a)
		return a
	}
	return from(0, 1)
}

// gradient emits dy in place of e.
func (k *shortCrossEntropy) gradient(sum, us reg.VecVirtual) {
	k.Comment("dy = scale·w·(e·(1/Σe)·Σu − u)")
	inv := k.small(nil, func(e *Expr, in, _ []Val) Val { return e.Div(e.C(1), in[0]) }, sum)
	factor, one, found := k.YMM(), k.label("oneWeight"), k.label("factor")
	w, step := k.loadArg("w"), k.loadArg("wstep")
	k.TESTQ(step, step)
	k.JZ(operand.LabelRef(one))
	count := k.GP64()
	k.MOVQ(operand.U32(8), count)
	k.CMPQ(k.n, count)
	k.CMOVQLT(k.n, count)
	k.VMASKMOVPS(operand.Mem{Base: w}, k.loadMask(count), factor)
	k.ADDQ(operand.Imm(32), w)
	k.MOVQ(w, k.arg("w"))
	k.JMP(operand.LabelRef(found))
	k.Label(one)
	k.VBROADCASTSS(operand.Mem{Base: w}, factor)
	k.Label(found)
	k.VMULPS(k.scale, factor, factor)
	k.each(func(j reg.GPVirtual) {
		t, u := k.loadAt(shortE, 0, j), k.loadAt(shortT, 0, j)
		k.VMULPS(inv, t, t)
		k.VFMSUB213PS(u, us, t)
		k.VMULPS(factor, t, t)
		k.VMOVUPS(t, k.at(shortE, 0, j))
	})
}

// storeColumns emits the way of dy to rows.
func (k *shortCrossEntropy) storeColumns() {
	few, done := k.label("fewStored"), k.label("stored")
	rows := func(from func(j int) operand.Mem) [4]reg.VecVirtual {
		var v [4]reg.VecVirtual
		for j := range v {
			v[j] = k.YMM()
			k.VMOVUPS(from(j), v[j])
		}
		return k.Transpose(v)
	}
	if k.regs == 1 {
		k.CMPQ(k.width, operand.Imm(4))
		k.JL(operand.LabelRef(few))
	}
	k.fours(func(from reg.GPVirtual) {
		column := k.GP64()
		k.LEAQ(operand.Mem{Base: k.dy, Index: from, Scale: 1}, column)
		v := rows(k.group(shortE, from))
		for i, t := range slices.Backward(v[:]) {
			k.VEXTRACTF128(operand.Imm(1), t, k.row(column, i+4))
		}
		for i, t := range slices.Backward(v[:]) {
			k.VMOVUPS(t.AsX(), k.row(column, i))
		}
	})
	if k.regs > 1 {
		return
	}
	k.JMP(operand.LabelRef(done))
	k.Label(few)
	var v [8]reg.Register
	for i, t := range rows(func(j int) operand.Mem { return k.at(shortE, j, nil) }) {
		v[i], v[i+4] = t.AsX(), k.XMM()
		k.VEXTRACTF128(operand.Imm(1), t, v[i+4])
	}
	one := k.label("oneColumn")
	k.CMPQ(k.width, operand.Imm(2))
	k.JL(operand.LabelRef(one))
	for i, t := range slices.Backward(v[:]) {
		k.VMOVLPS(t, k.row(k.dy, i))
	}
	k.JE(operand.LabelRef(done))
	for i, t := range slices.Backward(v[:]) {
		k.VUNPCKHPD(t, t, t)
		k.VMOVSS(t, k.row(k.dy, i).Offset(8))
	}
	k.JMP(operand.LabelRef(done))
	k.Label(one)
	for i, t := range slices.Backward(v[:]) {
		k.VMOVSS(t, k.row(k.dy, i))
	}
	k.Label(done)
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
