package vec

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A Gen writes one kernel.
type Gen struct {
	*build.Context
	consts map[uint32]operand.Mem
	masks  *operand.Mem
	labels int
}

// constant returns a register's width of copies of b in read-only memory.
func (g *Gen) constant(b uint32) operand.Mem {
	m, ok := g.consts[b]
	if !ok {
		m = g.StaticGlobal(fmt.Sprintf("c%08x", b))
		g.DataAttributes(attr.RODATA | attr.NOPTR)
		for range 4 {
			g.AppendDatum(operand.U64(uint64(b)<<32 | uint64(b)))
		}
		g.consts[b] = m
	}
	return m
}

// tailMask returns the table that loadMask slides over: eight words with all bits set, then
// eight without.
func (g *Gen) tailMask() operand.Mem {
	if g.masks == nil {
		m := g.StaticGlobal("tailMask")
		g.DataAttributes(attr.RODATA | attr.NOPTR)
		for i := range 8 {
			v := operand.U64(0)
			if i < 4 {
				v = ^v
			}
			g.AppendDatum(v)
		}
		g.masks = &m
	}
	return *g.masks
}

// label returns a new label with a name that tells its purpose.
func (g *Gen) label(purpose string) string {
	g.labels++
	return fmt.Sprintf("%s%d", purpose, g.labels)
}

// loadMask sets the first w lanes of a register, for 0 ≤ w ≤ 8, and clears the others.
func (g *Gen) loadMask(w reg.Register) reg.VecVirtual {
	base, i, mask := g.GP64(), g.GP64(), g.YMM()
	g.LEAQ(g.tailMask().Offset(32), base)
	g.MOVQ(w, i)
	g.NEGQ(i)
	g.VMOVUPS(operand.Mem{Base: base, Index: i, Scale: 4}, mask)
	return mask
}

// loadTail loads the first w < 8 lanes of a register from p and clears the others. It takes
// the pieces that storeTail makes: a masked load would wait for stores nearby that it
// overlaps, those of its own elements in several pieces or those past its end.
func (g *Gen) loadTail(w reg.Register, p reg.Register) reg.VecVirtual {
	two, four, done := g.label("loadTwo"), g.label("loadFour"), g.label("loaded")
	t, at := g.YMM(), g.GP64()
	g.VXORPS(t, t, t)
	g.TESTQ(operand.U32(1), w)
	g.JZ(operand.LabelRef(two))
	g.VMOVSS(operand.Mem{Base: p, Index: w, Scale: 4, Disp: -4}, t.AsX())
	g.Label(two)
	g.TESTQ(operand.U32(2), w)
	g.JZ(operand.LabelRef(four))
	g.MOVQ(w, at)
	g.ANDQ(operand.Imm(4), at)
	g.VPSLLDQ(operand.Imm(8), t.AsX(), t.AsX())
	g.VMOVLPS(operand.Mem{Base: p, Index: at, Scale: 4}, t.AsX(), t.AsX())
	g.Label(four)
	g.TESTQ(operand.U32(4), w)
	g.JZ(operand.LabelRef(done))
	g.VPERM2F128(operand.Imm(0x08), t, t, t)
	g.VINSERTF128(operand.Imm(0), operand.Mem{Base: p}, t, t)
	g.Label(done)
	return t
}

// storeTail stores the first w < 8 lanes of v at p. It destroys both. VMASKMOVPS would do it
// in one instruction, but its store form is microcode on AMD's processors.
func (g *Gen) storeTail(w reg.Register, v reg.VecVirtual, p reg.GPVirtual) {
	two, one, done := g.label("two"), g.label("one"), g.label("stored")
	at := operand.Mem{Base: p}
	g.TESTQ(operand.U32(4), w)
	g.JZ(operand.LabelRef(two))
	g.VMOVUPS(v.AsX(), at)
	g.VEXTRACTF128(operand.Imm(1), v, v.AsX())
	g.ADDQ(operand.Imm(16), p)
	g.Label(two)
	g.TESTQ(operand.U32(2), w)
	g.JZ(operand.LabelRef(one))
	g.VMOVLPS(v.AsX(), at)
	g.VUNPCKHPD(v.AsX(), v.AsX(), v.AsX())
	g.ADDQ(operand.Imm(8), p)
	g.Label(one)
	g.TESTQ(operand.U32(1), w)
	g.JZ(operand.LabelRef(done))
	g.VMOVSS(v.AsX(), at)
	g.Label(done)
}

// An env tells where an expression finds its inputs.
type env struct {
	lanes   int                                  // registers per value
	load    func(input, lane int) reg.VecVirtual // returns a register that may be destroyed
	direct  func(input, lane int) operand.Mem    // if not nil, where inputs are read instead, each time they are used
	scalars []operand.Mem                        // copies of each scalar, a register wide
	cols    []operand.Mem                        // values of columns, a register for each lane
}

// lower emits the operations of an expression for lanes registers side by side and returns
// the registers of outs. The operations of the lanes alternate, so that their latencies
// overlap.
func (g *Gen) lower(e *Expr, outs []Val, v env) [][]reg.VecVirtual {
	l := &lowering{Gen: g, e: e, env: v, last: e.lastUses(outs), regs: map[Val][]reg.VecVirtual{}}
	for i := range e.nodes {
		if l.last[i] > 0 { // someone uses it
			l.node(i)
		}
	}
	var out [][]reg.VecVirtual
	for _, o := range outs {
		l.materialise(o)
		out = append(out, l.regs[o])
	}
	return out
}

type lowering struct {
	*Gen
	env
	e    *Expr
	last []int
	regs map[Val][]reg.VecVirtual
}

// inMemory tells whether a value is read from memory where it is used.
func (l *lowering) inMemory(v Val) bool {
	k := l.e.nodes[v].kind
	return k == kConst || k == kScalar || k == kCol || k == kInput && l.direct != nil
}

func (l *lowering) mem(v Val, u int) operand.Mem {
	n := l.e.nodes[v]
	switch n.kind {
	case kConst:
		return l.constant(n.imm)
	case kInput:
		return l.direct(int(n.imm), u)
	case kCol:
		return l.cols[n.imm].Offset(32 * u)
	}
	return l.scalars[n.imm]
}

// materialise loads an input at its first use.
func (l *lowering) materialise(v Val) {
	n := l.e.nodes[v]
	if l.regs[v] != nil {
		return
	}
	for u := range l.lanes {
		if l.inMemory(v) {
			l.regs[v] = append(l.regs[v], l.temp(v, u))
		} else {
			l.regs[v] = append(l.regs[v], l.load(int(n.imm), u))
		}
	}
}

// op returns the operand for a lane of a value: a register, or memory for a constant.
func (l *lowering) op(v Val, u int) operand.Op {
	if l.inMemory(v) {
		return l.mem(v, u)
	}
	l.materialise(v)
	return l.regs[v][u]
}

// reg returns a register that holds a lane of a value.
func (l *lowering) reg(v Val, u int) reg.VecVirtual {
	if l.inMemory(v) {
		return l.temp(v, u)
	}
	l.materialise(v)
	return l.regs[v][u]
}

// temp loads a constant.
func (l *lowering) temp(v Val, u int) reg.VecVirtual {
	r := l.YMM()
	l.VMOVUPS(l.mem(v, u), r)
	return r
}

// dies tells whether node i is the last to use v, which is in a register.
func (l *lowering) dies(v Val, i int) bool { return !l.inMemory(v) && l.last[v] == i }

// An op3 takes the second source, the first source and the destination.
type op3 = func(ops ...operand.Op)

func (l *lowering) node(i int) {
	n := l.e.nodes[i]
	v := Val(i)
	switch n.kind {
	case kInput, kConst, kScalar, kCol:
		return
	case kFMA:
		l.fma(i, l.VFMADD132PS, l.VFMADD213PS, l.VFMADD231PS)
		return
	case kFNMA:
		l.fma(i, l.VFNMADD132PS, l.VFNMADD213PS, l.VFNMADD231PS)
		return
	case kFMS:
		l.fma(i, l.VFMSUB132PS, l.VFMSUB213PS, l.VFMSUB231PS)
		return
	}
	for _, a := range n.args {
		if !l.inMemory(a) {
			l.materialise(a)
		}
	}
	for u := range l.lanes {
		dst := l.YMM()
		two := map[kind]op3{
			kAdd: l.VADDPS, kSub: l.VSUBPS, kMul: l.VMULPS, kDiv: l.VDIVPS, kMax: l.VMAXPS, kMin: l.VMINPS,
			kAnd: l.VANDPS, kAndNot: l.VANDNPS, kOr: l.VORPS, kXor: l.VXORPS,
			kSubInt: func(o ...operand.Op) { l.VPSUBD(o[0], o[1], o[2]) },
			kAndInt: func(o ...operand.Op) { l.VPAND(o[0], o[1], o[2]) },
		}
		commutes := map[kind]bool{kAdd: true, kMul: true, kAnd: true, kOr: true, kXor: true, kAndInt: true}
		switch n.kind {
		case kSqrt:
			l.VSQRTPS(l.op(n.args[0], u), dst)
		case kFromInt:
			l.VCVTDQ2PS(l.op(n.args[0], u), dst)
		case kShl:
			l.VPSLLD(operand.Imm(uint64(n.imm)), l.reg(n.args[0], u), dst)
		case kSar:
			l.VPSRAD(operand.Imm(uint64(n.imm)), l.reg(n.args[0], u), dst)
		case kCmp:
			l.VCMPPS(operand.Imm(uint64(n.imm)), l.op(n.args[1], u), l.reg(n.args[0], u), dst)
		case kBlend:
			l.VBLENDVPS(l.reg(n.args[0], u), l.op(n.args[1], u), l.reg(n.args[2], u), dst)
		default:
			a, b := n.args[0], n.args[1]
			if commutes[n.kind] && l.inMemory(a) {
				a, b = b, a
			}
			two[n.kind](l.op(b, u), l.reg(a, u), dst)
		}
		l.regs[v] = append(l.regs[v], dst)
	}
}

// fma emits a·b + c with the form of the instruction that overwrites an operand that is not
// needed any more; f132 computes dst·src3 + src2, f213 src2·dst + src3, f231 src2·src3 + dst.
func (l *lowering) fma(i int, f132, f213, f231 op3) {
	n := l.e.nodes[i]
	a, b, c := n.args[0], n.args[1], n.args[2]
	if l.inMemory(a) {
		a, b = b, a
	}
	if !l.dies(a, i) && l.dies(b, i) {
		a, b = b, a
	}
	for _, v := range []Val{a, b, c} {
		if !l.inMemory(v) {
			l.materialise(v)
		}
	}
	for u := range l.lanes {
		var dst reg.VecVirtual
		switch {
		case l.dies(c, i) && c != a && c != b:
			dst = l.reg(c, u)
			f231(l.op(b, u), l.reg(a, u), dst)
		case l.dies(a, i) && a != b && a != c && !l.inMemory(b):
			dst = l.reg(a, u)
			f213(l.op(c, u), l.reg(b, u), dst)
		case l.dies(a, i) && a != b && a != c && !l.inMemory(c):
			dst = l.reg(a, u)
			f132(l.op(b, u), l.reg(c, u), dst)
		default:
			dst = l.YMM()
			if l.inMemory(c) {
				l.VMOVUPS(l.mem(c, u), dst)
			} else {
				l.VMOVAPS(l.reg(c, u), dst)
			}
			f231(l.op(b, u), l.reg(a, u), dst)
		}
		l.regs[Val(i)] = append(l.regs[Val(i)], dst)
	}
}
