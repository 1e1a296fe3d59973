package neon

import (
	"bytes"
	"fmt"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An encoding is a word that Go's assembler does not write, with what a disassembler says of it.
type encoding struct {
	word uint32
	name string
}

// lanewise are the instructions that treat each of the halves of their operands alike: (source 2, source 1, result).
var lanewise = map[string]encoding{
	"VADDPS":  {0x4e20d400, "FADD V{0}.4S, V{1}.4S, V{2}.4S"},
	"VSUBPS":  {0x4ea0d400, "FSUB V{0}.4S, V{1}.4S, V{2}.4S"},
	"VMULPS":  {0x6e20dc00, "FMUL V{0}.4S, V{1}.4S, V{2}.4S"},
	"VDIVPS":  {0x6e20fc00, "FDIV V{0}.4S, V{1}.4S, V{2}.4S"},
	"VADDPD":  {0x4e60d400, "FADD V{0}.2D, V{1}.2D, V{2}.2D"},
	"VPMINSD": {0x4ea06c00, "SMIN V{0}.4S, V{1}.4S, V{2}.4S"},
	"VPMAXSD": {0x4ea06400, "SMAX V{0}.4S, V{1}.4S, V{2}.4S"},
	"VPMINUD": {0x6ea06c00, "UMIN V{0}.4S, V{1}.4S, V{2}.4S"},
	"VPMAXSB": {0x4e206400, "SMAX V{0}.16B, V{1}.16B, V{2}.16B"},
	"VPMULLD": {0x4ea09c00, "MUL V{0}.4S, V{1}.4S, V{2}.4S"},
	// Shifts to the left read a count of 8 bits, with a sign: those of the emitters are from −1 to 63, and 2⁶⁴−1, like
	// −1, leaves nothing of the numbers that they shift, 1.
	"VPSLLVQ": {0x6ee04400, "USHL V{0}.2D, V{1}.2D, V{2}.2D"},
	"VPSLLVD": {0x6ea04400, "USHL V{0}.4S, V{1}.4S, V{2}.4S"},
	// Those that the assembler writes have no word, and the order of its operands.
	"VANDPS":      {0, "VAND V{2}.B16, V{1}.B16, V{0}.B16"},
	"VPAND":       {0, "VAND V{2}.B16, V{1}.B16, V{0}.B16"},
	"VORPS":       {0, "VORR V{2}.B16, V{1}.B16, V{0}.B16"},
	"VXORPS":      {0, "VEOR V{2}.B16, V{1}.B16, V{0}.B16"},
	"VXORPD":      {0, "VEOR V{2}.B16, V{1}.B16, V{0}.B16"},
	"VPXOR":       {0, "VEOR V{2}.B16, V{1}.B16, V{0}.B16"},
	"VPADDD":      {0, "VADD V{2}.S4, V{1}.S4, V{0}.S4"},
	"VPADDQ":      {0, "VADD V{2}.D2, V{1}.D2, V{0}.D2"},
	"VPSUBQ":      {0, "VSUB V{2}.D2, V{1}.D2, V{0}.D2"},
	"VPSUBD":      {0, "VSUB V{2}.S4, V{1}.S4, V{0}.S4"},
	"VPMAXUD":     {0, "VUMAX V{2}.S4, V{1}.S4, V{0}.S4"},
	"VPCMPEQD":    {0, "VCMEQ V{2}.S4, V{1}.S4, V{0}.S4"},
	"VUNPCKLPS":   {0, "VZIP1 V{2}.S4, V{1}.S4, V{0}.S4"},
	"VUNPCKHPS":   {0, "VZIP2 V{2}.S4, V{1}.S4, V{0}.S4"},
	"VPUNPCKLWD":  {0, "VZIP1 V{2}.H8, V{1}.H8, V{0}.H8"},
	"VPUNPCKHWD":  {0, "VZIP2 V{2}.H8, V{1}.H8, V{0}.H8"},
	"VPUNPCKLDQ":  {0, "VZIP1 V{2}.S4, V{1}.S4, V{0}.S4"},
	"VPUNPCKHDQ":  {0, "VZIP2 V{2}.S4, V{1}.S4, V{0}.S4"},
	"VUNPCKLPD":   {0, "VZIP1 V{2}.D2, V{1}.D2, V{0}.D2"},
	"VUNPCKHPD":   {0, "VZIP2 V{2}.D2, V{1}.D2, V{0}.D2"},
	"VPUNPCKLQDQ": {0, "VZIP1 V{2}.D2, V{1}.D2, V{0}.D2"},
	"VPUNPCKHQDQ": {0, "VZIP2 V{2}.D2, V{1}.D2, V{0}.D2"},
	"VMOVLHPS":    {0, "VZIP1 V{2}.D2, V{1}.D2, V{0}.D2"},
	"VMOVHLPS":    {0, "VZIP2 V{1}.D2, V{2}.D2, V{0}.D2"},
}

// permutations are those of four lanes by VPERMILPS, and shuffles those of VSHUFPS, whose sources are the first and the
// second.
var (
	permutations = map[int64]string{
		0x00: "VDUP V{1}.S[0], V{0}.S4",
		0x55: "VDUP V{1}.S[1], V{0}.S4",
		0xaa: "VDUP V{1}.S[2], V{0}.S4",
		0xff: "VDUP V{1}.S[3], V{0}.S4",
		0x4e: "VEXT $8, V{1}.B16, V{1}.B16, V{0}.B16",
		0xb1: "VREV64 V{1}.S4, V{0}.S4",
	}
	shuffles = map[int64]string{
		0x88: "VUZP1 V{2}.S4, V{1}.S4, V{0}.S4",
		0xdd: "VUZP2 V{2}.S4, V{1}.S4, V{0}.S4",
	}
)

var (
	bic   = encoding{0x4e601c00, "BIC V{0}.16B, V{1}.16B, V{2}.16B"}
	not   = encoding{0x6e205800, "MVN V{0}.16B, V{1}.16B"}
	neg   = encoding{0x6ea0f800, "FNEG V{0}.4S, V{1}.4S"}
	sqrt  = encoding{0x6ea1f800, "FSQRT V{0}.4S, V{1}.4S"}
	scvtf = encoding{0x4e21d800, "SCVTF V{0}.4S, V{1}.4S"}
	fcvtl = [2]encoding{{0x0e617800, "FCVTL V{0}.2D, V{1}.2S"}, {0x4e617800, "FCVTL2 V{0}.2D, V{1}.4S"}}
	umull = encoding{0x2ea0c000, "UMULL V{0}.2D, V{1}.2S, V{2}.2S"}
	smull = encoding{0x0ea0c000, "SMULL V{0}.2D, V{1}.2S, V{2}.2S"}
	// The low and the high halves of a register.
	smullH = [2]encoding{{0x0e60c000, "SMULL V{0}.4S, V{1}.4H, V{2}.4H"}, {0x4e60c000, "SMULL2 V{0}.4S, V{1}.8H, V{2}.8H"}}
	sxtlB  = encoding{0x0f08a400, "SXTL V{0}.8H, V{1}.8B"}
	sxtlH  = [2]encoding{{0x0f10a400, "SXTL V{0}.4S, V{1}.4H"}, {0x4f10a400, "SXTL2 V{0}.4S, V{1}.8H"}}
	uxtlH  = [2]encoding{{0, "VUXTL V{1}.H4, V{0}.S4"}, {0, "VUXTL2 V{1}.H8, V{0}.S4"}}
	fcvtlH = [2]encoding{{0x0e217800, "FCVTL V{0}.4S, V{1}.4H"}, {0x4e217800, "FCVTL2 V{0}.4S, V{1}.8H"}}
	narrow = map[string][2]encoding{
		"VPACKSSDW": {{0x0e614800, "SQXTN V{0}.4H, V{1}.4S"}, {0x4e614800, "SQXTN2 V{0}.8H, V{1}.4S"}},
		"VPACKSSWB": {{0x0e214800, "SQXTN V{0}.8B, V{1}.8H"}, {0x4e214800, "SQXTN2 V{0}.16B, V{1}.8H"}},
	}
	negD   = encoding{0x6ee0b800, "NEG V{0}.2D, V{1}.2D"}
	negS   = encoding{0x6ea0b800, "NEG V{0}.4S, V{1}.4S"}
	ushl   = encoding{0x6ee04400, "USHL V{0}.2D, V{1}.2D, V{2}.2D"}
	sshl   = encoding{0x4ea04400, "SSHL V{0}.4S, V{1}.4S, V{2}.4S"}
	fcvtns = encoding{0x4e21a800, "FCVTNS V{0}.4S, V{1}.4S"}
	cmeq   = encoding{0x4e20e400, "FCMEQ V{0}.4S, V{1}.4S, V{2}.4S"}
	cmge   = encoding{0x6e20e400, "FCMGE V{0}.4S, V{1}.4S, V{2}.4S"}
	cmgt   = encoding{0x6ea0e400, "FCMGT V{0}.4S, V{1}.4S, V{2}.4S"}
)

// apply appends an instruction of registers: the result and the sources, the first source first.
func (l *lowering) apply(e encoding, regs ...int) {
	if e.word == 0 {
		l.pure(e.name, regs...)
		return
	}
	l.encoded(e.word, e.name, regs...)
}

// shiftRight is SSHR by n bits.
func shiftRight(n int) encoding {
	return encoding{0x4f000400 | uint32(64-n)<<16, fmt.Sprintf("SSHR V{0}.4S, V{1}.4S, #%d", n)}
}

// halves tells how many halves a vector register has: that of 4 lanes is the first.
func halves(op operand.Op) int {
	if r, ok := op.(reg.Register); ok && r.Size() == 16 {
		return 1
	}
	return 2
}

// sources returns an operand in registers that must not be written: as many halves as the operation has.
func (l *lowering) sources(op operand.Op, count int) pair {
	m, ok := op.(operand.Mem)
	if !ok {
		return l.pairOf(op.(reg.Register))
	}
	if w, ok := l.word(m); ok {
		c := l.constant(w)
		return pair{c, c}
	}
	v := l.vec()
	if count == 1 || m.Base == reg.StackPointer && l.slots[m.Disp] {
		p := l.at(m, 1, 0)
		l.pure("FMOVQ "+p.text+", F{0}", append([]int{v}, p.regs...)...)
		return pair{v, v}
	}
	w := l.vec()
	l.loadPair(m, v, w)
	return pair{v, w}
}

func (l *lowering) loadPair(m operand.Mem, low, high int) {
	p := l.at(m, 2, 0)
	l.add(instr{text: "FLDPQ " + p.text + ", (F{0}, F{1})", regs: append([]int{low, high}, p.regs...), writes: 2,
		pure: true})
}

// result calls f for each half of a result; what is above it becomes 0. A register that is the same in all lanes has
// one.
func (l *lowering) result(op operand.Op, f func(half, to int)) {
	to := l.pairOf(op.(reg.Register))
	for h := range halves(op) {
		if h == 0 || to[1] != to[0] {
			f(h, to[h])
		}
	}
	if halves(op) == 1 && to[1] != to[0] {
		l.zero(to[1])
	}
}

func (l *lowering) zero(v int) { l.pure("VEOR V{0}.B16, V{0}.B16, V{0}.B16", v) }

// vector lowers an instruction of vectors, and tells whether it is one.
func (l *lowering) vector(i *ir.Instruction) bool {
	op := i.Operands
	if len(op) == 0 {
		return false
	}
	to := op[len(op)-1]
	if e, ok := lanewise[i.Opcode]; ok {
		switch {
		case (i.Opcode == "VXORPS" || i.Opcode == "VPXOR" || i.Opcode == "VXORPD") && clears(i):
			l.result(to, func(_, to int) { l.zero(to) })
		case i.Opcode == "VPCMPEQD" && clears(i): // sets all bits
			l.result(to, func(_, to int) { l.pure("VCMEQ V{0}.S4, V{0}.S4, V{0}.S4", to) })
		default:
			l.each(to, func(to int, s ...int) { l.apply(e, to, s[1], s[0]) }, op[0], op[1])
		}
		return true
	}
	switch i.Opcode {
	case "VANDNPS":
		l.each(to, func(to int, s ...int) { l.apply(bic, to, s[0], s[1]) }, op[0], op[1])
	case "VMAXPS":
		l.each(to, func(to int, s ...int) { l.choose(to, s[1], s[0], cmgt, s[1], s[0]) }, op[0], op[1])
	case "VMINPS":
		l.each(to, func(to int, s ...int) { l.choose(to, s[1], s[0], cmgt, s[0], s[1]) }, op[0], op[1])
	case "VCMPPS":
		l.each(to, func(to int, s ...int) { l.predicate(value(op[0]), to, s[1], s[0]) }, op[1], op[2])
	case "VBLENDVPS":
		mask := op[0].(reg.Register)
		l.each(to, func(to int, s ...int) {
			t := l.vec()
			if l.masks[mask.ID()] || l.known[mask.ID()] != nil {
				l.copy(s[0], t)
			} else {
				l.apply(shiftRight(31), t, s[0])
			}
			l.update("VBSL V{2}.B16, V{1}.B16, V{0}.B16", t, s[1], s[2])
			l.copy(t, to)
		}, op[0], op[1], op[2])
	case "VBLENDPS", "VPBLENDD":
		l.blend(value(op[0]), op[1], op[2], to)
	case "VSQRTPS":
		l.each(to, func(to int, s ...int) { l.apply(sqrt, to, s[0]) }, op[0])
	case "VCVTDQ2PS":
		l.each(to, func(to int, s ...int) { l.apply(scvtf, to, s[0]) }, op[0])
	case "VPSRAD":
		l.each(to, func(to int, s ...int) { l.apply(shiftRight(int(value(op[0]))), to, s[0]) }, op[1])
	case "VPSLLD", "VPSRLD", "VPSLLQ", "VPSRLQ":
		text := map[string]string{"VPSLLD": "VSHL $%d, V{1}.S4, V{0}.S4", "VPSRLD": "VUSHR $%d, V{1}.S4, V{0}.S4",
			"VPSLLQ": "VSHL $%d, V{1}.D2, V{0}.D2", "VPSRLQ": "VUSHR $%d, V{1}.D2, V{0}.D2"}[i.Opcode]
		l.each(to, func(to int, s ...int) { l.pure(fmt.Sprintf(text, value(op[0])), to, s[0]) }, op[1])
	case "VPMULUDQ", "VPMULDQ":
		product := map[string]encoding{"VPMULUDQ": umull, "VPMULDQ": smull}[i.Opcode]
		l.each(to, func(to int, s ...int) {
			a, b := l.vec(), l.vec()
			l.pure("VUZP1 V{1}.S4, V{1}.S4, V{0}.S4", a, s[0])
			l.pure("VUZP1 V{1}.S4, V{1}.S4, V{0}.S4", b, s[1])
			l.apply(product, to, b, a)
		}, op[0], op[1])
	case "VPMADDWD":
		l.each(to, func(to int, s ...int) {
			a, b := l.vec(), l.vec()
			l.apply(smullH[0], a, s[1], s[0])
			l.apply(smullH[1], b, s[1], s[0])
			l.pure("VADDP V{2}.S4, V{1}.S4, V{0}.S4", to, a, b)
		}, op[0], op[1])
	case "VPSRLVQ": // by at most 64
		l.each(to, func(to int, s ...int) { l.shiftBack(to, negD, ushl, s) }, op[0], op[1])
	case "VPSRAVD": // by at most 31
		l.each(to, func(to int, s ...int) { l.shiftBack(to, negS, sshl, s) }, op[0], op[1])
	case "VCVTPS2DQ": // of numbers that an int32 holds
		l.each(to, func(to int, s ...int) { l.apply(fcvtns, to, s[0]) }, op[0])
	case "VPMOVSXBD":
		half := l.vec()
		l.apply(sxtlB, half, l.load8(op[0].(operand.Mem), "FMOVD", 8))
		l.widen(sxtlH, half, to)
	case "VPMOVSXWD":
		l.widen(sxtlH, l.load8(op[0].(operand.Mem), "FMOVQ", 16), to)
	case "VPMOVZXWD":
		l.widen(uxtlH, l.load8(op[0].(operand.Mem), "FMOVQ", 16), to)
	case "VCVTPH2PS":
		l.widen(fcvtlH, l.load8(op[0].(operand.Mem), "FMOVQ", 16), to)
	case "VPACKSSDW", "VPACKSSWB":
		if halves(to) != 1 {
			panic(i.Opcode + " of 32 bytes")
		}
		e := narrow[i.Opcode]
		l.each(to, func(to int, s ...int) {
			t := l.vec()
			l.apply(e[0], t, s[1])
			l.add(instr{text: e[1].name, word: e[1].word, regs: []int{t, s[0]}, writes: 1, reads0: true, pure: true})
			l.copy(t, to)
		}, op[0], op[1])
	case "VPGATHERDD":
		l.gather(op[1].(operand.Mem), to)
	case "VMOVSHDUP":
		l.each(to, func(to int, s ...int) { l.pure("VTRN2 V{1}.S4, V{1}.S4, V{0}.S4", to, s[0]) }, op[0])
	case "VPERMILPS":
		if _, ok := l.elements[to.(reg.Register).ID()]; ok {
			break
		}
		text, ok := permutations[value(op[0])]
		if !ok {
			panic(fmt.Sprintf("no instruction for VPERMILPS of %#x", value(op[0])))
		}
		l.each(to, func(to int, s ...int) { l.pure(text, to, s[0]) }, op[1])
	case "VSHUFPS":
		text, ok := shuffles[value(op[0])]
		if !ok {
			panic(fmt.Sprintf("no instruction for VSHUFPS of %#x", value(op[0])))
		}
		l.each(to, func(to int, s ...int) { l.pure(text, to, s[1], s[0]) }, op[1], op[2])
	case "VPSLLDQ":
		if value(op[0]) != 8 {
			panic("VPSLLDQ by other than 8 bytes")
		}
		l.each(to, func(to int, s ...int) { l.pure("VZIP1 V{1}.D2, V{2}.D2, V{0}.D2", to, s[0], l.constant(0)) }, op[1])
	case "VPSRLDQ":
		text := fmt.Sprintf("VEXT $%d, V{2}.B16, V{1}.B16, V{0}.B16", value(op[0]))
		l.each(to, func(to int, s ...int) { l.pure(text, to, s[0], l.constant(0)) }, op[1])
	case "VCVTPS2PD":
		from := l.sources(op[0], 1)[0]
		t := l.vec() // the result may be the source
		l.apply(fcvtl[0], t, from)
		if d := l.pairOf(to.(reg.Register)); halves(to) == 2 {
			l.apply(fcvtl[1], d[1], from)
			l.copy(t, d[0])
		}
	case "VPERM2F128":
		l.permute(value(op[0]), op[1], op[2], to)
	case "VINSERTF128":
		s, a, d := l.sources(op[1], 1), l.pairOf(op[2].(reg.Register)), l.pairOf(to.(reg.Register))
		at := value(op[0])
		l.copy(s[0], d[at])
		l.copy(a[1-at], d[1-at])
	case "VEXTRACTF128", "VEXTRACTI128":
		from := l.pairOf(op[1].(reg.Register))[value(op[0])]
		if m, ok := to.(operand.Mem); ok {
			l.store("FMOVQ", from, m)
			break
		}
		l.result(to, func(_, to int) { l.copy(from, to) })
	case "VBROADCASTSS", "VPBROADCASTD":
		if _, ok := l.elements[to.(reg.Register).ID()]; ok {
			l.copy(l.load8(op[0].(operand.Mem), "FMOVS", 4), l.pairOf(to.(reg.Register))[0])
			break
		}
		l.broadcast(op[0], to)
	case "VBROADCASTF128":
		s := l.sources(op[0], 1)
		l.result(to, func(_, to int) { l.copy(s[0], to) })
	case "VEXTRACTPS":
		l.effect(fmt.Sprintf("VST1 V{0}.S[%d], (R{1})", value(op[0])), l.pairOf(op[1].(reg.Register))[0],
			l.address(to.(operand.Mem)))
	case "VINSERTPS":
		s := l.pairOf(op[2].(reg.Register))
		l.result(to, func(_, to int) { l.insert(op[1].(operand.Mem), s[0], to, fmt.Sprintf("S[%d]", value(op[0])>>4)) })
	case "VMASKMOVPS", "VPMASKMOVD":
		if mask := l.known[op[1].(reg.Register).ID()]; mask != nil {
			l.loadFirst(op[0].(operand.Mem), bytes.Count(mask, []byte{0xff})/4, to)
			break
		}
		l.loadPrefix(op[0].(operand.Mem), l.pairOf(op[1].(reg.Register)), to)
	case "VMOVQ":
		from := l.pairOf(op[0].(reg.Register))[0]
		if m, ok := to.(operand.Mem); ok {
			l.store("FMOVD", from, m)
			break
		}
		l.pure("FMOVD F{1}, R{0}", l.generalOf(to.(reg.Register)), from)
	case "VMOVLPS":
		if m, ok := to.(operand.Mem); ok {
			l.store("FMOVD", l.pairOf(op[0].(reg.Register))[0], m)
			break
		}
		s := l.pairOf(op[1].(reg.Register))
		l.result(to, func(_, to int) { l.insert(op[0].(operand.Mem), s[0], to, "D[0]") })
	case "VMOVUPS", "VMOVAPS", "VMOVUPD", "VMOVDQA", "VMOVDQU":
		l.moveVector(op[0], to)
	case "VMOVSS", "MOVSD", "VMOVSD":
		l.moveScalar(i)
	case "MOVD":
		from := l.generalOf(op[0].(reg.Register))
		l.result(to, func(_, to int) { l.pure("FMOVS R{1}, F{0}", to, from) })
	case "VADDSS", "VADDSD":
		name := map[string]string{"VADDSS": "FADDS", "VADDSD": "FADDD"}[i.Opcode]
		a := l.scalar(op[0])
		l.result(to, func(_, to int) { l.pure(name+" F{1}, F{2}, F{0}", to, a, l.pairOf(op[1].(reg.Register))[0]) })
	case "VFMADD231SS":
		a := l.scalar(op[0])
		l.result(to, func(_, to int) {
			l.update("FMADDS F{1}, F{0}, F{2}, F{0}", to, a, l.pairOf(op[1].(reg.Register))[0])
		})
	default:
		return l.fused(i)
	}
	return true
}

// each calls f for each half of a result with the halves of the sources.
func (l *lowering) each(to operand.Op, f func(to int, sources ...int), sources ...operand.Op) {
	var s []pair
	for _, o := range sources {
		s = append(s, l.sources(o, halves(to)))
	}
	l.result(to, func(h, to int) {
		var half []int
		for _, p := range s {
			half = append(half, p[h])
		}
		f(to, half...)
	})
}

// shiftBack appends a shift to the right by counts s[0] of s[1]: one to the left by their opposites.
func (l *lowering) shiftBack(to int, negate, shift encoding, s []int) {
	t := l.vec()
	l.apply(negate, t, s[0])
	l.apply(shift, to, s[1], t)
}

// load8 returns a register with 8 numbers of a place in memory, of some bytes together.
func (l *lowering) load8(m operand.Mem, name string, bytes int) int {
	v := l.vec()
	p := l.at(m, 1, bytes)
	l.pure(name+" "+p.text+", F{0}", append([]int{v}, p.regs...)...)
	return v
}

// widen appends the widening of the low and of the high half of a register to those of a result of 8 lanes.
func (l *lowering) widen(e [2]encoding, from int, to operand.Op) {
	d := l.pairOf(to.(reg.Register))
	l.apply(e[0], d[0], from)
	l.apply(e[1], d[1], from)
}

// gather appends loads of lanes from a place and indices, which are not negative. Each lane is wanted.
func (l *lowering) gather(m operand.Mem, to operand.Op) {
	base, index := l.generalOf(m.Base), l.pairOf(m.Index)
	l.result(to, func(h, to int) {
		v := l.vec()
		l.zero(v)
		for lane := range 4 {
			at := l.gp()
			l.pure(fmt.Sprintf("VMOV V{1}.S[%d], R{0}", lane), at, index[h])
			l.pure(fmt.Sprintf("ADD R{1}<<%d, R{2}, R{0}", shift(m.Scale)), at, at, base)
			l.update(fmt.Sprintf("VLD1 (R{1}), V{0}.S[%d]", lane), v, at)
		}
		l.copy(v, to)
	})
}

// choose appends to = yes where the comparison of x and y holds, else no.
func (l *lowering) choose(to, yes, no int, compare encoding, x, y int) {
	t := l.vec()
	l.apply(compare, t, x, y)
	l.update("VBSL V{2}.B16, V{1}.B16, V{0}.B16", t, yes, no)
	l.copy(t, to)
}

// predicate appends to = all bits where x and y compare as a predicate of VCMPPS says. Predicates that differ in 16
// raise other exceptions alone.
func (l *lowering) predicate(p int64, to, x, y int) {
	inverted := func(e encoding, x, y int) {
		t := l.vec()
		l.apply(e, t, x, y)
		l.apply(not, to, t)
	}
	switch p & 15 {
	case 0x0: // equal
		l.apply(cmeq, to, x, y)
	case 0x1: // less
		l.apply(cmgt, to, y, x)
	case 0x2: // less or equal
		l.apply(cmge, to, y, x)
	case 0x3: // one is NaN
		if x == y {
			inverted(cmeq, x, x)
			return
		}
		a, b := l.vec(), l.vec()
		l.apply(cmeq, a, x, x)
		l.apply(cmeq, b, y, y)
		l.pure("VAND V{1}.B16, V{2}.B16, V{0}.B16", a, a, b)
		l.apply(not, to, a)
	case 0x4: // not equal
		inverted(cmeq, x, y)
	case 0x8, 0xc: // less or greater, or not
		a, b := l.vec(), l.vec()
		l.apply(cmgt, a, x, y)
		l.apply(cmgt, b, y, x)
		if p&15 == 0xc {
			l.pure("VORR V{1}.B16, V{2}.B16, V{0}.B16", to, a, b)
			return
		}
		l.pure("VORR V{1}.B16, V{2}.B16, V{0}.B16", a, a, b)
		l.apply(not, to, a)
	case 0x5: // not less
		inverted(cmgt, y, x)
	case 0x6: // not less or equal
		inverted(cmge, y, x)
	case 0xd: // greater or equal
		l.apply(cmge, to, x, y)
	case 0xe: // greater
		l.apply(cmgt, to, x, y)
	default:
		panic(fmt.Sprintf("no instructions for predicate %#x", p))
	}
}

// fused lowers the multiply-adds of vectors.
func (l *lowering) fused(i *ir.Instruction) bool {
	type form struct{ a, b, c int } // a·b ± c, by number of the operand
	forms := map[string]form{"132": {2, 0, 1}, "213": {1, 2, 0}, "231": {1, 0, 2}}
	var name, digits, lanes string
	for _, n := range []string{"VFMADD", "VFNMADD", "VFMSUB"} {
		if len(i.Opcode) == len(n)+5 && i.Opcode[:len(n)] == n {
			name, digits, lanes = n, i.Opcode[len(n):len(n)+3], i.Opcode[len(n)+3:]
		}
	}
	f, ok := forms[digits]
	arrangement := map[string]string{"PS": "S4", "PD": "D2"}[lanes]
	if !ok || arrangement == "" {
		return false
	}
	op := i.Operands
	if r, ok := op[1].(reg.Register); ok {
		if e, ok := l.elements[r.ID()]; ok {
			l.byElement(op, e)
			return true
		}
	}
	text := fmt.Sprintf("VFMLA V{1}.%[1]s, V{2}.%[1]s, V{0}.%[1]s", arrangement)
	if name == "VFNMADD" {
		text = fmt.Sprintf("VFMLS V{1}.%[1]s, V{2}.%[1]s, V{0}.%[1]s", arrangement)
	}
	l.each(op[2], func(to int, s ...int) {
		sum := to
		if f.c != 2 || name == "VFMSUB" {
			sum = l.vec()
		}
		switch {
		case name == "VFMSUB" && arrangement == "S4":
			l.apply(neg, sum, s[f.c])
		case name == "VFMSUB":
			panic("VFMSUB of doubles")
		case sum != to:
			l.copy(s[f.c], sum)
		}
		l.update(text, sum, s[f.b], s[f.a])
		if sum != to {
			l.copy(sum, to)
		}
	}, op...)
	return true
}

// byElement lowers a multiply-add one of whose factors is a lane.
func (l *lowering) byElement(op []operand.Op, e element) {
	of := l.pairOf(e.of)
	x := l.sources(op[0], halves(op[2]))
	l.result(op[2], func(h, to int) {
		l.add(instr{text: fmt.Sprintf("FMLA V{0}.4S, V{1}.4S, V{2}.S[%d]", e.lane),
			word: 0x4f801000 | uint32(e.lane)&1<<21 | uint32(e.lane)>>1<<11, regs: []int{to, x[h], of[h]}, writes: 1,
			reads0: true, pure: true})
	})
}

// blend lowers a choice of lanes that is known.
func (l *lowering) blend(mask int64, src2, src1, to operand.Op) {
	s2, s1 := l.sources(src2, halves(to)), l.sources(src1, halves(to))
	l.result(to, func(h, to int) {
		t := l.vec()
		l.copy(s1[h], t)
		for lane := range 4 {
			if mask>>(4*h+lane)&1 != 0 {
				l.update(fmt.Sprintf("VMOV V{1}.S[%[1]d], V{0}.S[%[1]d]", lane), t, s2[h])
			}
		}
		l.copy(t, to)
	})
}

// permute lowers VPERM2F128.
func (l *lowering) permute(imm int64, src2, src1, to operand.Op) {
	s1, s2, d := l.pairOf(src1.(reg.Register)), l.sources(src2, 2), l.pairOf(to.(reg.Register))
	from := []int{s1[0], s1[1], s2[0], s2[1]}
	var t pair
	for h := range t {
		t[h] = l.vec()
		if c := imm >> (4 * h); c&8 != 0 {
			l.zero(t[h])
		} else {
			l.copy(from[c&3], t[h])
		}
	}
	l.copy(t[0], d[0])
	l.copy(t[1], d[1])
}

// broadcast lowers the copy of one element to all lanes.
func (l *lowering) broadcast(from, to operand.Op) {
	var v int
	if m, ok := from.(operand.Mem); !ok {
		v = l.vec()
		l.pure("VDUP V{1}.S[0], V{0}.S4", v, l.pairOf(from.(reg.Register))[0])
	} else if w, ok := l.word(m); ok {
		v = l.constant(w)
	} else if v = l.vec(); m.Base != nil && m.Base.ID().IsVirtual() && m.Index == nil && m.Disp == 0 {
		l.pure("VLD1R (R{1}), [V{0}.S4]", v, l.generalOf(m.Base))
	} else {
		t := l.vec()
		p := l.at(m, 1, 4)
		l.pure("FMOVS "+p.text+", F{0}", append([]int{t}, p.regs...)...)
		l.pure("VDUP V{1}.S[0], V{0}.S4", v, t)
	}
	l.result(to, func(_, to int) { l.copy(v, to) })
}

// insert appends to = from, one of whose elements comes from memory.
func (l *lowering) insert(m operand.Mem, from, to int, element string) {
	t := l.vec()
	l.copy(from, t)
	l.update("VLD1 (R{1}), V{0}."+element, t, l.address(m))
	l.copy(t, to)
}

// loadPrefix loads the lanes whose mask is set, a prefix, and clears the others. Behind them nothing is read: a load of
// one lane or two clears those above, and the third is put beside two.
func (l *lowering) loadPrefix(m operand.Mem, mask pair, to operand.Op) {
	l.result(to, func(h, to int) {
		part, done := l.newLabel(), l.newLabel()
		p, v := l.address(m.Offset(16*h)), l.vec()
		unlessSet := func(lane int, label string) {
			set := l.gp()
			l.pure(fmt.Sprintf("VMOV V{1}.S[%d], R{0}", lane), set, mask[h])
			l.jump("CBZ R{0}, ", label, false, set)
		}
		unlessSet(3, part)
		l.pure("FMOVQ (R{1}), F{0}", v, p)
		l.jump("B ", done, true)
		l.list = append(l.list, instr{label: part})
		l.zero(v)
		for lane, load := range []string{"FMOVS (R{1}), F{0}", "FMOVD (R{1}), F{0}"} {
			unlessSet(lane, done)
			l.pure(load, v, p)
		}
		unlessSet(2, done)
		third := l.gp()
		l.pure("ADD $8, R{1}, R{0}", third, p)
		l.update("VLD1 (R{1}), V{0}.S[2]", v, third)
		l.list = append(l.list, instr{label: done})
		l.copy(v, to)
	})
}

// loadFirst loads so many of the first lanes and clears the others: loadPrefix where the mask is known.
func (l *lowering) loadFirst(m operand.Mem, lanes int, to operand.Op) {
	l.result(to, func(h, to int) {
		m, lanes := m.Offset(16*h), min(max(lanes-4*h, 0), 4)
		if lanes == 0 {
			l.zero(to)
			return
		}
		load := [...]struct {
			name  string
			bytes int
		}{1: {"FMOVS", 4}, 2: {"FMOVD", 8}, 3: {"FMOVD", 8}, 4: {"FMOVQ", 16}}[lanes]
		v := l.load8(m, load.name, load.bytes)
		if lanes == 3 {
			l.update("VLD1 (R{1}), V{0}.S[2]", v, l.address(m.Offset(8)))
		}
		l.copy(v, to)
	})
}

// store appends the store of a half, or of a scalar.
func (l *lowering) store(name string, from int, m operand.Mem) {
	p := l.at(m, 1, map[string]int{"FMOVS": 4, "FMOVD": 8}[name])
	l.effect(name+" F{0}, "+p.text, append([]int{from}, p.regs...)...)
}

// moveVector lowers a move between vector registers and memory.
func (l *lowering) moveVector(from, to operand.Op) {
	m, ok := to.(operand.Mem)
	if !ok {
		if m, ok := from.(operand.Mem); ok && halves(to) == 2 {
			if d := l.pairOf(to.(reg.Register)); d[0] != d[1] {
				if _, constant := l.word(m); !constant && !(m.Base == reg.StackPointer && l.slots[m.Disp]) {
					l.loadPair(m, d[0], d[1])
					return
				}
			}
		}
		l.each(to, func(to int, s ...int) { l.copy(s[0], to) }, from)
		return
	}
	s := l.pairOf(from.(reg.Register))
	if halves(from) == 1 {
		l.store("FMOVQ", s[0], m)
		return
	}
	p := l.at(m, 2, 0)
	l.effect("FSTPQ (F{0}, F{1}), "+p.text, append([]int{s[0], s[1]}, p.regs...)...)
}

// scalar returns a register whose first lane is an operand.
func (l *lowering) scalar(op operand.Op) int {
	m, ok := op.(operand.Mem)
	if !ok {
		return l.pairOf(op.(reg.Register))[0]
	}
	v := l.vec()
	p := l.at(m, 1, 4)
	l.pure("FMOVS "+p.text+", F{0}", append([]int{v}, p.regs...)...)
	return v
}

// moveScalar lowers a move of one element between a register and memory.
func (l *lowering) moveScalar(i *ir.Instruction) {
	name, size := "FMOVS", 4
	if i.Opcode != "VMOVSS" {
		name, size = "FMOVD", 8
	}
	if len(i.Operands) != 2 {
		panic(i.Opcode + " of three registers")
	}
	if m, ok := i.Operands[1].(operand.Mem); ok {
		l.store(name, l.pairOf(i.Operands[0].(reg.Register))[0], m)
		return
	}
	p := l.at(i.Operands[0].(operand.Mem), 1, size)
	l.result(i.Operands[1], func(_, to int) { l.pure(name+" "+p.text+", F{0}", append([]int{to}, p.regs...)...) })
}
