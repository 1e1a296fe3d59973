package vec

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const squaredErrorSignature = "func(n int, dy, y, t *float32, c float32, lanes *[8]float64)"

// masked emits, for AVX-512, a loop over n elements, 16 at a time under the mask that body gets, and steps the
// pointers.
func (g *Gen) masked(n reg.GPVirtual, pointers []reg.GPVirtual, body func(mask reg.Register)) {
	g.Label("loop")
	g.TESTQ(n, n)
	g.JLE(operand.LabelRef("fold"))
	body(g.edge(n))
	for _, p := range pointers {
		g.ADDQ(operand.Imm(64), p)
	}
	g.SUBQ(operand.Imm(16), n)
	g.JMP(operand.LabelRef("loop"))
	g.Label("fold")
}

// doubles calls body with the lower 8 lanes of a register as float64, and then with the upper ones.
func (g *Gen) doubles(v reg.VecVirtual, body func(half reg.VecVirtual)) {
	high := g.YMM()
	g.VEXTRACTF32X8(operand.Imm(1), v, high)
	for _, half := range []reg.Register{v.AsY(), high} {
		d := g.ZMM()
		g.VCVTPS2PD(half, d)
		body(d)
	}
}

// emitSquaredError writes
//
//	d = y − t;  dy = c·d;  the sum of d², added to 8 lanes of float64, in which the squares are exact
func emitSquaredError(g *Gen, _ int) {
	g.header("squaredError", squaredErrorSignature)
	dy := g.Load(g.Param("dy"), g.GP64()).(reg.GPVirtual)
	y := g.Load(g.Param("y"), g.GP64()).(reg.GPVirtual)
	t := g.Load(g.Param("t"), g.GP64()).(reg.GPVirtual)
	n := g.Load(g.Param("n"), g.GP64()).(reg.GPVirtual)
	a, err := g.Param("c").Resolve()
	if err != nil {
		panic(err)
	}
	if g.wide {
		lanes, c, sums := g.Load(g.Param("lanes"), g.GP64()), g.ZMM(), g.ZMM()
		g.VBROADCASTSS(a.Addr, c)
		g.VMOVUPD(operand.Mem{Base: lanes}, sums)
		g.masked(n, []reg.GPVirtual{dy, y, t}, func(mask reg.Register) {
			d, out := g.loadWide(operand.Mem{Base: y}, mask), g.ZMM()
			g.VSUBPS(g.loadWide(operand.Mem{Base: t}, mask), d, d)
			g.VMULPS(c, d, out)
			g.storeWide(out, mask, operand.Mem{Base: dy})
			g.doubles(d, func(half reg.VecVirtual) { g.VFMADD231PD(half, half, sums) })
		})
		g.VMOVUPD(sums, operand.Mem{Base: lanes})
		g.VZEROUPPER()
		g.RET()
		return
	}
	c, low, high := g.YMM(), g.YMM(), g.YMM()
	g.VBROADCASTSS(a.Addr, c)
	lanes := g.Load(g.Param("lanes"), g.GP64()).(reg.GPVirtual)
	g.VMOVUPD(operand.Mem{Base: lanes}, low)
	g.VMOVUPD(operand.Mem{Base: lanes, Disp: 32}, high)
	// add adds the squares of d to the lanes and leaves c·d in out.
	add := func(d, out reg.VecVirtual) {
		a, b, x := g.YMM(), g.YMM(), g.XMM()
		g.VMULPS(c, d, out)
		g.VCVTPS2PD(d.AsX(), a)
		g.VEXTRACTF128(operand.Imm(1), d, x)
		g.VCVTPS2PD(x, b)
		g.VFMADD231PD(a, a, low)
		g.VFMADD231PD(b, b, high)
	}
	g.Label("loop")
	g.CMPQ(n, operand.Imm(8))
	g.JL(operand.LabelRef("last"))
	d, out := g.YMM(), g.YMM()
	g.VMOVUPS(operand.Mem{Base: y}, d)
	g.VSUBPS(operand.Mem{Base: t}, d, d)
	add(d, out)
	g.VMOVUPS(out, operand.Mem{Base: dy})
	for _, p := range []reg.GPVirtual{dy, y, t} {
		g.ADDQ(operand.Imm(32), p)
	}
	g.SUBQ(operand.Imm(8), n)
	g.JMP(operand.LabelRef("loop"))

	g.Label("last")
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("fold"))
	d, out = g.YMM(), g.YMM()
	g.VSUBPS(g.loadTail(n, t), g.loadTail(n, y), d)
	add(d, out)
	g.storeTail(n, out, dy)

	g.Label("fold")
	g.VMOVUPD(low, operand.Mem{Base: lanes})
	g.VMOVUPD(high, operand.Mem{Base: lanes, Disp: 32})
	g.VZEROUPPER()
	g.RET()
}

// foldDoubles adds the upper half of 8 float64 lanes to the lower until one is left.
func (g *Gen) foldDoubles(low, high reg.VecVirtual) reg.VecVirtual {
	g.VADDPD(high, low, low)
	x, s := g.XMM(), g.XMM()
	g.VEXTRACTF128(operand.Imm(1), low, x)
	g.VADDPD(x, low.AsX(), x)
	g.VUNPCKHPD(x, x, s)
	g.VADDSD(s, x, x)
	return x
}

// A pointLoss is a loss of each output by itself: term is what is summed, and grad the gradient, which is multiplied by
// the first scalar, c.
type pointLoss struct {
	name    string
	scalars []string // beside c
	f       func(e *Expr, y, t Val, scalars []Val) (term, grad Val)
}

func (l pointLoss) signature() string {
	s := "func(n int, dy, y, t *float32, c"
	for _, name := range l.scalars {
		s += ", " + name
	}
	return s + " float32) float64"
}

// emit writes dy = c·grad and returns the sum of term, in 8 lanes of float64.
func (l pointLoss) emit(g *Gen, _ int) {
	g.header(l.name, l.signature())
	e := newExpr()
	iy, it := e.In(), e.In()
	sc := []Val{e.Scalar()}
	for range l.scalars {
		sc = append(sc, e.Scalar())
	}
	term, grad := l.f(e, iy, it, sc[1:])
	grad = e.Mul(grad, sc[0])
	scalars := []operand.Mem{g.broadcastArg("c")}
	for _, name := range l.scalars {
		scalars = append(scalars, g.broadcastArg(name))
	}
	dy := g.Load(g.Param("dy"), g.GP64()).(reg.GPVirtual)
	y := g.Load(g.Param("y"), g.GP64()).(reg.GPVirtual)
	t := g.Load(g.Param("t"), g.GP64()).(reg.GPVirtual)
	n := g.Load(g.Param("n"), g.GP64()).(reg.GPVirtual)
	if g.wide {
		sums, src := g.ZMM(), []reg.GPVirtual{y, t}
		g.VXORPD(sums, sums, sums)
		g.masked(n, []reg.GPVirtual{dy, y, t}, func(mask reg.Register) {
			r := g.lower(e, []Val{term, grad}, env{lanes: 1, scalars: scalars, load: func(input, _ int) reg.VecVirtual {
				return g.loadWide(operand.Mem{Base: src[input]}, mask)
			}})
			g.storeWide(r[1][0], mask, operand.Mem{Base: dy})
			v := g.ZMM()
			g.VMOVAPS_Z(r[0][0], mask, v)
			g.doubles(v, func(half reg.VecVirtual) { g.VADDPD(half, sums, sums) })
		})
		low, high := g.YMM(), g.YMM()
		g.VMOVAPD(sums.AsY(), low)
		g.VEXTRACTF64X4(operand.Imm(1), sums, high)
		g.Store(g.foldDoubles(low, high), g.ReturnIndex(0))
		g.VZEROUPPER()
		g.RET()
		return
	}
	low, high := g.YMM(), g.YMM()
	g.VXORPD(low, low, low)
	g.VXORPD(high, high, high)
	// run adds the terms of a register to the lanes, those of a mask if there is one, and returns the gradients.
	run := func(mask reg.VecVirtual, load func(p reg.GPVirtual) reg.VecVirtual) reg.VecVirtual {
		src := []reg.GPVirtual{y, t}
		r := g.lower(e, []Val{term, grad}, env{lanes: 1, scalars: scalars,
			load: func(input, _ int) reg.VecVirtual { return load(src[input]) }})
		v, a, b, x := r[0][0], g.YMM(), g.YMM(), g.XMM()
		if mask != nil {
			g.VANDPS(mask, v, v)
		}
		g.VCVTPS2PD(v.AsX(), a)
		g.VEXTRACTF128(operand.Imm(1), v, x)
		g.VCVTPS2PD(x, b)
		g.VADDPD(a, low, low)
		g.VADDPD(b, high, high)
		return r[1][0]
	}
	g.Label("loop")
	g.CMPQ(n, operand.Imm(8))
	g.JL(operand.LabelRef("last"))
	out := run(nil, func(p reg.GPVirtual) reg.VecVirtual {
		v := g.YMM()
		g.VMOVUPS(operand.Mem{Base: p}, v)
		return v
	})
	g.VMOVUPS(out, operand.Mem{Base: dy})
	for _, p := range []reg.GPVirtual{dy, y, t} {
		g.ADDQ(operand.Imm(32), p)
	}
	g.SUBQ(operand.Imm(8), n)
	g.JMP(operand.LabelRef("loop"))

	g.Label("last")
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("fold"))
	out = run(g.loadMask(n), func(p reg.GPVirtual) reg.VecVirtual { return g.loadTail(n, p) })
	g.storeTail(n, out, dy)

	g.Label("fold")
	g.Store(g.foldDoubles(low, high), g.ReturnIndex(0))
	g.VZEROUPPER()
	g.RET()
}

// kernel is the row of the table.
func (l pointLoss) kernel(file string) kernel {
	return kernel{l.name, file, l.signature(), l.emit, []int{1}, 0}
}

// pointLosses are the losses of single outputs beside the squared error.
var pointLosses = []kernel{
	pointLoss{"absoluteError", nil, func(e *Expr, y, t Val, _ []Val) (term, grad Val) {
		d := e.Sub(y, t)
		return e.Abs(d), e.sign(d)
	}}.kernel("absolute_error"),
	pointLoss{"huber", []string{"delta"}, func(e *Expr, y, t Val, s []Val) (term, grad Val) {
		d := e.Sub(y, t)
		k := e.Lower(s[0], e.Upper(e.Neg(s[0]), d))
		return e.Mul(k, e.Sub(d, e.Mul(e.C(0.5), k))), k
	}}.kernel("huber"),
	pointLoss{"hinge", nil, func(e *Expr, y, t Val, _ []Val) (term, grad Val) {
		side := e.Select(e.Cmp(cmpGT, t, e.C(0)), e.C(1), e.C(-1))
		m := e.Sub(e.C(1), e.Mul(side, y))
		wrong := e.Cmp(cmpNLE, m, e.C(0))
		return e.And(wrong, m), e.And(wrong, e.Neg(side))
	}}.kernel("hinge"),
	pointLoss{"binaryCrossEntropy", nil, func(e *Expr, y, t Val, _ []Val) (term, grad Val) {
		return e.Add(e.Sub(e.relu(y), e.Mul(y, t)), e.softplus(e.MinusAbs(y))), e.Sub(e.sigmoid(y), t)
	}}.kernel("binary_cross_entropy"),
}

const penaltySumsSignature = "func(n int, w *float32, abs, square *[8]float64)"

// emitPenaltySums adds Σ|w| and Σw² to 8 lanes each of float64, in which the squares are
// exact.
func emitPenaltySums(g *Gen, _ int) {
	g.header("penaltySums", penaltySumsSignature)
	w := g.Load(g.Param("w"), g.GP64()).(reg.GPVirtual)
	n := g.Load(g.Param("n"), g.GP64()).(reg.GPVirtual)
	abs := g.Load(g.Param("abs"), g.GP64()).(reg.GPVirtual)
	square := g.Load(g.Param("square"), g.GP64()).(reg.GPVirtual)
	if g.wide {
		a, s := g.ZMM(), g.ZMM()
		g.VMOVUPD(operand.Mem{Base: abs}, a)
		g.VMOVUPD(operand.Mem{Base: square}, s)
		g.masked(n, []reg.GPVirtual{w}, func(mask reg.Register) {
			v := g.loadWide(operand.Mem{Base: w}, mask)
			g.VANDPS_BCST(g.constant(signBit-1), v, v)
			g.doubles(v, func(half reg.VecVirtual) {
				g.VADDPD(half, a, a)
				g.VFMADD231PD(half, half, s)
			})
		})
		g.VMOVUPD(a, operand.Mem{Base: abs})
		g.VMOVUPD(s, operand.Mem{Base: square})
		g.VZEROUPPER()
		g.RET()
		return
	}
	var sums [4]reg.VecVirtual // |w| low and high, w² low and high
	at := []operand.Mem{{Base: abs}, {Base: abs, Disp: 32}, {Base: square}, {Base: square, Disp: 32}}
	for i := range sums {
		sums[i] = g.YMM()
		g.VMOVUPD(at[i], sums[i])
	}
	add := func(v reg.VecVirtual) {
		x := g.XMM()
		g.VANDPS(g.constant(signBit-1), v, v)
		g.VEXTRACTF128(operand.Imm(1), v, x)
		for i, half := range []reg.Register{v.AsX(), x} {
			a := g.YMM()
			g.VCVTPS2PD(half, a)
			g.VADDPD(a, sums[i], sums[i])
			g.VFMADD231PD(a, a, sums[2+i])
		}
	}
	g.Label("loop")
	g.CMPQ(n, operand.Imm(8))
	g.JL(operand.LabelRef("last"))
	v := g.YMM()
	g.VMOVUPS(operand.Mem{Base: w}, v)
	add(v)
	g.ADDQ(operand.Imm(32), w)
	g.SUBQ(operand.Imm(8), n)
	g.JMP(operand.LabelRef("loop"))
	g.Label("last")
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("fold"))
	add(g.loadTail(n, w))
	g.Label("fold")
	for i, s := range sums {
		g.VMOVUPD(s, at[i])
	}
	g.VZEROUPPER()
	g.RET()
}
