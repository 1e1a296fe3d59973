// Package quant emits the kernels of runtime/quant: sums of products of 8-bit integers, and what turns them into such,
// and float32 numbers, for AVX2.
//
// Products are of numbers that were widened to 16 bits: VPMADDWD adds two of them in 32 bits, exactly, where VPMADDUBSW
// would saturate at 16. There is no row for VNNI, which would have to be tested on a processor that has it.
package quant

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	asm "github.com/nngen/nngen/asm/internal/emit"
)

// Emit emits all kernels.
func Emit() {
	emitMultiplyAdd()
	emitWiden()
	emitRescale()
	emitQuantize()
}

// panel is the number of columns of a panel of packed weights, and panelBytes what a pair of its rows takes.
const (
	panel      = 8
	panelBytes = 2 * panel
)

// emitMultiplyAdd emits the sums of four panels at a time, then of single ones. Each step multiplies a pair of numbers
// of x by the pairs of weights of 8 columns.
func emitMultiplyAdd() {
	args := asm.ArgFunc("multiplyAddAVX2", "multiplyAddArgs", "",
		"multiplyAddAVX2 works like multiplyAddGeneric for whole panels. It changes args.")
	s, w, x, step, n := GP64(), GP64(), GP64(), GP64(), GP64()
	MOVQ(args.Field("s"), s)
	MOVQ(args.Field("w"), w)
	MOVQ(args.Field("panelBytes"), step)
	MOVQ(args.Field("panels"), n)
	four, one, done := asm.NewLabel("four"), asm.NewLabel("one"), asm.NewLabel("done")
	group := func(panels int, label, next string) {
		Label(label)
		CMPQ(n, U32(uint32(panels)))
		asm.Goto(JLT, next)
		pairs, at := GP64(), GP64()
		MOVQ(args.Field("x"), x)
		MOVQ(args.Field("pairs"), pairs)
		MOVQ(w, at)
		three := GP64()
		if panels == 4 {
			LEAQ(Mem{Base: step, Index: step, Scale: 2}, three)
		}
		sums := make([]reg.VecVirtual, panels)
		for i := range sums {
			sums[i] = YMM()
			VMOVDQU(Mem{Base: s, Disp: 4 * panel * i}, sums[i])
		}
		// place of panel i, at a pair of rows from the one at hand
		place := func(i, ahead int) Mem {
			m := Mem{Base: at, Disp: panelBytes * ahead}
			switch i {
			case 1:
				m.Index, m.Scale = step, 1
			case 2:
				m.Index, m.Scale = step, 2
			case 3:
				m.Index, m.Scale = three, 1
			}
			return m
		}
		steps := func(count int) {
			for ahead := range count {
				pair, v := YMM(), YMM()
				VPBROADCASTD(Mem{Base: x, Disp: 4 * ahead}, pair)
				for i := range sums {
					Commentf("s[%d…] += x[0]·w[0] + x[1]·w[1]", panel*i)
					VPMOVSXBW(place(i, ahead), v)
					VPMADDWD(pair, v, v)
					VPADDD(v, sums[i], sums[i])
				}
			}
			ADDQ(U32(uint32(4*count)), x)
			ADDQ(U32(uint32(panelBytes*count)), at)
			SUBQ(U32(uint32(count)), pairs)
		}
		unrolled, rest, stored := asm.NewLabel("unrolled"), asm.NewLabel("rest"), asm.NewLabel("stored")
		Label(unrolled)
		CMPQ(pairs, U32(2))
		asm.Goto(JLT, rest)
		steps(2)
		asm.Goto(JMP, unrolled)
		Label(rest)
		TESTQ(pairs, pairs)
		asm.Goto(JZ, stored)
		steps(1)
		Label(stored)
		for i := range sums {
			VMOVDQU(sums[i], Mem{Base: s, Disp: 4 * panel * i})
		}
		ADDQ(U32(uint32(4*panel*panels)), s)
		for range panels {
			ADDQ(step, w)
		}
		SUBQ(U32(uint32(panels)), n)
		asm.Goto(JMP, label)
	}
	group(4, four, one)
	group(1, one, done)
	Label(done)
	VZEROUPPER()
	RET()
}

// emitWiden emits 16 numbers at a time.
func emitWiden() {
	TEXT("widenAVX2", 4, "func(y *int16, x *int8, n int)")
	Pragma("noescape")
	Doc("widenAVX2 works like widenGeneric for n numbers, a multiple of 16 above 0.")
	y, x, n := Load(Param("y"), GP64()), Load(Param("x"), GP64()), Load(Param("n"), GP64())
	loop, v := asm.NewLabel("widen"), YMM()
	Label(loop)
	VPMOVSXBW(Mem{Base: x}, v)
	VMOVDQU(v, Mem{Base: y})
	ADDQ(U32(16), x)
	ADDQ(U32(32), y)
	SUBQ(U32(16), n)
	asm.Goto(JNZ, loop)
	VZEROUPPER()
	RET()
}

// broadcast loads a field of args into all lanes.
func broadcast(args asm.Args, field string) reg.VecVirtual {
	v := YMM()
	VPBROADCASTD(args.Field(field), v)
	return v
}

// emitRescale emits 8 sums at a time. Those of even and of odd lanes are multiplied apart, since products have 64 bits.
func emitRescale() {
	args := asm.ArgFunc("rescaleAVX2", "rescaleArgs", "",
		"rescaleAVX2 works like rescaleGeneric for a multiple of 8 channels above 0. It changes args.")
	y, s, m, t, n := GP64(), GP64(), GP64(), GP64(), GP64()
	MOVQ(args.Field("y"), y)
	MOVQ(args.Field("s"), s)
	MOVQ(args.Field("m"), m)
	MOVQ(args.Field("t"), t)
	MOVQ(args.Field("n"), n)
	zero, lo, hi := broadcast(args, "zero"), broadcast(args, "lo"), broadcast(args, "hi")
	one, offset := YMM(), YMM()
	VPCMPEQD(one, one, one)
	VPSRLQ(Imm(63), one, one)
	VPSLLQ(Imm(62), one, offset)
	// half returns, in the low half of each 64 bits, the results for the lanes that are there.
	half := func(s, m, t reg.VecVirtual) reg.VecVirtual {
		v, u := YMM(), YMM()
		Comment("v = s·m + 2⁶² + 2ᵗ⁻¹, then v >> t − 2⁶² >> t")
		VPMULDQ(m, s, v)
		VPADDQ(offset, v, v)
		VPSUBQ(one, t, u)
		VPSLLVQ(u, one, u)
		VPADDQ(u, v, v)
		VPSRLVQ(t, v, v)
		VPSRLVQ(t, offset, u)
		VPSUBQ(u, v, v)
		return v
	}
	loop := asm.NewLabel("channels")
	Label(loop)
	sv, mv, tv := YMM(), YMM(), YMM()
	VMOVDQU(Mem{Base: s}, sv)
	VMOVDQU(Mem{Base: m}, mv)
	VMOVDQU(Mem{Base: t}, tv)
	te, mask := YMM(), YMM()
	VPCMPEQD(mask, mask, mask)
	VPSRLQ(Imm(32), mask, mask)
	VPAND(mask, tv, te)
	even := half(sv, mv, te)
	VPSRLQ(Imm(32), sv, sv)
	VPSRLQ(Imm(32), mv, mv)
	VPSRLQ(Imm(32), tv, tv)
	odd := half(sv, mv, tv)
	VPSLLQ(Imm(32), odd, odd)
	r := YMM()
	VPBLENDD(Imm(0xaa), odd, even, r)
	VPADDD(zero, r, r)
	VPMINSD(hi, r, r)
	VPMAXSD(lo, r, r)
	store8(r, Mem{Base: y})
	ADDQ(U32(8), y)
	for _, p := range []reg.GPVirtual{s, m, t} {
		ADDQ(U32(32), p)
	}
	SUBQ(U32(8), n)
	asm.Goto(JNZ, loop)
	VZEROUPPER()
	RET()
}

// store8 stores 8 numbers of 32 bits, from −128 to 127, as bytes.
func store8(v reg.VecVirtual, to Mem) {
	high := XMM()
	VEXTRACTI128(Imm(1), v, high)
	VPACKSSDW(high, v.AsX(), v.AsX())
	VPACKSSWB(v.AsX(), v.AsX(), v.AsX())
	VMOVQ(v.AsX(), to)
}

// emitQuantize emits 8 numbers at a time.
func emitQuantize() {
	args := asm.ArgFunc("quantizeAVX2", "quantizeArgs", "",
		"quantizeAVX2 works like quantizeGeneric for a multiple of 8 numbers above 0. It changes args.")
	y, x, n := GP64(), GP64(), GP64()
	MOVQ(args.Field("y"), y)
	MOVQ(args.Field("x"), x)
	MOVQ(args.Field("n"), n)
	scale, far, near, zero := broadcast(args, "scale"), broadcast(args, "far"),
		broadcast(args, "near"), broadcast(args, "zero")
	lo, hi := broadcast(args, "lo"), broadcast(args, "hi")
	loop, v := asm.NewLabel("numbers"), YMM()
	Label(loop)
	VMOVUPS(Mem{Base: x}, v)
	VDIVPS(scale, v, v)
	Comment("the least where x is NaN")
	VMAXPS(near, v, v)
	VMINPS(far, v, v)
	Comment("rounded to even")
	VCVTPS2DQ(v, v)
	VPADDD(zero, v, v)
	VPMINSD(hi, v, v)
	VPMAXSD(lo, v, v)
	store8(v, Mem{Base: y})
	ADDQ(U32(8), y)
	ADDQ(U32(32), x)
	SUBQ(U32(8), n)
	asm.Goto(JNZ, loop)
	VZEROUPPER()
	RET()
}
