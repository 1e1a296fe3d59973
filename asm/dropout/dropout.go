// Package dropout emits the kernel of runtime/dropout: eight blocks of Philox at a time, whose 32 words
// decide on 32 elements; with AVX-512 sixteen blocks.
package dropout

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/emit"
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
	emit.ToWide()
	apply(false)
	emit.Wide(func() { apply(true) })
}

// apply emits a part of the kernel: for AVX-512, with two groups at a time, if wide.
func apply(wide bool) {
	p := part{wide: wide}
	if wide {
		odd := GP32()
		p.odd = K()
		MOVL(U32(0xAAAA), odd)
		KMOVW(odd, p.odd)
	}
	y, x := Load(Param("y"), GP64()), Load(Param("x"), GP64())
	groups, d := Load(Param("groups"), GP64()), Mem{Base: Load(Param("d"), GP64())}

	Comment("Lanes hold blocks in an order by which the words of neighbours come to lie side by side below.")
	name, numbers := "blocks", []uint32{0, 2, 4, 6, 1, 3, 5, 7}
	if wide {
		name, numbers = "wideBlocks", []uint32{0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15}
	}
	order := GLOBL(name, RODATA|NOPTR)
	for i, b := range numbers {
		DATA(4*i, U32(b))
	}
	blocks, step := p.vec(), p.vec()
	VPBROADCASTD(d.Offset(index), blocks)
	VPADDD(order, blocks, blocks)
	constant(uint32(len(numbers)), step)
	m0, m1, w0, w1 := p.vec(), p.vec(), p.vec(), p.vec()
	constant(mul0, m0)
	constant(mul1, m1)
	constant(key0, w0)
	constant(key1, w1)

	loop, end := emit.NewLabel("loop"), emit.NewLabel("end")
	Label(loop)
	c := [4]reg.VecVirtual{p.vec(), p.vec(), p.vec(), p.vec()}
	k0, k1 := p.vec(), p.vec()
	p.move(blocks, c[0])
	for i, at := range []int{stepLow, stepHigh, stream} {
		VPBROADCASTD(d.Offset(at), c[1+i])
	}
	VPBROADCASTD(d.Offset(seedLow), k0)
	VPBROADCASTD(d.Offset(seedHigh), k1)
	VPADDD(step, blocks, blocks)
	Comment("a round: c = hi(c2·m1)^c1^k0, lo(c2·m1), hi(c0·m0)^c3^k1, lo(c0·m0)")
	left, round := GP64(), emit.NewLabel("round")
	MOVQ(U32(rounds), left)
	Label(round)
	aHigh, aLow := p.product(c[0], m0)
	bHigh, bLow := p.product(c[2], m1)
	p.xor(c[1], bHigh, c[0])
	p.xor(k0, c[0], c[0])
	p.xor(c[3], aHigh, c[2])
	p.xor(k1, c[2], c[2])
	p.move(bLow, c[1])
	p.move(aLow, c[3])
	VPADDD(w0, k0, k0)
	VPADDD(w1, k1, k1)
	DECQ(left)
	JNE(LabelRef(round))

	Comment("the four words of each block side by side, and what they keep")
	lo01, lo23, hi01, hi23 := p.vec(), p.vec(), p.vec(), p.vec()
	VPUNPCKLDQ(c[1], c[0], lo01)
	VPUNPCKLDQ(c[3], c[2], lo23)
	VPUNPCKHDQ(c[1], c[0], hi01)
	VPUNPCKHDQ(c[3], c[2], hi23)
	least, factor := p.vec(), p.vec()
	VPBROADCASTD(d.Offset(threshold), least)
	VBROADCASTSS(d.Offset(scale), factor)
	for i, pair := range [][2]reg.VecVirtual{{lo01, lo23}, {lo01, lo23}, {hi01, hi23}, {hi01, hi23}} {
		words, v := p.vec(), p.vec()
		at := int(v.Size()) * i
		if i%2 == 0 {
			VPUNPCKLQDQ(pair[1], pair[0], words)
		} else {
			VPUNPCKHQDQ(pair[1], pair[0], words)
		}
		if wide {
			if i == 2 {
				Comment("the second group")
				CMPQ(groups, Imm(1))
				JE(LabelRef(end))
			}
			const notLess = 5
			kept := K()
			VPCMPUD(Imm(notLess), least, words, kept)
			VMULPS_Z(Mem{Base: x, Disp: at}, factor, kept, v)
		} else {
			VPMAXUD(words, least, v)
			VPCMPEQD(words, v, words)
			VMULPS(Mem{Base: x, Disp: at}, factor, v)
			VANDPS(words, v, v)
		}
		VMOVUPS(v, Mem{Base: y, Disp: at})
	}
	bytes := U32(4 * blocks.Size())
	ADDQ(bytes, x)
	ADDQ(bytes, y)
	if wide {
		SUBQ(Imm(2), groups)
	} else {
		DECQ(groups)
	}
	JNE(LabelRef(loop))
	Label(end)
	VZEROUPPER()
	RET()
}

// A part is one of the kernel, for AVX2 or AVX-512, whose instructions on integers have names of their own.
type part struct {
	wide bool
	odd  reg.OpmaskVirtual // of AVX-512: each second lane
}

func (p part) vec() reg.VecVirtual {
	if p.wide {
		return ZMM()
	}
	return YMM()
}

func (p part) move(from, to reg.VecVirtual) {
	if p.wide {
		VMOVDQA32(from, to)
	} else {
		VMOVDQA(from, to)
	}
}

func (p part) xor(a, b, to reg.VecVirtual) {
	if p.wide {
		VPXORD(a, b, to)
	} else {
		VPXOR(a, b, to)
	}
}

// constant emits v = a number in all lanes.
func constant(n uint32, v reg.VecVirtual) {
	r := GP32()
	MOVL(U32(n), r)
	if v.Size() == 64 {
		VPBROADCASTD(r, v)
		return
	}
	x := XMM()
	MOVD(r, x)
	VPBROADCASTD(x, v)
}

// product emits the high and low halves of x·m, lane by lane.
func (p part) product(x, m reg.VecVirtual) (high, low reg.VecVirtual) {
	high, low = p.vec(), p.vec()
	t := p.vec()
	VPMULUDQ(m, x, low) // of lanes 0, 2, 4, …
	VPSRLQ(Imm(32), x, t)
	VPMULUDQ(m, t, t) // of lanes 1, 3, 5, …
	VPSRLQ(Imm(32), low, high)
	if p.wide {
		VPBLENDMD(t, high, p.odd, high)
		VPSLLQ(Imm(32), t, t)
		VPBLENDMD(t, low, p.odd, low)
		return high, low
	}
	const odd = 0xAA
	VPBLENDD(Imm(odd), t, high, high)
	VPSLLQ(Imm(32), t, t)
	VPBLENDD(Imm(odd), t, low, low)
	return high, low
}
