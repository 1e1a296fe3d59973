// Package dropout emits the kernel of runtime/dropout: eight blocks of Philox at a time, whose 32 words
// decide on 32 elements.
package dropout

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	asm "github.com/nngen/nngen/asm/internal/emit"
)

// The numbers of Philox 4×32-10.
const (
	rounds = 10
	mul0   = 0xD2511F53
	mul1   = 0xCD9E8D57
	key0   = 0x9E3779B9
	key1   = 0xBB67AE85
)

// The places of the fields of the struct draw, four bytes each.
const (
	stepLow = 4 * iota
	stepHigh
	stream
	seedLow
	seedHigh
	index
	threshold
	scale
)

// Emit emits the kernel.
func Emit() {
	TEXT("applySIMD", NOSPLIT, "func(y, x *float32, groups int, d *draw)")
	Doc("applySIMD works like applyGeneric, for groups of 32 elements, the first of which is word 0 of block d.index.")
	Pragma("noescape")
	y, x := Load(Param("y"), GP64()), Load(Param("x"), GP64())
	groups, d := Load(Param("groups"), GP64()), Mem{Base: Load(Param("d"), GP64())}

	Comment("Lanes hold blocks 0 2 4 6 1 3 5 7: so the words of two neighbours come to lie side by side below.")
	order := GLOBL("blocks", RODATA|NOPTR)
	for i, b := range []uint32{0, 2, 4, 6, 1, 3, 5, 7} {
		DATA(4*i, U32(b))
	}
	blocks, eight := YMM(), YMM()
	VPBROADCASTD(d.Offset(index), blocks)
	VPADDD(order, blocks, blocks)
	constant(8, eight)
	m0, m1, w0, w1 := YMM(), YMM(), YMM(), YMM()
	constant(mul0, m0)
	constant(mul1, m1)
	constant(key0, w0)
	constant(key1, w1)

	loop := asm.NewLabel("loop")
	Label(loop)
	c := [4]reg.VecVirtual{YMM(), YMM(), YMM(), YMM()}
	k0, k1 := YMM(), YMM()
	VMOVDQA(blocks, c[0])
	for i, at := range []int{stepLow, stepHigh, stream} {
		VPBROADCASTD(d.Offset(at), c[1+i])
	}
	VPBROADCASTD(d.Offset(seedLow), k0)
	VPBROADCASTD(d.Offset(seedHigh), k1)
	VPADDD(eight, blocks, blocks)
	Comment("a round: c = hi(c2·m1)^c1^k0, lo(c2·m1), hi(c0·m0)^c3^k1, lo(c0·m0)")
	left, round := GP64(), asm.NewLabel("round")
	MOVQ(U32(rounds), left)
	Label(round)
	aHigh, aLow := product(c[0], m0)
	bHigh, bLow := product(c[2], m1)
	VPXOR(c[1], bHigh, c[0])
	VPXOR(k0, c[0], c[0])
	VPXOR(c[3], aHigh, c[2])
	VPXOR(k1, c[2], c[2])
	VMOVDQA(bLow, c[1])
	VMOVDQA(aLow, c[3])
	VPADDD(w0, k0, k0)
	VPADDD(w1, k1, k1)
	DECQ(left)
	JNE(LabelRef(round))

	Comment("the four words of each block side by side, and what they keep")
	lo01, lo23, hi01, hi23 := YMM(), YMM(), YMM(), YMM()
	VPUNPCKLDQ(c[1], c[0], lo01)
	VPUNPCKLDQ(c[3], c[2], lo23)
	VPUNPCKHDQ(c[1], c[0], hi01)
	VPUNPCKHDQ(c[3], c[2], hi23)
	least, factor := YMM(), YMM()
	VPBROADCASTD(d.Offset(threshold), least)
	VBROADCASTSS(d.Offset(scale), factor)
	for i, pair := range [][2]reg.VecVirtual{{lo01, lo23}, {lo01, lo23}, {hi01, hi23}, {hi01, hi23}} {
		words, v := YMM(), YMM()
		if i%2 == 0 {
			VPUNPCKLQDQ(pair[1], pair[0], words)
		} else {
			VPUNPCKHQDQ(pair[1], pair[0], words)
		}
		VPMAXUD(words, least, v)
		VPCMPEQD(words, v, words)
		VMULPS(Mem{Base: x, Disp: 32 * i}, factor, v)
		VANDPS(words, v, v)
		VMOVUPS(v, Mem{Base: y, Disp: 32 * i})
	}
	ADDQ(Imm(128), x)
	ADDQ(Imm(128), y)
	DECQ(groups)
	JNE(LabelRef(loop))
	VZEROUPPER()
	RET()
}

// constant emits v = a number in all lanes.
func constant(n uint32, v reg.VecVirtual) {
	r := GP32()
	MOVL(U32(n), r)
	x := XMM()
	MOVD(r, x)
	VPBROADCASTD(x, v)
}

// product emits the high and low halves of x·m, lane by lane.
func product(x, m reg.VecVirtual) (high, low reg.VecVirtual) {
	high, low = YMM(), YMM()
	t := YMM()
	VPMULUDQ(m, x, low) // of lanes 0, 2, 4, 6
	VPSRLQ(Imm(32), x, t)
	VPMULUDQ(m, t, t) // of lanes 1, 3, 5, 7
	VPSRLQ(Imm(32), low, high)
	const odd = 0xAA
	VPBLENDD(Imm(odd), t, high, high)
	VPSLLQ(Imm(32), t, t)
	VPBLENDD(Imm(odd), t, low, low)
	return high, low
}
