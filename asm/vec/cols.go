package vec

import (
	"fmt"
	"slices"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A colsGen writes a kernel that goes over the columns of matrices, some registers of them
// at a time, and for each of these tiles over the rows in one or more passes.
type colsGen struct {
	*Gen
	n, f reg.GPVirtual // rows; bytes of a row
	j    reg.GPVirtual // bytes from a row's start to the tile
	left reg.GPVirtual // columns from the tile on
	mask operand.Mem   // for the last f mod 8 columns
	last reg.Register  // for AVX-512: the mask of the last f mod 16 columns

	slots []operand.Mem // places on the stack, each as wide as the first tile
	used  int           // how many of them the tile at hand uses
}

// slot returns a place on the stack for the values of some registers. The tiles take turns
// to use them; the first is the widest.
func (c *colsGen) slot(regs int) operand.Mem {
	if c.used == len(c.slots) {
		c.slots = append(c.slots, c.AllocLocal(32*regs))
	}
	c.used++
	return c.slots[c.used-1]
}

// newCols loads n and f and saves the mask of a row's end.
func (g *Gen) newCols() *colsGen {
	c := &colsGen{Gen: g}
	c.n = g.Load(g.Param("n"), g.GP64()).(reg.GPVirtual)
	c.left = g.Load(g.Param("f"), g.GP64()).(reg.GPVirtual)
	c.f, c.j = g.GP64(), g.GP64()
	g.LEAQ(operand.Mem{Base: c.left, Index: c.left, Scale: 1}, c.f)
	g.ADDQ(c.f, c.f)
	g.XORQ(c.j, c.j)
	w := g.GP64()
	g.MOVQ(c.left, w)
	if g.wide {
		g.ANDQ(operand.Imm(15), w)
		c.last = g.edge(w)
		return c
	}
	g.ANDQ(operand.Imm(7), w)
	c.mask = g.AllocLocal(32)
	g.VMOVUPS(g.loadMask(w), c.mask)
	return c
}

func (c *colsGen) pointer(name string) reg.GPVirtual {
	return c.Load(c.Param(name), c.GP64()).(reg.GPVirtual)
}

// tiles emits body for tiles of unroll registers, of one, and of a part of one, and the end
// of the kernel.
func (c *colsGen) tiles(unroll int, body func(t tile)) { c.tilesOf([]int{unroll}, body) }

// tilesOf is tiles with tiles of several widths, the widest first, before those of one register. Where a row takes little
// more time than a sum waits for the last one, many registers are to go together.
func (c *colsGen) tilesOf(widths []int, body func(t tile)) {
	widths = slices.Compact(append(slices.Clone(widths), 1))
	label := func(i int) string {
		switch {
		case i == len(widths):
			return "partTest"
		case i == len(widths)-1:
			return "oneTest"
		case i == 0:
			return "wideTest"
		}
		return fmt.Sprintf("wideTest%d", widths[i])
	}
	for i, unroll := range widths {
		c.whole(unroll, label(i), label(i+1), body)
	}
	c.Label("partTest")
	c.TESTQ(c.left, c.left)
	c.JZ(operand.LabelRef("done"))
	c.used = 0
	body(tile{c, 1, true})
	c.Label("done")
	c.VZEROUPPER()
	c.RET()
}

// whole emits body for tiles of some registers, as long as there are as many columns; then it goes to next.
func (c *colsGen) whole(unroll int, label, next string, body func(t tile)) {
	floats := operand.Op(operand.U32(c.floats() * unroll))
	bytes := operand.Op(operand.U32(c.bytes() * unroll))
	if unroll == 1 {
		floats, bytes = operand.Imm(uint64(c.floats())), operand.Imm(uint64(c.bytes()))
	}
	c.Label(label)
	c.CMPQ(c.left, floats)
	c.JL(operand.LabelRef(next))
	c.used = 0
	body(tile{c, unroll, false})
	c.ADDQ(bytes, c.j)
	c.SUBQ(floats, c.left)
	c.JMP(operand.LabelRef(label))
}

// A tile is some registers of columns.
type tile struct {
	*colsGen
	regs int
	part bool // of one register only the first left lanes
}

// masked returns the mask of AVX-512 for a tile's registers, nil if they are whole.
func (t tile) masked() reg.Register {
	if t.part {
		return t.last
	}
	return nil
}

// load loads the tile's part of a vector.
func (t tile) load(p reg.GPVirtual) (v []reg.VecVirtual) {
	if t.wide {
		for u := range t.regs {
			v = append(v, t.loadWide(operand.Mem{Base: p, Index: t.j, Scale: 1, Disp: 64 * u}, t.masked()))
		}
		return v
	}
	if t.part {
		at := t.GP64()
		t.LEAQ(operand.Mem{Base: p, Index: t.j, Scale: 1}, at)
		return []reg.VecVirtual{t.loadTail(t.left, at)}
	}
	for u := range t.regs {
		r := t.YMM()
		t.VMOVUPS(operand.Mem{Base: p, Index: t.j, Scale: 1, Disp: 32 * u}, r)
		v = append(v, r)
	}
	return v
}

// store stores the tile's part of a vector.
func (t tile) store(p reg.GPVirtual, v []reg.VecVirtual) {
	for u, r := range v {
		if t.wide {
			t.storeWide(r, t.masked(), operand.Mem{Base: p, Index: t.j, Scale: 1, Disp: 64 * u})
			continue
		}
		if t.part {
			at, s := t.GP64(), t.YMM()
			t.LEAQ(operand.Mem{Base: p, Index: t.j, Scale: 1}, at)
			t.VMOVAPS(r, s)
			t.storeTail(t.left, s, at)
			return
		}
		t.VMOVUPS(r, operand.Mem{Base: p, Index: t.j, Scale: 1, Disp: 32 * u})
	}
}

// keep saves values of the columns for expressions to use.
func (t tile) keep(v []reg.VecVirtual) column {
	if t.wide {
		return column{regs: v}
	}
	m := t.slot(t.regs)
	for u, r := range v {
		t.VMOVUPS(r, m.Offset(32*u))
	}
	return column{mem: m}
}

// each applies an expression to values of the columns, which it may destroy.
func (t tile) each(scalars []operand.Mem, cols []column, f func(e *Expr, in, scalars, cols []Val) Val,
	in ...[]reg.VecVirtual) []reg.VecVirtual {
	e := newExpr()
	var iv, sv, cv []Val
	for range in {
		iv = append(iv, e.In())
	}
	for range scalars {
		sv = append(sv, e.Scalar())
	}
	for range cols {
		cv = append(cv, e.Col())
	}
	return t.lower(e, []Val{f(e, iv, sv, cv)}, env{lanes: t.regs, scalars: scalars, cols: cols,
		load: func(input, lane int) reg.VecVirtual { return in[input][lane] }})[0]
}

// A rowsPass applies an expression to all rows of a tile.
type rowsPass struct {
	e      *Expr
	in     []reg.GPVirtual // matrices
	cols   []column
	stores []store // to matrices
	accs   []colAcc
}

// A colAcc is a reduction over the rows, into the registers of to.
type colAcc struct {
	acc
	to []reg.VecVirtual
}

func (t tile) rows(p rowsPass) {
	var outs []Val
	for _, s := range p.stores {
		outs = append(outs, s.v)
	}
	for _, a := range p.accs {
		outs = append(outs, a.a)
		if a.kind == accFMA {
			outs = append(outs, a.b)
		}
	}
	// Matrices differ in their base alone.
	at, left := t.GP64(), t.GP64()
	t.MOVQ(t.j, at)
	t.MOVQ(t.n, left)
	if t.part && !t.wide && len(p.stores) == 0 {
		t.wholeRows(p, outs, at, left)
	}
	loop := t.label("row")
	t.Label(loop)
	t.row(p, outs, at, t.part)
	t.ADDQ(t.f, at)
	t.DECQ(left)
	t.JNZ(operand.LabelRef(loop))
}

// wholeRows reduces those rows of a part of a register that can be loaded as a whole one without passing the end of the
// matrix, since a masked load takes several times as long. The other lanes reduce what nothing stores. At least
// the last row is left.
func (t tile) wholeRows(p rowsPass, outs []Val, at, left reg.GPVirtual) {
	last := t.GP64() // where the last whole register of the matrix begins
	t.MOVQ(t.n, last)
	t.IMULQ(t.f, last)
	t.SUBQ(operand.Imm(32), last)
	loop, done := t.label("wholeRow"), t.label("wholeRowsDone")
	t.Label(loop)
	t.CMPQ(at, last)
	t.JGT(operand.LabelRef(done))
	t.row(p, outs, at, false)
	t.ADDQ(t.f, at)
	t.DECQ(left)
	t.JMP(operand.LabelRef(loop))
	t.Label(done)
}

// row applies the expression of a pass to one row, whose registers are masked if so told.
func (t tile) row(p rowsPass, outs []Val, at reg.GPVirtual, masked bool) {
	out := t.lower(p.e, outs, env{lanes: t.regs, cols: p.cols, load: func(input, lane int) reg.VecVirtual {
		m := operand.Mem{Base: p.in[input], Index: at, Scale: 1, Disp: t.bytes() * lane}
		if t.wide {
			return t.loadWide(m, t.masked())
		}
		r := t.YMM()
		if masked {
			mask := t.YMM()
			t.VMOVUPS(t.mask, mask)
			t.VMASKMOVPS(m, mask, r)
		} else {
			t.VMOVUPS(m, r)
		}
		return r
	}})
	o := len(p.stores)
	for _, a := range p.accs {
		for u := range t.regs {
			if a.kind == accFMA {
				t.VFMADD231PS(out[o][u], out[o+1][u], a.to[u])
			} else {
				t.VADDPS(out[o][u], a.to[u], a.to[u])
			}
		}
		o++
		if a.kind == accFMA {
			o++
		}
	}
	for i, s := range p.stores {
		for u := range t.regs {
			if t.wide {
				t.storeWide(out[i][u], t.masked(), operand.Mem{Base: s.to, Index: at, Scale: 1, Disp: 64 * u})
			} else if t.part {
				to, r := t.GP64(), t.YMM()
				t.LEAQ(operand.Mem{Base: s.to, Index: at, Scale: 1}, to)
				t.VMOVAPS(out[i][u], r)
				t.storeTail(t.left, r, to)
			} else {
				t.VMOVUPS(out[i][u], operand.Mem{Base: s.to, Index: at, Scale: 1, Disp: 32 * u})
			}
		}
	}
}

// A ColMap is a kernel y[i,j] = f(x[i,j], vectors[j]…).
type ColMap struct {
	Name, File string
	Vectors    []string
	F          func(e *Expr, x Val, vectors []Val) Val
}

// Signature returns the type of the kernel's Go function.
func (k *ColMap) Signature() string {
	s := "func(n, f int, y, x"
	for _, v := range k.Vectors {
		s += ", " + v
	}
	return s + " *float32)"
}

func (k *ColMap) emit(g *Gen, unroll int) {
	g.header(k.Name, k.Signature())
	c := g.newCols()
	y, x := c.pointer("y"), c.pointer("x")
	var vectors []reg.GPVirtual
	for _, v := range k.Vectors {
		vectors = append(vectors, c.pointer(v))
	}
	c.tiles(unroll, func(t tile) {
		e := newExpr()
		in := e.In()
		var cols []column
		var cv []Val
		for _, v := range vectors {
			cols = append(cols, t.keep(t.load(v)))
			cv = append(cv, e.Col())
		}
		t.rows(rowsPass{e: e, in: []reg.GPVirtual{x}, cols: cols, stores: []store{{y, k.F(e, in, cv)}}})
	})
}

func emitSumRowsAcc(g *Gen, unroll int) {
	g.header("sumRowsAcc", "func(n, f int, dst, x *float32)")
	c := g.newCols()
	dst, x := c.pointer("dst"), c.pointer("x")
	c.tilesOf([]int{unroll, 2}, func(t tile) {
		e := newExpr()
		v := e.In()
		s := t.load(dst)
		t.rows(rowsPass{e: e, in: []reg.GPVirtual{x}, accs: []colAcc{{acc{kind: accAdd, a: v}, s}}})
		t.store(dst, s)
	})
}

func emitDotRowsAcc(g *Gen, unroll int) {
	g.header("dotRowsAcc", "func(n, f int, dst, a, b *float32)")
	c := g.newCols()
	dst, a, b := c.pointer("dst"), c.pointer("a"), c.pointer("b")
	c.tiles(unroll, func(t tile) {
		e := newExpr()
		v, w := e.In(), e.In()
		s := t.load(dst)
		t.rows(rowsPass{e: e, in: []reg.GPVirtual{a, b}, accs: []colAcc{{acc{accFMA, v, w}, s}}})
		t.store(dst, s)
	})
}

func emitMulAddRow(g *Gen, unroll int) {
	g.header("mulAddRow", "func(n, f int, y, x, gain *float32)")
	c := g.newCols()
	y, x, factor := c.pointer("y"), c.pointer("x"), c.pointer("gain")
	c.tiles(unroll, func(t tile) {
		e := newExpr()
		yv, xv, gv := e.In(), e.In(), e.Col()
		t.rows(rowsPass{e: e, in: []reg.GPVirtual{y, x}, cols: []column{t.keep(t.load(factor))},
			stores: []store{{y, e.FMA(xv, gv, yv)}}})
	})
}

func emitPReLUGradAcc(g *Gen, unroll int) {
	g.header("preluGradAcc", "func(n, f int, dx, dalpha, dy, x, alpha *float32)")
	c := g.newCols()
	dx, dalpha, dy, x, alpha := c.pointer("dx"), c.pointer("dalpha"), c.pointer("dy"), c.pointer("x"), c.pointer("alpha")
	c.tiles(unroll, func(t tile) {
		e := newExpr()
		gv, xv, av := e.In(), e.In(), e.Col()
		cols := []column{t.keep(t.load(alpha))}
		s := t.load(dalpha)
		t.rows(rowsPass{e: e, in: []reg.GPVirtual{dy, x}, cols: cols,
			stores: []store{{dx, e.leakyReLUGrad(gv, xv, av)}},
			accs:   []colAcc{{acc{accFMA, gv, e.Lower(e.C(0), xv)}, s}}})
		t.store(dalpha, s)
	})
}
