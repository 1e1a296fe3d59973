package vec

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const squaredErrorSignature = "func(n int, dy, y, t *float32, c float32) float64"

// emitSquaredError writes
//
//	d = y − t;  dy = c·d;  the sum of d² in 8 lanes of float64, in which the squares are exact
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
	c, low, high := g.YMM(), g.YMM(), g.YMM()
	g.VBROADCASTSS(a.Addr, c)
	g.VXORPD(low, low, low)
	g.VXORPD(high, high, high)
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
	g.Store(g.foldDoubles(low, high), g.ReturnIndex(0))
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

const penaltySumsSignature = "func(n int, w *float32) (abs, square float64)"

// emitPenaltySums writes Σ|w| and Σw², each in 8 lanes of float64, in which the squares are
// exact.
func emitPenaltySums(g *Gen, _ int) {
	g.header("penaltySums", penaltySumsSignature)
	w := g.Load(g.Param("w"), g.GP64()).(reg.GPVirtual)
	n := g.Load(g.Param("n"), g.GP64()).(reg.GPVirtual)
	var sums [4]reg.VecVirtual // |w| low and high, w² low and high
	for i := range sums {
		sums[i] = g.YMM()
		g.VXORPD(sums[i], sums[i], sums[i])
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
	g.Store(g.foldDoubles(sums[0], sums[1]), g.Return("abs"))
	g.Store(g.foldDoubles(sums[2], sums[3]), g.Return("square"))
	g.VZEROUPPER()
	g.RET()
}
