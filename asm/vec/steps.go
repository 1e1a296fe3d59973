package vec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A StepMap is a kernel that takes a step of a recurrent cell for one sequence: the products of all its gates, and what
// follows from their sums, up to 24 units at a time. Package rnn of the runtime says how weights and biases lie.
//
// A row of weights has a part for each gate, and each part has its sums: a chain over the input, then over the state. With
// Turn those of the last part end behind the input, and others begin there.
type StepMap struct {
	Name, File string
	Parts      int
	Turn       bool
	Biases     int      // rows of biases
	First      int      // the part whose sums are 0 where there is no state; −1 for none
	State      string   // the argument with the numbers of units that F takes; empty if it takes none
	Out        []string // the arguments with those that it gives
	// F computes outputs from the sums with their first bias, from the second biases, which sums behind a turn do have, and
	// from the state, if it takes one.
	F func(e *Expr, sums, second []Val, state Val) (out []Val)
}

// StepMaps is the table of steps of recurrent cells for one sequence.
var StepMaps = []StepMap{
	{
		Name: "lstmStep", File: "lstm_step", Parts: 4, Biases: 1, First: 1, State: "c", Out: []string{"c", "h"},
		F: func(e *Expr, s, _ []Val, last Val) []Val {
			i, g := e.sigmoid(s[0]), e.tanh(s[2])
			c := e.Add(e.Mul(e.sigmoid(s[1]), last), e.Mul(i, g))
			return []Val{c, e.Mul(e.tanh(c), e.sigmoid(s[3]))}
		},
	},
	{
		Name: "gruStep", File: "gru_step", Parts: 3, Turn: true, Biases: 2, First: -1, State: "last", Out: []string{"h"},
		F: func(e *Expr, s, second []Val, last Val) []Val {
			r := e.sigmoid(e.Add(s[1], second[1]))
			g := e.tanh(e.Add(s[2], e.Mul(r, s[3])))
			return []Val{e.Add(g, e.Mul(e.Sub(last, g), e.sigmoid(e.Add(s[0], second[0]))))}
		},
	},
	{
		Name: "simpleStep", File: "simple_step", Parts: 1, Biases: 1, First: -1, Out: []string{"h"},
		F: func(e *Expr, s, _ []Val, _ Val) []Val { return []Val{e.tanh(s[0])} },
	},
}

// units returns the arguments that have numbers of units, and pass over them.
func (k *StepMap) units() []string {
	if k.State == "" || slices.Contains(k.Out, k.State) {
		return k.Out
	}
	return append(slices.Clone(k.Out), k.State)
}

// Signature returns the type of the kernel's Go function.
func (k *StepMap) Signature() string {
	return fmt.Sprintf("func(u, skip, size, f, v int, %s, w, x, state, sums, b *float32)", strings.Join(k.units(), ", "))
}

// A stepGen writes the kernel of a StepMap.
type stepGen struct {
	*Gen
	*StepMap
	limit      int                      // of values in registers while outputs are computed
	left       reg.GPVirtual            // units to do
	w, sums, b reg.GPVirtual            // where those of the units at hand begin
	places     map[string]reg.GPVirtual // and their numbers in each argument
	slots      []operand.Mem            // sums, with their biases
	whole      map[string]operand.Mem   // numbers of units that fill no whole number of registers
	now        map[string]reg.GPVirtual // where numbers of the units at hand are read or written
}

// mostLanes is the most registers of AVX2 that the units at hand take in each part.
const mostLanes = 3

// emit writes the kernel. u is not 0.
//
//	16 units at a time while more than 24 are left, then as many as there are, in 8, 16 or 24 columns:
//	    sums = sums or 0, add products of the input, then of the state, then biases
//	    outputs of all of these units
func (k *StepMap) emit(g *Gen, unroll int) {
	g.header(k.Name, k.Signature())
	s := &stepGen{Gen: g, StepMap: k, limit: 16 - unroll, places: map[string]reg.GPVirtual{},
		whole: map[string]operand.Mem{}}
	if g.wide {
		s.limit *= 2
	} else {
		for range k.values() {
			s.slots = append(s.slots, g.AllocLocal(32*mostLanes))
		}
	}
	for _, name := range k.units() {
		s.whole[name] = g.AllocLocal(32 * mostLanes)
	}
	pointer := func(name string) reg.GPVirtual { return g.Load(g.Param(name), g.GP64()).(reg.GPVirtual) }
	s.left, s.w, s.sums, s.b = pointer("u"), pointer("w"), pointer("sums"), pointer("b")
	for _, name := range k.units() {
		s.places[name] = pointer(name)
	}
	g.Label("units")
	g.CMPQ(s.left, operand.Imm(8))
	g.JLE(operand.LabelRef("one"))
	g.CMPQ(s.left, operand.Imm(16))
	g.JLE(operand.LabelRef("two"))
	g.CMPQ(s.left, operand.Imm(24))
	g.JLE(operand.LabelRef("three"))
	g.Label("two")
	s.block("two", 2)
	g.SUBQ(operand.Imm(16), s.left)
	g.JG(operand.LabelRef("units"))
	g.JMP(operand.LabelRef("done"))
	g.Label("one")
	s.block("one", 1)
	g.JMP(operand.LabelRef("done"))
	g.Label("three")
	s.block("three", 3)
	g.Label("done")
	g.VZEROUPPER()
	g.RET()
}

// values is the number of sums of a unit.
func (k *StepMap) values() int {
	if k.Turn {
		return k.Parts + 1
	}
	return k.Parts
}

// block emits what is done for up to 8·eights units, whose rows of weights have parts of as many columns. Only where these
// are 16 may others follow.
func (s *stepGen) block(prefix string, eights int) {
	b := &stepBlock{stepGen: s, prefix: prefix, part: 32 * eights, at: s.GP64(), n: s.GP64(), p: s.GP64()}
	for at := 0; at < b.part; {
		l := stepLane{at: at, bytes: 32}
		if s.wide && b.part-at >= 64 {
			l.bytes = 64
		}
		b.lanes = append(b.lanes, l)
		at += l.bytes
	}
	s.Comment("skip elements of a row of 16 units to the first")
	s.Load(s.Param("skip"), b.at)
	if eights == 3 {
		s.LEAQ(operand.Mem{Base: b.at, Index: b.at, Scale: 2}, b.at)
		s.SHLQ(operand.Imm(1), b.at)
	} else {
		s.SHLQ(operand.Imm(uint64(eights)), b.at)
	}
	s.ADDQ(s.w, b.at)
	sums := b.products()
	b.noState(sums)
	b.begin()
	if s.wide {
		b.outputs(sums, 0, len(b.lanes))
	} else {
		for lane := range b.lanes {
			b.outputs(sums, lane, lane+1)
		}
	}
	b.end()
	if eights != 2 {
		return
	}
	s.Comment("on to the next units, size elements behind")
	s.Load(s.Param("size"), b.n)
	s.SHLQ(operand.Imm(2), b.n)
	s.ADDQ(b.n, s.w)
	for _, name := range s.units() {
		s.ADDQ(operand.U32(b.part), s.places[name])
	}
	s.ADDQ(operand.U32(s.Biases*b.row()), s.b)
}

// seconds is the number of second biases that the function takes.
func (k *StepMap) seconds() int {
	if k.Biases == 2 {
		return k.Parts - 1
	}
	return 0
}

// A stepBlock writes what is done for some units.
type stepBlock struct {
	*stepGen
	prefix   string     // of labels
	part     int        // bytes of a part of a row
	lanes    []stepLane // that make up a part
	at, n, p reg.GPVirtual
}

// A stepLane is what a register holds of a part of a row, which of AVX-512 may be its lower half.
type stepLane struct{ at, bytes int }

// of returns what a lane fills of a register.
func (l stepLane) of(g *Gen, r reg.VecVirtual) reg.VecVirtual {
	if g.wide && l.bytes == 32 {
		return r.AsY().(reg.VecVirtual)
	}
	return r
}

// row is the bytes of a row.
func (b *stepBlock) row() int { return b.Parts * b.part }

func (b *stepBlock) label(name string) string { return b.prefix + name }

// address returns a lane of a part of the row at base.
func (b *stepBlock) address(base reg.Register, part int, l stepLane) operand.Mem {
	return operand.Mem{Base: base, Disp: part*b.part + l.at}
}

// bias returns a lane of a part of a row of biases.
func (b *stepBlock) bias(row, part int, l stepLane) operand.Mem {
	return b.address(b.b, row*b.Parts+part, l)
}

// load loads a lane, and clears the rest of the register.
func (b *stepBlock) load(m operand.Mem, l stepLane) reg.VecVirtual {
	r := b.vec()
	b.VMOVUPS(m, l.of(b.Gen, r))
	return r
}

// clear sets a register to 0.
func (g *Gen) clear(r reg.VecVirtual) {
	if g.wide {
		g.VPXORD(r, r, r)
	} else {
		g.VXORPS(r, r, r)
	}
}

// products emits the sums of all parts, with their first bias; but for AVX-512 they are in their slots in memory, too.
func (b *stepBlock) products() (sums [][]reg.VecVirtual) {
	for range b.Parts {
		var part []reg.VecVirtual
		for range b.lanes {
			part = append(part, b.vec())
		}
		sums = append(sums, part)
	}
	b.TESTQ(b.sums, b.sums)
	b.JZ(operand.LabelRef(b.label("Zero")))
	for i, part := range sums {
		for k, l := range b.lanes {
			b.VMOVUPS(b.address(b.sums, i, l), l.of(b.Gen, part[k]))
		}
	}
	b.ADDQ(operand.U32(b.row()), b.sums)
	b.JMP(operand.LabelRef(b.label("Begin")))
	b.Label(b.label("Zero"))
	for _, sum := range slices.Concat(sums...) {
		b.clear(sum)
	}
	b.Label(b.label("Begin"))
	b.product("Input", "x", "f", sums)
	if !b.Turn {
		b.product("State", "state", "v", sums)
		for i := range sums {
			b.ready(i, sums[i], 0, i)
		}
		return sums
	}
	b.Comment("the sums of the last part begin anew")
	turned := b.Parts - 1
	b.ready(turned, sums[turned], 0, turned)
	next := slices.Clone(sums[turned])
	for k := range next {
		if b.wide {
			next[k] = b.vec()
		}
		b.clear(next[k])
	}
	b.product("State", "state", "v", append(slices.Clone(sums[:turned]), next))
	for i := range turned {
		b.ready(i, sums[i], 0, i)
	}
	sums = append(sums, next)
	b.ready(b.Parts, next, 1, turned)
	return sums
}

// product adds the products of some numbers with as many rows of weights, and goes on to the row behind them.
func (b *stepBlock) product(label, x, count string, sums [][]reg.VecVirtual) {
	b.Load(b.Param(count), b.n)
	b.TESTQ(b.n, b.n)
	b.JZ(operand.LabelRef(b.label(label + "Had")))
	b.Load(b.Param(x), b.p)
	b.Label(b.label(label))
	a := b.vec()
	b.VBROADCASTSS(operand.Mem{Base: b.p}, a)
	for i, part := range sums {
		for k, l := range b.lanes {
			b.VFMADD231PS(b.address(b.at, i, l), l.of(b.Gen, a), l.of(b.Gen, part[k]))
		}
	}
	b.ADDQ(operand.U32(b.row()), b.at)
	b.ADDQ(operand.Imm(4), b.p)
	b.DECQ(b.n)
	b.JNZ(operand.LabelRef(b.label(label)))
	b.Label(b.label(label + "Had"))
}

// ready adds a bias to sums and puts them into a slot.
func (b *stepBlock) ready(slot int, sums []reg.VecVirtual, row, part int) {
	for k, l := range b.lanes {
		sum := l.of(b.Gen, sums[k])
		b.VADDPS(b.bias(row, part, l), sum, sum)
		if !b.wide {
			b.VMOVUPS(sum, b.slots[slot].Offset(l.at))
		}
	}
}

// noState sets the sums to 0 that are where there is no state.
func (b *stepBlock) noState(sums [][]reg.VecVirtual) {
	if b.First < 0 {
		return
	}
	b.Load(b.Param("v"), b.n)
	b.TESTQ(b.n, b.n)
	b.JNZ(operand.LabelRef(b.label("HasState")))
	for k, l := range b.lanes {
		sum := sums[b.First][k]
		b.clear(sum)
		if !b.wide {
			b.VMOVUPS(sum, b.slots[b.First].Offset(l.at))
		}
	}
	b.Label(b.label("HasState"))
}

// begin copies numbers of units that fill no whole number of registers to where these may be read.
func (b *stepBlock) begin() {
	b.now = map[string]reg.GPVirtual{}
	for _, name := range b.units() {
		b.now[name] = b.GP64()
		b.MOVQ(b.places[name], b.now[name])
	}
	b.CMPQ(b.left, operand.Imm(uint64(b.part/4)))
	b.JGE(operand.LabelRef(b.label("Whole")))
	if b.State != "" {
		b.copyUnits(b.State, true)
	}
	for _, name := range b.units() {
		b.LEAQ(b.whole[name], b.now[name])
	}
	b.Label(b.label("Whole"))
}

// end copies what begin had written elsewhere to where it belongs.
func (b *stepBlock) end() {
	b.CMPQ(b.left, operand.Imm(uint64(b.part/4)))
	b.JGE(operand.LabelRef(b.label("Stored")))
	for _, name := range b.Out {
		b.copyUnits(name, false)
	}
	b.Label(b.label("Stored"))
}

// copyUnits copies the units at hand, less than fill the registers, to where they are whole, or from there.
func (b *stepBlock) copyUnits(name string, in bool) {
	at, whole, few := b.GP64(), b.whole[name], b.GP64()
	b.MOVQ(b.places[name], at)
	b.MOVQ(b.left, few)
	for _, l := range b.lanes[:len(b.lanes)-1] {
		t, from, to := l.of(b.Gen, b.vec()), operand.Mem{Base: at}, whole
		if !in {
			from, to = to, from
		}
		b.VMOVUPS(from, t)
		b.VMOVUPS(t, to)
		whole = whole.Offset(l.bytes)
		b.ADDQ(operand.Imm(uint64(l.bytes)), at)
		b.SUBQ(operand.Imm(uint64(l.bytes/4)), few)
	}
	last := b.lanes[len(b.lanes)-1]
	switch {
	case b.wide && in:
		b.VMOVUPS(last.of(b.Gen, b.loadWide(operand.Mem{Base: at}, b.edge(few))), whole)
	case b.wide:
		b.storeWide(b.load(whole, last), b.edge(few), operand.Mem{Base: at})
	case in:
		b.VMOVUPS(b.loadTail(few, at), whole)
	default:
		b.storeTail(few, b.load(whole, last), at)
	}
}

// outputs emits the function for some lanes, and stores what it gives at once. The operations of all of them are put in
// one order, so that what one waits for is the time of the others.
func (b *stepBlock) outputs(sums [][]reg.VecVirtual, from, to int) {
	e := newExpr()
	ins := func(n int) (vs []Val) {
		for range n {
			vs = append(vs, e.In())
		}
		return vs
	}
	var out []Val
	for range b.lanes[from:to] {
		out = append(out, b.F(e, ins(b.values()), ins(b.seconds()), e.In())...)
	}
	out = e.schedule(out, b.limit)
	inputs := b.values() + b.seconds() + 1
	place := func(input int) (operand.Mem, stepLane) {
		l := b.lanes[from+input/inputs]
		switch i := input % inputs; {
		case i < len(sums) && !b.wide:
			return b.slots[i].Offset(l.at), l
		case i >= len(sums) && i < inputs-1:
			return b.bias(1, i-len(sums), l), l
		}
		return operand.Mem{Base: b.now[b.State], Disp: l.at}, l
	}
	v := env{lanes: 1}
	if b.wide {
		v.load = func(input, _ int) reg.VecVirtual {
			if i := input % inputs; i < len(sums) {
				return sums[i][from+input/inputs]
			}
			return b.load(place(input))
		}
	} else {
		v.direct = func(input, _ int) operand.Mem {
			m, _ := place(input)
			return m
		}
	}
	l := newLowering(b.Gen, e, nil, v)
	for i := range e.nodes {
		at := slices.Index(out, Val(i))
		if at < 0 && l.last[i] == 0 {
			continue
		}
		l.node(i)
		if at < 0 {
			continue
		}
		lane, name := b.lanes[from+at/len(b.Out)], b.Out[at%len(b.Out)]
		b.VMOVUPS(lane.of(b.Gen, l.regs[Val(i)][0]), operand.Mem{Base: b.now[name], Disp: lane.at})
	}
}
