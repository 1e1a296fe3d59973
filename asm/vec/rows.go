package vec

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A rowsGen writes a kernel that goes over the rows of matrices, each in one or more phases.
//
//	for i in rows: phase; phase; …; next row
type rowsGen struct {
	*Gen
	n, f  reg.GPVirtual // rows left; bytes of a row
	width reg.GPVirtual // elements of a row
	mask  operand.Mem   // for the last width mod 8 elements
	rows  []reg.GPVirtual
}

// newRows loads n and f and saves the mask of a row's end.
func (g *Gen) newRows() *rowsGen {
	r := &rowsGen{Gen: g}
	r.n = g.Load(g.Param("n"), g.GP64()).(reg.GPVirtual)
	r.width = g.Load(g.Param("f"), g.GP64()).(reg.GPVirtual)
	r.f = g.GP64()
	w := g.GP64()
	g.LEAQ(operand.Mem{Base: r.width, Index: r.width, Scale: 1}, r.f)
	g.ADDQ(r.f, r.f)
	if g.wide {
		return r
	}
	g.MOVQ(r.width, w)
	g.ANDQ(operand.Imm(7), w)
	r.mask = g.AllocLocal(32)
	g.VMOVUPS(g.loadMask(w), r.mask)
	return r
}

// matrix loads a pointer to rows; next moves it on.
func (r *rowsGen) matrix(name string) reg.GPVirtual {
	p := r.vector(name)
	r.rows = append(r.rows, p)
	return p
}

// vector loads a pointer to one element for each column.
func (r *rowsGen) vector(name string) reg.GPVirtual {
	return r.Load(r.Param(name), r.GP64()).(reg.GPVirtual)
}

// next moves the matrices to the next row and jumps to label if there is one.
func (r *rowsGen) next(label string) {
	for _, p := range r.rows {
		r.ADDQ(r.f, p)
	}
	r.DECQ(r.n)
	r.JNZ(operand.LabelRef(label))
}

// slot is a place on the stack for a value that is the same in all lanes.
func (r *rowsGen) slot() operand.Mem { return r.AllocLocal(32) }

// An accKind says how a value enters a register of partial results.
type accKind uint8

const (
	accAdd accKind = iota // + a
	accFMA                // + a·b, rounded once
	accMax                // larger of a and what is there
)

// An acc is a reduction over the elements of a row.
type acc struct {
	kind accKind
	a, b Val
}

// A store writes a value to a row of a matrix or to a vector.
type store struct {
	to reg.GPVirtual
	v  Val
}

// A phase applies an expression to all elements of a row.
type phase struct {
	e       *Expr
	in      []reg.GPVirtual // where the inputs of e are
	scalars []operand.Mem
	stores  []store
	accs    []acc
	lanes   int // registers of partial results for each acc; element j belongs to register j/8 mod lanes
	unroll  int // registers per turn of the main loop; lanes, if that is not 1
	side    int // how many of them are computed side by side
}

// outs returns the values of a phase that are stored or reduced.
func (p *phase) outs() (outs []Val) {
	for _, s := range p.stores {
		outs = append(outs, s.v)
	}
	for _, a := range p.accs {
		outs = append(outs, a.a)
		if a.kind == accFMA {
			outs = append(outs, a.b)
		}
	}
	return outs
}

// run emits a phase and returns a register of 8 partial results for each acc.
func (r *rowsGen) run(p phase) []reg.VecVirtual {
	if r.wide {
		return r.runWide(p)
	}
	outs := p.outs()
	regs := make([][]reg.VecVirtual, len(p.accs))
	for i, a := range p.accs {
		for range p.lanes {
			t := r.YMM()
			if a.kind == accMax {
				r.VMOVUPS(r.constant(0xff800000), t)
			} else {
				r.VXORPS(t, t, t)
			}
			regs[i] = append(regs[i], t)
		}
	}
	j, left := r.GP64(), r.GP64()
	r.XORQ(j, j)
	r.MOVQ(r.width, left)

	// turn handles k registers from j on, of which the first adds to partial result first.
	turn := func(k, first int, partial bool) {
		for u0 := 0; u0 < k; u0 += p.side {
			side := min(p.side, k-u0)
			out := r.lower(p.e, outs, env{lanes: side, scalars: p.scalars, load: func(input, lane int) reg.VecVirtual {
				at := operand.Mem{Base: p.in[input], Index: j, Scale: 1, Disp: 32 * (u0 + lane)}
				if partial {
					a := r.GP64()
					r.LEAQ(at, a)
					return r.loadTail(left, a)
				}
				t := r.YMM()
				r.VMOVUPS(at, t)
				return t
			}})
			o := len(p.stores)
			for i, a := range p.accs {
				for u := range side {
					t := regs[i][(first+u0+u)%p.lanes]
					v := out[o][u]
					w := v
					if a.kind == accFMA {
						w = out[o+1][u]
					}
					if partial {
						v, w = r.neutral(a, v, w)
					}
					switch a.kind {
					case accAdd:
						r.VADDPS(v, t, t)
					case accFMA:
						r.VFMADD231PS(v, w, t)
					case accMax:
						r.VMAXPS(v, t, t)
					}
				}
				o++
				if a.kind == accFMA {
					o++
				}
			}
			for i, s := range p.stores {
				for u := range side {
					if partial {
						at := r.GP64()
						r.LEAQ(operand.Mem{Base: s.to, Index: j, Scale: 1}, at)
						t := r.YMM()
						r.VMOVAPS(out[i][u], t)
						r.storeTail(left, t, at)
					} else {
						r.VMOVUPS(out[i][u], operand.Mem{Base: s.to, Index: j, Scale: 1, Disp: 32 * (u0 + u)})
					}
				}
			}
		}
		if !partial {
			r.ADDQ(operand.U32(32*k), j)
			r.SUBQ(operand.U32(8*k), left)
		}
	}
	end := r.label("end")
	if p.unroll > 1 {
		wide, narrow := r.label("wide"), r.label("narrow")
		r.CMPQ(left, operand.U32(8*p.unroll))
		r.JL(operand.LabelRef(narrow))
		r.Label(wide)
		turn(p.unroll, 0, false)
		r.CMPQ(left, operand.U32(8*p.unroll))
		r.JGE(operand.LabelRef(wide))
		r.Label(narrow)
	}
	if p.lanes == 1 {
		one, last := r.label("one"), r.label("last")
		r.Label(one)
		r.CMPQ(left, operand.Imm(8))
		r.JL(operand.LabelRef(last))
		turn(1, 0, false)
		r.JMP(operand.LabelRef(one))
		r.Label(last)
		r.TESTQ(left, left)
		r.JZ(operand.LabelRef(end))
		turn(1, 0, true)
	} else {
		// At most lanes−1 whole registers are left, and a part of one.
		for k := range p.lanes {
			last := r.label("last")
			if k < p.lanes-1 {
				r.CMPQ(left, operand.Imm(8))
				r.JL(operand.LabelRef(last))
				whole := r.label("whole")
				r.JMP(operand.LabelRef(whole))
				r.Label(last)
				r.TESTQ(left, left)
				r.JZ(operand.LabelRef(end))
				turn(1, k, true)
				r.JMP(operand.LabelRef(end))
				r.Label(whole)
				turn(1, k, false)
				continue
			}
			r.TESTQ(left, left)
			r.JZ(operand.LabelRef(end))
			turn(1, k, true)
		}
	}
	r.Label(end)
	var sums []reg.VecVirtual
	for i, a := range p.accs {
		t := regs[i]
		for h := p.lanes / 2; h > 0; h /= 2 {
			for l := range h {
				r.combine(a, t[l+h], t[l])
			}
		}
		sums = append(sums, t[0])
	}
	return sums
}

// runWide is run for AVX-512. The partial results are those of AVX2: of 4 registers, two of twice the width; of one,
// that one, to which the halves of a register come one after the other.
func (r *rowsGen) runWide(p phase) []reg.VecVirtual {
	outs := p.outs()
	regs := make([][]reg.VecVirtual, len(p.accs))
	for i, a := range p.accs {
		for range max(1, p.lanes/2) {
			t := r.YMM()
			if p.lanes > 1 {
				t = r.ZMM()
			}
			if a.kind == accMax {
				r.VBROADCASTSS(r.constant(0xff800000), t)
			} else {
				r.VXORPS(t, t, t)
			}
			regs[i] = append(regs[i], t)
		}
	}
	j, left := r.GP64(), r.GP64()
	r.XORQ(j, j)
	r.MOVQ(r.width, left)
	// turn handles k registers from j on, under a mask if there is one, of which the first adds to partial result
	// first.
	turn := func(k, first int, mask reg.Register) {
		at := func(p reg.GPVirtual, u int) operand.Mem {
			return operand.Mem{Base: p, Index: j, Scale: 1, Disp: 64 * u}
		}
		out := r.lower(p.e, outs, env{lanes: k, scalars: p.scalars, load: func(input, lane int) reg.VecVirtual {
			return r.loadWide(at(p.in[input], lane), mask)
		}})
		for i, s := range p.stores {
			for u := range k {
				r.storeWide(out[i][u], mask, at(s.to, u))
			}
		}
		o := len(p.stores)
		for i, a := range p.accs {
			for u := range k {
				v := []reg.VecVirtual{out[o][u]}
				if a.kind == accFMA {
					v = append(v, out[o+1][u])
				}
				if p.lanes > 1 {
					r.reduce(a, v, mask, regs[i][(first+u)%(p.lanes/2)])
				} else {
					r.reduceHalves(a, v, mask, regs[i][0])
				}
			}
			if o++; a.kind == accFMA {
				o++
			}
		}
		r.ADDQ(operand.U32(64*k), j)
		r.SUBQ(operand.U32(16*k), left)
	}
	rest, end := r.label("rest"), r.label("end")
	if k := min(2, p.unroll); k > 1 {
		wide := r.label("wide")
		r.CMPQ(left, operand.U32(16*k))
		r.JL(operand.LabelRef(rest))
		r.Label(wide)
		turn(k, 0, nil)
		r.CMPQ(left, operand.U32(16*k))
		r.JGE(operand.LabelRef(wide))
	}
	r.Label(rest)
	r.TESTQ(left, left)
	r.JLE(operand.LabelRef(end))
	if p.lanes > 1 { // less than two registers are left
		turn(1, 0, r.edge(left))
		r.TESTQ(left, left)
		r.JLE(operand.LabelRef(end))
		turn(1, 1, r.edge(left))
	} else {
		turn(1, 0, r.edge(left))
		r.JMP(operand.LabelRef(rest))
	}
	r.Label(end)
	var sums []reg.VecVirtual
	for i, a := range p.accs {
		t := regs[i][0]
		if p.lanes > 1 {
			r.combine(a, regs[i][1], t)
			t = r.halves(a, t)
		}
		sums = append(sums, t)
	}
	return sums
}

// reduce adds the lanes of a value, or of two that are multiplied, that a mask has, to partial results.
func (g *Gen) reduce(a acc, v []reg.VecVirtual, mask reg.Register, t reg.VecVirtual) {
	ops := []operand.Op{v[0], t}
	if a.kind == accFMA {
		ops = []operand.Op{v[0], v[1]}
	}
	if mask != nil {
		ops = append(ops, mask)
	}
	ops = append(ops, t)
	switch a.kind {
	case accAdd:
		g.VADDPS(ops...)
	case accFMA:
		g.VFMADD231PS(ops...)
	case accMax:
		g.VMAXPS(ops...)
	}
}

// reduceHalves adds first the lower 8 lanes of registers to partial results, and then the upper ones.
func (g *Gen) reduceHalves(a acc, v []reg.VecVirtual, mask reg.Register, t reg.VecVirtual) {
	var low, high []reg.VecVirtual
	for _, z := range v {
		l, h := g.YMM(), g.YMM()
		g.VMOVAPS(z.AsY(), l)
		g.VEXTRACTF32X8(operand.Imm(1), z, h)
		low, high = append(low, l), append(high, h)
	}
	g.reduce(a, low, mask, t)
	if mask != nil {
		upper := g.K()
		g.KSHIFTRW(operand.Imm(8), mask, upper)
		mask = upper
	}
	g.reduce(a, high, mask, t)
}

// halves combines the lower 8 lanes of a register with the upper ones.
func (g *Gen) halves(a acc, z reg.VecVirtual) reg.VecVirtual {
	l, h := g.YMM(), g.YMM()
	g.VMOVAPS(z.AsY(), l)
	g.VEXTRACTF32X8(operand.Imm(1), z, h)
	g.combine(a, h, l)
	return l
}

// neutral clears the lanes past the row's end, or makes them −∞ for a maximum.
func (r *rowsGen) neutral(a acc, v, w reg.VecVirtual) (_, _ reg.VecVirtual) {
	mask := r.YMM()
	r.VMOVUPS(r.mask, mask)
	x := r.YMM()
	if a.kind == accMax {
		low := r.YMM()
		r.VMOVUPS(r.constant(0xff800000), low)
		r.VBLENDVPS(mask, v, low, x)
		return x, x
	}
	r.VANDPS(v, mask, x)
	if a.kind != accFMA {
		return x, x
	}
	y := r.YMM()
	r.VANDPS(w, mask, y)
	return x, y
}

// combine adds src to dst, or takes the larger.
func (g *Gen) combine(a acc, src, dst reg.VecVirtual) {
	switch a.kind {
	case accMax:
		g.VMAXPS(src, dst, dst)
	default:
		g.VADDPS(src, dst, dst)
	}
}

// fold combines the eight lanes of t, the upper half with the lower until one is left, and
// leaves the result in all lanes.
func (g *Gen) fold(kind accKind, t reg.VecVirtual) {
	s := g.YMM()
	a := acc{kind: kind}
	g.VPERM2F128(operand.Imm(1), t, t, s)
	g.combine(a, s, t)
	g.VPERMILPS(operand.Imm(0x4e), t, s)
	g.combine(a, s, t)
	g.VPERMILPS(operand.Imm(0xb1), t, s)
	g.combine(a, s, t)
}

// small applies an expression to registers that are the same in all lanes.
func (g *Gen) small(scalars []operand.Mem, f func(e *Expr, in, scalars []Val) Val,
	regs ...reg.VecVirtual) reg.VecVirtual {
	wide := g.wide
	g.wide = false // the registers are those of AVX2
	defer func() { g.wide = wide }()
	e := newExpr()
	var in, sc []Val
	for range regs {
		in = append(in, e.In())
	}
	for range scalars {
		sc = append(sc, e.Scalar())
	}
	out := f(e, in, sc)
	return g.lower(e, []Val{out}, env{lanes: 1, scalars: scalars,
		load: func(input, _ int) reg.VecVirtual { return regs[input] }})[0][0]
}
