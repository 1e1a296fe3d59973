package quant

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	asm "github.com/nngen/nngen/asm/internal/emit"
)

// emitTaps emits 8 channels at a time: of four pixels, for which each weight is read once, then of single ones. Lanes of
// 32 bits hold one number each: with the sign of the weight cut off from the high half, VPMADDWD adds nothing to the
// product of the low ones.
func emitTaps() {
	args := asm.ArgFunc("tapsSIMD", "tapsArgs", "",
		"tapsSIMD works like taps.sums for a multiple of 8 channels above 0. It changes args.")
	asm.Positive(args, "channels", "pixels", "rows", "cols")
	t := tapsGen{Args: args, low: YMM(), xCol: GP64(), wCol: GP64(), step: GP64()}
	Comment("the low halves of all lanes")
	VPCMPEQD(t.low, t.low, t.low)
	VPSRLD(Imm(16), t.low, t.low)
	MOVQ(args.Field("xCol"), t.xCol)
	MOVQ(args.Field("wCol"), t.wCol)
	MOVQ(args.Field("xPixel"), t.step)
	channels, done := asm.NewLabel("channels"), asm.NewLabel("done")
	Label(channels)
	s, x, start := pointer(args, "s", "at", 4), pointer(args, "x", "at", 1), YMM()
	VMOVDQU(Mem{Base: pointer(args, "start", "at", 4)}, start)
	pixels := counter(args, "pixels")
	for _, count := range []int{4, 1} {
		loop, fewer := asm.NewLabel("pixels"), asm.NewLabel("fewer")
		Label(loop)
		CMPQ(pixels, U32(uint32(count)))
		asm.Goto(JLT, fewer)
		for _, sum := range t.sums(x, start, count) {
			VMOVDQU(sum, Mem{Base: s})
			ADDQ(args.Field("sRow"), s)
			ADDQ(t.step, x)
		}
		SUBQ(U32(uint32(count)), pixels)
		asm.Goto(JZ, done)
		asm.Goto(JMP, loop)
		Label(fewer)
	}
	Label(done)
	ADDQ(U32(8), args.Field("at"))
	SUBQ(U32(8), args.Field("channels"))
	asm.Goto(JNZ, channels)
	VZEROUPPER()
	RET()
}

// tapsGen writes the kernel of taps.
type tapsGen struct {
	asm.Args
	low              reg.VecVirtual
	xCol, wCol, step reg.GPVirtual
}

// sums emits those of 8 channels of some pixels, from x on.
func (t *tapsGen) sums(x reg.GPVirtual, start reg.VecVirtual, pixels int) (sums []reg.VecVirtual) {
	for range pixels {
		sum := YMM()
		VMOVDQA(start, sum)
		sums = append(sums, sum)
	}
	places := multiplesOf(t.step, pixels)
	xRow, w, rows := GP64(), pointer(t.Args, "w", "at", 1), counter(t.Args, "rows")
	MOVQ(x, xRow)
	row, col := asm.NewLabel("row"), asm.NewLabel("col")
	Label(row)
	p, q, cols := GP64(), GP64(), counter(t.Args, "cols")
	MOVQ(xRow, p)
	MOVQ(w, q)
	Label(col)
	weight, v := YMM(), YMM()
	VPMOVSXBD(Mem{Base: q}, weight)
	VPAND(t.low, weight, weight)
	for i, sum := range sums {
		VPMOVSXBD(places.row(p, i), v)
		VPMADDWD(weight, v, v)
		VPADDD(v, sum, sum)
	}
	ADDQ(t.xCol, p)
	ADDQ(t.wCol, q)
	SUBQ(U32(1), cols)
	asm.Goto(JNZ, col)
	ADDQ(t.Field("xRow"), xRow)
	ADDQ(t.Field("wRow"), w)
	SUBQ(U32(1), rows)
	asm.Goto(JNZ, row)
	return sums
}
