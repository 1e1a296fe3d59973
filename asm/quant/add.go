package quant

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	asm "github.com/nngen/nngen/asm/internal/emit"
)

// emitAdd emits 8 numbers at a time. The zero of a part is within what is added to its products, and one offset does for
// both parts.
func emitAdd() {
	args := asm.ArgFunc("addSIMD", "addArgs", "",
		"addSIMD works like addGeneric for a multiple of 8 numbers above 0. It changes args.")
	a, b := factorOf(args, "multiplierA", "shiftA"), factorOf(args, "multiplierB", "shiftB")
	a.without(args, "zeroA")
	b.without(args, "zeroB")
	Comment("−2⁶² >> t of both parts")
	offset := YMM()
	VPXOR(offset, offset, offset)
	VPSUBD(a.lowSubtract(), offset, offset)
	VPSUBD(b.lowSubtract(), offset, offset)
	y := factorOf(args, "multiplier", "shift")
	Comment("zero − 2⁶² >> t")
	zero := broadcast(args, "zero")
	VPSUBD(y.lowSubtract(), zero, zero)
	lo, hi := broadcast(args, "lo"), broadcast(args, "hi")

	to, pa, pb := GP64(), GP64(), GP64()
	MOVQ(args.Field("y"), to)
	MOVQ(args.Field("a"), pa)
	MOVQ(args.Field("b"), pb)
	loop := asm.NewLabel("numbers")
	Label(loop)
	s, t, odd := YMM(), YMM(), YMM()
	VPMOVSXBD(Mem{Base: pa}, s)
	VPSLLD(Imm(sumShift), s, s)
	a.apply(s, odd)
	VPADDD(offset, s, s)
	VPMOVSXBD(Mem{Base: pb}, t)
	VPSLLD(Imm(sumShift), t, t)
	b.apply(t, odd)
	VPADDD(t, s, s)
	y.apply(s, odd)
	VPADDD(zero, s, s)
	VPMINSD(hi, s, s)
	VPMAXSD(lo, s, s)
	pack8(s)
	VMOVQ(s.AsX(), Mem{Base: to})
	for _, p := range []reg.GPVirtual{pa, pb, to} {
		ADDQ(U32(8), p)
	}
	SUBQ(U32(8), args.Field("n"))
	asm.Goto(JNZ, loop)
	VZEROUPPER()
	RET()
}

// sumShift is by how many bits both parts of a sum are shifted left.
const sumShift = 20

// factorOf loads a multiplier and a shift that are those of all lanes.
func factorOf(args asm.Args, multiplier, shift string) *lane {
	l := &lane{multiplier: broadcast(args, multiplier), shift: broadcast(args, shift)}
	atMost64(l.shift)
	l.shift64()
	return l
}

// without makes products those of numbers of which a zero is subtracted, before they are shifted left.
func (l *lane) without(args asm.Args, zero string) {
	z := broadcast(args, zero)
	VPSLLD(Imm(sumShift), z, z)
	VPMULDQ(l.multiplier, z, z)
	VPSUBQ(z, l.add, l.add)
}

// lowSubtract returns what to subtract from results in lanes of 32 bits. It is no longer in those of 64 then.
func (l *lane) lowSubtract() reg.VecVirtual {
	low := YMM()
	VPSLLQ(Imm(32), l.subtract, low)
	VPBLENDD(Imm(0xaa), low, l.subtract, low)
	return low
}

// apply multiplies 8 numbers, and shifts the products right; what is to be subtracted from them still is. It destroys odd.
func (l *lane) apply(v, odd reg.VecVirtual) {
	VPSRLQ(Imm(32), v, odd)
	for _, x := range []reg.VecVirtual{v, odd} {
		VPMULDQ(l.multiplier, x, x)
		VPADDQ(l.add, x, x)
		VPSRLVQ(l.shift, x, x)
	}
	VPSLLQ(Imm(32), odd, odd)
	VPBLENDD(Imm(0xaa), odd, v, v)
}
