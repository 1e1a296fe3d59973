package vec

import (
	"fmt"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/emit"
)

// An Elementwise is a kernel out = f(in…, scalar…) for every element.
type Elementwise struct {
	Name    string // of the Go function less its suffix, as sigmoidGrad
	File    string // base name of the files, as sigmoid_grad
	Out     string
	In      []string
	Scalars []string
	F       func(e *Expr, in, scalars []Val) Val
}

// long is the number of operations of an expression from which on registers are too scarce to
// keep inputs that are used at its ends only.
const long = 20

// leastWide is the least number of elements that the part for AVX-512 takes. Of those that are no multiple of 16 it stores
// the last ones under a mask, for which Zen 4 waits: 10 elements of tanh took 22 ns and with AVX2 9, 40 took 26 and 17; of
// up to 48 that are a multiple, it gains a tenth.
const leastWide = 64

// Signature returns the type of the kernel's Go function.
func (k *Elementwise) Signature() string {
	s := fmt.Sprintf("func(%s, %s *float32, n int", k.Out, strings.Join(k.In, ", "))
	if len(k.Scalars) > 0 {
		s += ", " + strings.Join(k.Scalars, ", ") + " float32"
	}
	return s + ")"
}

// constants returns how many constants a loop should hold in registers, if they fit.
func (k *Elementwise) constants() int {
	_, constants := k.loads()
	return constants
}

// loadsHide tells whether a loop for AVX2 holds no constants: two registers are loaded a cycle, and one is stored, so that
// no more than two loads for each store take no time. Registers of AVX-512 that are whole are loaded and stored as fast,
// but a loop of nothing else does not reach both rates at once.
func (k *Elementwise) loadsHide() bool {
	inputs, constants := k.loads()
	return inputs+constants <= 2
}

// loads returns how many inputs and constants are loaded for a register of the result, if none is held.
func (k *Elementwise) loads() (inputs, constants int) {
	e, out := k.expression()
	last := e.lastUses([]Val{out})
	for i, n := range e.nodes {
		if last[i] > 0 && n.kind == kConst {
			constants++
		}
	}
	return len(k.In), constants
}

// short tells whether an expression of several inputs has so few operations that a core works on several of it at once
// anyhow. Its loop for AVX-512 takes one register after another, each of which it stores at once, and operands from
// memory: so it waits for loads and stores alone.
func (e *Expr) short() bool {
	ops := 0
	for _, n := range e.nodes {
		if n.kind != kInput && n.kind != kConst && n.kind != kScalar {
			ops++
		}
	}
	return len(e.inputs) > 1 && ops <= 3
}

// expression returns the expression of the kernel, and its value.
func (k *Elementwise) expression() (e *Expr, out Val) {
	e = newExpr()
	var in, sc []Val
	for range k.In {
		in = append(in, e.In())
	}
	for range k.Scalars {
		sc = append(sc, e.Scalar())
	}
	return e, k.F(e, in, sc)
}

// emit writes the kernel with a main loop of unroll registers. n is not 0.
//
//	n < 8: one register, loaded and stored in parts
//	else:  loop of unroll registers, loop of one register, and once more for the last 8
//	       elements if n is not a multiple of 8. Some of these have been computed already:
//	       so that out may be an input, the last 8 of each input are saved before the loops.
//
// For AVX-512 a mask takes the place of the latter two and of the first: a loop of unroll registers, then one of a
// register under the mask of what is left.
func (k *Elementwise) emit(g *Gen, unroll int) {
	g.headerUnless(k.Name, k.Signature(), func(narrow string) {
		g.CMPQ(g.arg("n"), operand.Imm(leastWide))
		g.JL(operand.LabelRef(narrow))
	})
	e, out := k.expression()

	var scalars []operand.Mem
	for _, name := range k.Scalars {
		scalars = append(scalars, g.broadcastArg(name))
	}
	dst := g.Load(g.Param(k.Out), g.GP64()).(reg.GPVirtual)
	var src []reg.GPVirtual
	for _, name := range k.In {
		src = append(src, g.Load(g.Param(name), g.GP64()).(reg.GPVirtual))
	}
	n := g.Load(g.Param("n"), g.GP64()).(reg.GPVirtual)

	if g.wide {
		k.masked(g, unroll, e, out, scalars, dst, src, n)
		return
	}
	few := g.GP64() // elements of a call of less than 8 in the stretch of memory that stands for dst, if it is brief
	if brief[k.Name] {
		g.XORQ(few, few)
	}
	g.CMPQ(n, operand.Imm(8))
	g.JL(operand.LabelRef("small"))

	g.Comment("save the last 8 of each input")
	var saved []operand.Mem
	for _, p := range src {
		m := g.AllocLocal(32)
		t := g.YMM()
		g.VMOVUPS(operand.Mem{Base: p, Index: n, Scale: 4, Disp: -32}, t)
		g.VMOVUPS(t, m)
		saved = append(saved, m)
	}
	body := func(lanes int, held map[Val]reg.VecVirtual) {
		v := env{lanes: lanes, scalars: scalars, held: held, load: func(input, lane int) reg.VecVirtual {
			t := g.YMM()
			g.VMOVUPS(operand.Mem{Base: src[input], Disp: 32 * lane}, t)
			return t
		}}
		if len(e.nodes) > long && e.uses(e.inputs) <= 2*len(e.inputs) {
			v.direct = func(input, lane int) operand.Mem { return operand.Mem{Base: src[input], Disp: 32 * lane} }
		}
		r := g.lower(e, []Val{out}, v)
		for u := range lanes {
			g.VMOVUPS(r[0][u], operand.Mem{Base: dst, Disp: 32 * u})
		}
		for _, p := range append([]reg.GPVirtual{dst}, src...) {
			g.ADDQ(operand.U32(32*lanes), p)
		}
		g.SUBQ(operand.U32(8*lanes), n)
	}
	if unroll > 1 {
		g.CMPQ(n, operand.U32(8*unroll))
		g.JL(operand.LabelRef("single"))
		var held map[Val]reg.VecVirtual
		if !k.loadsHide() {
			held = g.hold(e, out, g.held)
		}
		g.Label("wide")
		body(unroll, held)
		g.CMPQ(n, operand.U32(8*unroll))
		g.JGE(operand.LabelRef("wide"))
	}
	g.Label("single")
	g.CMPQ(n, operand.Imm(8))
	g.JL(operand.LabelRef("last"))
	g.Label("one_register")
	body(1, nil)
	g.JMP(operand.LabelRef("single"))

	g.Label("last")
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("done"))
	g.LEAQ(operand.Mem{Base: dst, Index: n, Scale: 4, Disp: -32}, dst)
	for i, m := range saved {
		g.LEAQ(m, src[i])
	}
	g.MOVQ(operand.U32(8), n)
	g.JMP(operand.LabelRef("one_register"))

	g.Label("small")
	if brief[k.Name] {
		k.throughMemory(g, dst, few, n, src, saved)
		return
	}
	r := g.lower(e, []Val{out}, env{lanes: 1, scalars: scalars, load: func(input, _ int) reg.VecVirtual {
		return g.loadTail(n, src[input])
	}})
	g.storeTail(n, r[0][0], dst)
	g.Label("done")
	g.VZEROUPPER()
	g.RET()
}

// masked writes the loops for AVX-512.
func (k *Elementwise) masked(g *Gen, unroll int, e *Expr, out Val, scalars []operand.Mem, dst reg.GPVirtual,
	src []reg.GPVirtual, n reg.GPVirtual) {
	// registers computes and stores some registers, from the first-th on.
	registers := func(first, lanes int, mask reg.Register, held map[Val]reg.VecVirtual) {
		at := func(input, lane int) operand.Mem { return operand.Mem{Base: src[input], Disp: 64 * (first + lane)} }
		v := env{lanes: lanes, scalars: scalars, held: held,
			load: func(input, lane int) reg.VecVirtual { return g.loadWide(at(input, lane), mask) }}
		uses := e.uses(e.inputs)
		if mask == nil && (len(e.nodes) > long && uses <= 2*len(e.inputs) || e.short() && uses <= len(e.inputs)) {
			v.direct = at
		}
		r := g.lower(e, []Val{out}, v)
		for u := range lanes {
			g.storeWide(r[0][u], mask, operand.Mem{Base: dst, Disp: 64 * (first + u)})
		}
	}
	body := func(lanes int, mask reg.Register, held map[Val]reg.VecVirtual) {
		if e.short() {
			for u := range lanes {
				registers(u, 1, mask, held)
			}
		} else {
			registers(0, lanes, mask, held)
		}
		for _, p := range append([]reg.GPVirtual{dst}, src...) {
			g.ADDQ(operand.U32(64*lanes), p)
		}
		g.SUBQ(operand.U32(16*lanes), n)
	}
	if unroll > 1 {
		var held map[Val]reg.VecVirtual
		if g.held > 0 {
			g.CMPQ(n, operand.U32(16*unroll))
			g.JL(operand.LabelRef("single"))
			held = g.hold(e, out, g.held)
		}
		g.Label("wide")
		g.CMPQ(n, operand.U32(16*unroll))
		g.JL(operand.LabelRef("single"))
		body(unroll, nil, held)
		g.JMP(operand.LabelRef("wide"))
	}
	g.Label("single")
	g.TESTQ(n, n)
	g.JLE(operand.LabelRef("done"))
	body(1, g.edge(n), nil)
	g.JMP(operand.LabelRef("single"))
	g.Label("done")
	g.VZEROUPPER()
	g.RET()
}

// hold emits the loads of as many constants as most allows, those of the first operations, into registers where a loop
// finds them: see constants, and heldConstants.
func (g *Gen) hold(e *Expr, out Val, most int) map[Val]reg.VecVirtual {
	held := map[Val]reg.VecVirtual{}
	last := e.lastUses([]Val{out})
	for i, n := range e.nodes {
		if n.kind == kConst && last[i] > 0 && len(held) < most {
			r := g.vec()
			g.VBROADCASTSS(g.constant(n.imm), r)
			held[Val(i)] = r
		}
	}
	return held
}

// throughMemory writes what a brief kernel does for n < 8 elements: it takes them from memory where there are 8, and
// stores what comes of them behind done.
func (k *Elementwise) throughMemory(g *Gen, dst, few, n reg.GPVirtual, src []reg.GPVirtual, saved []operand.Mem) {
	to, out := g.GP64(), g.AllocLocal(32)
	for i, m := range saved {
		g.VMOVUPS(g.loadTail(n, src[i]), m)
		g.LEAQ(m, src[i])
	}
	g.MOVQ(n, few)
	place := g.AllocLocal(8)
	g.MOVQ(dst, place)
	g.LEAQ(out, dst)
	g.MOVQ(operand.U32(8), n)
	g.JMP(operand.LabelRef("one_register"))
	g.Label("done")
	g.TESTQ(few, few)
	g.JZ(operand.LabelRef("stored"))
	t := g.YMM()
	g.VMOVUPS(out, t)
	g.MOVQ(place, to)
	g.storeTail(few, t, to)
	g.Label("stored")
	g.VZEROUPPER()
	g.RET()
}

// header starts a kernel, or its part for AVX-512.
func (g *Gen) header(name, signature string) { g.headerUnless(name, signature, nil) }

// headerUnless is header for a kernel whose part for AVX2 is the faster one for some arguments, for which few, unless it
// is nil, emits a jump to the label that it gets.
func (g *Gen) headerUnless(name, signature string, few func(label string)) {
	if g.wide {
		return
	}
	g.Function(name + "SIMD")
	g.Attributes(attr.NOSPLIT)
	g.SignatureExpr(signature)
	g.Pragma("noescape")
	g.Doc(fmt.Sprintf("%sSIMD works like %sGeneric, for at least one element.", name, name))
	if g.both {
		emit.ToWideOfUnless(g.context, few)
	}
}

// broadcastArg copies an argument to all lanes of a place on the stack, of which instructions of AVX-512 read one.
func (g *Gen) broadcastArg(name string) operand.Mem {
	a, err := g.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	m, t := g.AllocLocal(32), g.YMM()
	g.VBROADCASTSS(a.Addr, t)
	g.VMOVUPS(t, m)
	return m
}
