package vec

import (
	"fmt"
	"slices"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A Gen writes one kernel: the part for AVX2 and, if it has one, that for AVX-512 behind it.
type Gen struct {
	writer
	consts map[uint32]operand.Mem
	masks  *operand.Mem
	labels int

	both, wide      bool // whether there are two parts; whether the one for AVX-512 is being written
	held            int  // the most constants that a loop may hold in registers
	used, allocated int  // bytes of locals of the part being written, and of both
}

// floats is the number of elements of a register, and bytes its width.
func (g *Gen) floats() int { return g.bytes() / 4 }

func (g *Gen) bytes() int {
	if g.wide {
		return 64
	}
	return 32
}

// vec returns a register.
func (g *Gen) vec() reg.VecVirtual {
	if g.wide {
		return g.ZMM()
	}
	return g.YMM()
}

// AllocLocal returns a place on the stack. Two parts have the same places, as one of them runs.
func (g *Gen) AllocLocal(bytes int) operand.Mem {
	if !g.both {
		return g.context.AllocLocal(bytes)
	}
	m := operand.NewStackAddr(g.used)
	if g.used += bytes; g.used > g.allocated {
		g.context.AllocLocal(g.used - g.allocated)
		g.allocated = g.used
	}
	return m
}

// edge returns the mask of the first n lanes for AVX-512, of all where n is larger.
func (g *Gen) edge(n reg.GPVirtual) reg.OpmaskVirtual {
	w, all, k := g.GP64(), g.GP64(), g.K()
	g.MOVQ(operand.U32(16), w)
	g.CMPQ(n, w)
	g.CMOVQLT(n, w)
	g.MOVQ(operand.I32(-1), all)
	g.BZHIQ(w, all, all)
	g.KMOVW(all.As32(), k)
	return k
}

// loadWide loads a register from m for AVX-512: of a mask, which may be nil, the lanes that it has, and 0 for the
// others.
func (g *Gen) loadWide(m operand.Mem, k reg.Register) reg.VecVirtual {
	t := g.ZMM()
	if k == nil {
		g.VMOVUPS(m, t)
	} else {
		g.VMOVUPS_Z(m, k, t)
	}
	return t
}

// storeWide stores the lanes of a register that a mask has, all if it is nil, for AVX-512.
func (g *Gen) storeWide(v reg.VecVirtual, k reg.Register, m operand.Mem) {
	if k == nil {
		g.VMOVUPS(v, m)
	} else {
		g.VMOVUPS(v, k, m)
	}
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
	given   map[int][]reg.VecVirtual             // inputs that are in registers all the same, which may be destroyed
	scalars []operand.Mem                        // copies of each scalar, a register wide; for AVX-512 one is read
	cols    []column                             // values of columns
	held    map[Val]reg.VecVirtual               // constants that are in registers
}

// A column has values that differ from lane to lane, for some registers: for AVX2 in memory, for AVX-512, which has
// twice as many, in registers.
type column struct {
	mem  operand.Mem
	regs []reg.VecVirtual
}

// lower emits the operations of an expression for lanes registers side by side and returns
// the registers of outs. The operations of the lanes alternate, so that their latencies
// overlap.
func (g *Gen) lower(e *Expr, outs []Val, v env) [][]reg.VecVirtual {
	l := newLowering(g, e, outs, v)
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
	e     *Expr
	last  []int
	regs  map[Val][]reg.VecVirtual
	masks map[Val][]reg.OpmaskVirtual // of AVX-512: results of comparisons
}

func newLowering(g *Gen, e *Expr, outs []Val, v env) *lowering {
	l := &lowering{Gen: g, e: e, env: v, last: e.lastUses(outs), regs: map[Val][]reg.VecVirtual{},
		masks: map[Val][]reg.OpmaskVirtual{}}
	for i, c := range e.cols {
		if g.wide {
			l.regs[c] = v.cols[i].regs
		}
	}
	for i, r := range v.given {
		l.regs[e.inputs[i]] = r
	}
	for c, r := range v.held {
		l.regs[c] = slices.Repeat([]reg.VecVirtual{r}, v.lanes)
	}
	return l
}

// repeated tells whether a value is one number for all lanes, which instructions of AVX-512 take from memory.
func (l *lowering) repeated(v Val) bool {
	k := l.e.nodes[v].kind
	return l.env.held[v] == nil && (k == kConst || k == kScalar)
}

// inMemory tells whether a value is read from memory where it is used.
func (l *lowering) inMemory(v Val) bool {
	k := l.e.nodes[v].kind
	return l.repeated(v) || k == kCol && !l.wide || k == kInput && l.direct != nil && l.regs[v] == nil
}

func (l *lowering) mem(v Val, u int) operand.Mem {
	n := l.e.nodes[v]
	switch n.kind {
	case kConst:
		return l.constant(n.imm)
	case kInput:
		return l.direct(int(n.imm), u)
	case kCol:
		return l.cols[n.imm].mem.Offset(32 * u)
	}
	return l.scalars[n.imm]
}

// materialise loads an input at its first use, and makes lanes of what is in a mask.
func (l *lowering) materialise(v Val) {
	n := l.e.nodes[v]
	if l.regs[v] != nil {
		return
	}
	for u := range l.lanes {
		switch {
		case l.isMask(v):
			t := l.vec()
			l.VPMOVM2D(l.masks[v][u], t)
			l.regs[v] = append(l.regs[v], t)
		case l.inMemory(v):
			l.regs[v] = append(l.regs[v], l.temp(v, u))
		default:
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
	r := l.vec()
	l.loadTo(v, u, r)
	return r
}

// loadTo loads what is in memory.
func (l *lowering) loadTo(v Val, u int, r reg.VecVirtual) {
	if l.wide && l.repeated(v) {
		l.VBROADCASTSS(l.mem(v, u), r)
	} else {
		l.VMOVUPS(l.mem(v, u), r)
	}
}

// dies tells whether node i is the last to use v, which is in a register.
func (l *lowering) dies(v Val, i int) bool {
	return !l.inMemory(v) && l.env.held[v] == nil && l.e.nodes[v].kind != kCol && l.last[v] == i
}

// An op3 takes the second source, the first source and the destination.
type op3 = func(ops ...operand.Op)

// A form is an instruction, and the one of AVX-512 that repeats a number in memory as its second source.
type form struct{ plain, repeat op3 }

// emit emits an instruction for the lane u of the second source src.
func (l *lowering) emit(f form, src Val, u int, rest ...operand.Op) {
	if l.wide && l.repeated(src) {
		f.repeat(append([]operand.Op{l.mem(src, u)}, rest...)...)
		return
	}
	f.plain(append([]operand.Op{l.op(src, u)}, rest...)...)
}

func (l *lowering) node(i int) {
	n := l.e.nodes[i]
	v := Val(i)
	switch n.kind {
	case kInput, kConst, kScalar, kCol:
		return
	case kFMA:
		l.fma(i, form{l.VFMADD132PS, l.VFMADD132PS_BCST}, form{l.VFMADD213PS, l.VFMADD213PS_BCST},
			form{l.VFMADD231PS, l.VFMADD231PS_BCST})
		return
	case kFNMA:
		l.fma(i, form{l.VFNMADD132PS, l.VFNMADD132PS_BCST}, form{l.VFNMADD213PS, l.VFNMADD213PS_BCST},
			form{l.VFNMADD231PS, l.VFNMADD231PS_BCST})
		return
	case kFMS:
		l.fma(i, form{l.VFMSUB132PS, l.VFMSUB132PS_BCST}, form{l.VFMSUB213PS, l.VFMSUB213PS_BCST},
			form{l.VFMSUB231PS, l.VFMSUB231PS_BCST})
		return
	}
	for _, a := range n.args {
		if !l.inMemory(a) && !l.isMask(a) {
			l.materialise(a)
		}
	}
	for u := range l.lanes {
		if l.wide && l.byMask(v, u) {
			continue
		}
		dst := l.vec()
		switch n.kind {
		case kSqrt:
			l.VSQRTPS(l.unary(n.args[0], u), dst)
		case kFromInt:
			l.VCVTDQ2PS(l.unary(n.args[0], u), dst)
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
			l.emit(l.two(n.kind), b, u, l.reg(a, u), dst)
		}
		l.regs[v] = append(l.regs[v], dst)
	}
}

// commutes lists the operations whose arguments may change places.
var commutes = map[kind]bool{kAdd: true, kMul: true, kAnd: true, kOr: true, kXor: true, kAndInt: true}

// two returns the instruction of an operation with two arguments.
func (l *lowering) two(k kind) form {
	switch k {
	case kAdd:
		return form{l.VADDPS, l.VADDPS_BCST}
	case kSub:
		return form{l.VSUBPS, l.VSUBPS_BCST}
	case kMul:
		return form{l.VMULPS, l.VMULPS_BCST}
	case kDiv:
		return form{l.VDIVPS, l.VDIVPS_BCST}
	case kMax:
		return form{l.VMAXPS, l.VMAXPS_BCST}
	case kMin:
		return form{l.VMINPS, l.VMINPS_BCST}
	case kAnd:
		return form{l.VANDPS, l.VANDPS_BCST}
	case kAndNot:
		return form{l.VANDNPS, l.VANDNPS_BCST}
	case kOr:
		return form{l.VORPS, l.VORPS_BCST}
	case kXor:
		return form{l.VXORPS, l.VXORPS_BCST}
	case kSubInt:
		return form{l.VPSUBD, l.VPSUBD_BCST}
	case kAndInt:
		if l.wide {
			return form{l.VPANDD, l.VPANDD_BCST}
		}
		return form{plain: func(o ...operand.Op) { l.VPAND(o[0], o[1], o[2]) }}
	}
	panic("no instruction for an operation")
}

// unary returns the operand of an instruction with one source, which repeats nothing for AVX-512.
func (l *lowering) unary(v Val, u int) operand.Op {
	if l.wide {
		return l.reg(v, u)
	}
	return l.op(v, u)
}

// isMask tells whether a value is in a mask of AVX-512: the result of a comparison, and what is made of two such.
func (l *lowering) isMask(v Val) bool {
	n := l.e.nodes[v]
	switch n.kind {
	case kCmp:
		return l.wide
	case kAnd, kAndNot, kOr:
		return l.wide && l.isMask(n.args[0]) && l.isMask(n.args[1])
	}
	return false
}

// mask returns the lanes of a value whose sign bits are set.
func (l *lowering) mask(v Val, u int) reg.OpmaskVirtual {
	if l.isMask(v) {
		return l.masks[v][u]
	}
	k := l.K()
	l.VPMOVD2M(l.reg(v, u), k)
	return k
}

// byMask emits a lane of an operation that AVX-512 does with masks, and returns whether it is one.
func (l *lowering) byMask(v Val, u int) bool {
	n := l.e.nodes[v]
	if l.isMask(v) {
		k := l.K()
		switch a := n.args; n.kind {
		case kCmp:
			compare, by := form{l.VCMPPS, l.VCMPPS_BCST}, operand.Imm(uint64(n.imm))
			l.emit(form{
				func(o ...operand.Op) { compare.plain(by, o[0], o[1], o[2]) },
				func(o ...operand.Op) { compare.repeat(by, o[0], o[1], o[2]) },
			}, a[1], u, l.reg(a[0], u), k)
		case kAnd:
			l.KANDW(l.masks[a[1]][u], l.masks[a[0]][u], k)
		case kAndNot:
			l.KANDNW(l.masks[a[1]][u], l.masks[a[0]][u], k)
		case kOr:
			l.KORW(l.masks[a[1]][u], l.masks[a[0]][u], k)
		}
		l.masks[v] = append(l.masks[v], k)
		return true
	}
	var dst reg.VecVirtual
	switch {
	case n.kind == kBlend:
		dst = l.vec()
		l.emit(form{l.VBLENDMPS, l.VBLENDMPS_BCST}, n.args[1], u, l.reg(n.args[2], u), l.mask(n.args[0], u), dst)
	case n.kind == kAnd && l.isMask(n.args[0]):
		dst = l.only(l.mask(n.args[0], u), n.args[1], u)
	case n.kind == kAnd && l.isMask(n.args[1]):
		dst = l.only(l.mask(n.args[1], u), n.args[0], u)
	case n.kind == kAndNot && l.isMask(n.args[0]):
		k := l.K()
		l.KNOTW(l.mask(n.args[0], u), k)
		dst = l.only(k, n.args[1], u)
	default:
		return false
	}
	l.regs[v] = append(l.regs[v], dst)
	return true
}

// only returns the lanes of a value that a mask has, and 0 in the others.
func (l *lowering) only(k reg.OpmaskVirtual, v Val, u int) reg.VecVirtual {
	dst := l.vec()
	if l.repeated(v) {
		l.VBROADCASTSS_Z(l.mem(v, u), k, dst)
	} else {
		l.VMOVUPS_Z(l.op(v, u), k, dst)
	}
	return dst
}

// fma emits a·b + c with the form of the instruction that overwrites an operand that is not
// needed any more; f132 computes dst·src3 + src2, f213 src2·dst + src3, f231 src2·src3 + dst.
func (l *lowering) fma(i int, f132, f213, f231 form) {
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
			l.emit(f231, b, u, l.reg(a, u), dst)
		case l.dies(a, i) && a != b && a != c && !l.inMemory(b):
			dst = l.reg(a, u)
			l.emit(f213, c, u, l.reg(b, u), dst)
		case l.dies(a, i) && a != b && a != c && !l.inMemory(c):
			dst = l.reg(a, u)
			l.emit(f132, b, u, l.reg(c, u), dst)
		default:
			dst = l.vec()
			if l.inMemory(c) {
				l.loadTo(c, u, dst)
			} else {
				l.VMOVAPS(l.reg(c, u), dst)
			}
			l.emit(f231, b, u, l.reg(a, u), dst)
		}
		l.regs[Val(i)] = append(l.regs[Val(i)], dst)
	}
}
