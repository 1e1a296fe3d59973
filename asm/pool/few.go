package pool

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/emit"
)

// EmitFew emits the kernel for AVX-512 of squares side by side with few channels: a register holds some windows. Those
// of a row of x are two registers, the elements of which that are in the same place of their windows are taken by their
// numbers:
//
//	left[l]  = x[l + channels·⌊l/channels⌋], right[l] = x[l + channels·⌊l/channels⌋ + channels]
func EmitFew() {
	args := emit.ArgFunc("maxFewAVX512", "maxArgs", "",
		"maxFewAVX512 works like maxGeneric on rows of windows of 2×2 side by side, "+
			"of which args.few have 16 channels at most,",
		"but that y is undefined where it sets args.nan to other than 0: there is a NaN.")
	x, y, rows, down, step := GP64(), GP64(), GP64(), GP64(), GP64()
	MOVQ(args.Field("taps"), down)
	MOVQ(Mem{Base: down, Disp: 16}, down)
	MOVQ(args.Field("x"), x)
	MOVQ(args.Field("y"), y)
	MOVQ(args.Field("rows"), rows)
	few, channels := GP64(), GP64()
	MOVQ(args.Field("few"), few)
	MOVQ(args.Field("channels"), channels)

	Comment("the numbers of left and right")
	lanes := GLOBL("lanes", 8|16) // RODATA|NOPTR
	for i := range 16 {
		DATA(4*i, U32(uint32(i)))
	}
	half := GLOBL("half", 8|16)
	DATA(0, U32(math.Float32bits(0.5)))
	left, right, c, q := ZMM(), ZMM(), ZMM(), ZMM()
	VMOVDQU32(lanes, left)
	n := GP64()
	MOVQ(channels, n)
	SHRQ(Imm(2), n)
	VPBROADCASTD(n.As32(), c)
	VCVTDQ2PS(left, q)
	VADDPS_BCST(half, q, q)
	t := ZMM()
	VCVTDQ2PS(c, t)
	VDIVPS(t, q, q)
	VCVTTPS2DQ(q, q)
	VPMULLD(c, q, q)
	VPADDD(q, left, left)
	VPADDD(c, left, right)

	nan, high, out := K(), K(), K()
	KXORW(nan, nan, nan)
	width := GP64() // bytes of the windows of a register in y; twice as many in x
	MOVQ(few, width)
	IMULQ(channels, width)
	MOVQ(args.Field("step"), step)
	IMULQ(few, step)

	mask := func(bytes reg.GPVirtual, less int, k reg.OpmaskVirtual) {
		bits, none, all := GP64(), GP64(), GP64()
		MOVQ(bytes, bits)
		SHRQ(Imm(2), bits)
		XORQ(none, none)
		MOVQ(I32(-1), all)
		SUBQ(Imm(uint64(less)), bits)
		CMOVQLT(none, bits)
		BZHIQ(bits, all, all)
		KMOVW(all.As32(), k)
	}
	twice := func(bytes reg.GPVirtual) reg.GPVirtual {
		two := GP64()
		LEAQ(Mem{Base: bytes, Index: bytes, Scale: 1}, two)
		return two
	}
	windows := func(low reg.Register) {
		at := GP64()
		LEAQ(Mem{Base: x, Index: down, Scale: 1}, at)
		var e [square]reg.VecVirtual
		for i, from := range []reg.GPVirtual{x, at} {
			a, b := ZMM(), ZMM()
			if low == nil {
				VMOVUPS(Mem{Base: from}, a)
			} else {
				VMOVUPS_Z(Mem{Base: from}, low, a)
			}
			VMOVUPS_Z(Mem{Base: from, Disp: 64}, high, b)
			e[2*i], e[2*i+1] = ZMM(), a
			VMOVAPS(a, e[2*i])
			VPERMT2PS(b, left, e[2*i])
			VPERMT2PS(b, right, a)
			k := K()
			VCMPPS(Imm(unordered), e[2*i+1], e[2*i], out, k)
			KORW(k, nan, nan)
		}
		VMAXPS(e[1], e[0], e[0])
		VMAXPS(e[2], e[0], e[0])
		VMAXPS(e[3], e[0], e[0])
		VMOVUPS(e[0], out, Mem{Base: y})
	}

	Label("few_row")
	leftOver := GP64()
	MOVQ(args.Field("pixels"), leftOver)
	SUBQ(few, leftOver)
	emit.Goto(JLT, "few_rest")
	mask(twice(width), 16, high)
	mask(width, 0, out)
	Label("few_windows")
	windows(nil)
	ADDQ(step, x)
	ADDQ(width, y)
	SUBQ(few, leftOver)
	emit.Goto(JGE, "few_windows")
	Label("few_rest")
	ADDQ(few, leftOver)
	emit.Goto(JZ, "few_next")
	Comment("windows that fill no register")
	some, low := GP64(), K()
	MOVQ(leftOver, some)
	IMULQ(channels, some)
	mask(twice(some), 0, low)
	mask(twice(some), 16, high)
	mask(some, 0, out)
	windows(low)
	ADDQ(some, y)
	IMULQ(args.Field("step"), leftOver)
	ADDQ(leftOver, x)
	Label("few_next")
	ADDQ(args.Field("row"), x)
	DECQ(rows)
	emit.Goto(JNZ, "few_row")
	found := GP64()
	KMOVW(nan, found.As32())
	MOVQ(found, args.Field("nan"))
	VZEROUPPER()
	RET()
}
