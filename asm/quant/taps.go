package quant

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"

	asm "github.com/nngen/nngen/asm/internal/emit"
)

// emitTaps emits 8 channels at a time. Lanes of 32 bits hold one number each: with the sign of the weight cut off from
// the high half, VPMADDWD adds nothing to the product of the low ones.
func emitTaps() {
	args := asm.ArgFunc("tapsSIMD", "tapsArgs", "",
		"tapsSIMD works like tapsGeneric for a multiple of 8 channels above 0. It changes args.")
	asm.Positive(args, "channels", "rows", "cols")
	low := YMM()
	Comment("the low halves of all lanes")
	VPCMPEQD(low, low, low)
	VPSRLD(Imm(16), low, low)
	xCol, wCol := GP64(), GP64()
	MOVQ(args.Field("xCol"), xCol)
	MOVQ(args.Field("wCol"), wCol)
	channels, row, col := asm.NewLabel("channels"), asm.NewLabel("row"), asm.NewLabel("col")
	Label(channels)
	s, x, w := pointer(args, "s", "at", 4), pointer(args, "x", "at", 1), pointer(args, "w", "at", 1)
	rows, sum := counter(args, "rows"), YMM()
	VMOVDQU(Mem{Base: s}, sum)
	Label(row)
	p, q, cols := GP64(), GP64(), counter(args, "cols")
	MOVQ(x, p)
	MOVQ(w, q)
	Label(col)
	v, u := YMM(), YMM()
	VPMOVSXBD(Mem{Base: p}, v)
	VPMOVSXBD(Mem{Base: q}, u)
	VPAND(low, u, u)
	VPMADDWD(u, v, v)
	VPADDD(v, sum, sum)
	ADDQ(xCol, p)
	ADDQ(wCol, q)
	SUBQ(U32(1), cols)
	asm.Goto(JNZ, col)
	ADDQ(args.Field("xRow"), x)
	ADDQ(args.Field("wRow"), w)
	SUBQ(U32(1), rows)
	asm.Goto(JNZ, row)
	VMOVDQU(sum, Mem{Base: s})
	ADDQ(U32(8), args.Field("at"))
	SUBQ(U32(8), args.Field("channels"))
	asm.Goto(JNZ, channels)
	VZEROUPPER()
	RET()
}
