package vec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A StepMap is a kernel that takes a step of a recurrent cell for one sequence: the products of all its gates, and what
// follows from their sums, up to 16 units at a time. Package rnn of the runtime says how weights and biases lie.
//
// A row of weights has a part for each gate, and each part has its sums: a chain over the input, then over the state. With
// Turn those of the last part end behind the input, and others begin there.
type StepMap struct {
	Name, File string
	Parts      int
	Turn       bool
	Biases     int      // rows of biases
	First      int      // the part whose sums are 0 where there is no state; −1 for none
	State      string   // the argument with the numbers of units that F takes
	Out        []string // the arguments with those that it gives
	// F computes outputs from the sums with their first bias, from the second biases, which sums behind a turn do have, and
	// from the state.
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
}

// units returns the arguments that have numbers of units, and pass over them.
func (k *StepMap) units() []string {
	if slices.Contains(k.Out, k.State) {
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
	left       reg.GPVirtual            // units to do
	w, sums, b reg.GPVirtual            // where those of the units at hand begin
	places     map[string]reg.GPVirtual // and their numbers in each argument
	slots      []operand.Mem            // sums, with their biases
	whole      map[string]operand.Mem   // numbers of units that fill no whole number of registers
	now        map[string]reg.GPVirtual // where numbers of the units at hand are read or written
	mask       reg.Register             // of AVX-512: the units at hand
}

// emit writes the kernel. u is not 0.
//
//	16 units at a time, then up to 8, or up to 16:
//	    sums = sums or 0, add products of the input, then of the state, then biases
//	    outputs of two registers of units, side by side if unroll is 2, or of one
//
// AVX-512 has one register of up to 16 units.
func (k *StepMap) emit(g *Gen, unroll int) {
	g.header(k.Name, k.Signature())
	s := &stepGen{Gen: g, StepMap: k, places: map[string]reg.GPVirtual{}, whole: map[string]operand.Mem{}}
	if !g.wide {
		for range k.values() {
			s.slots = append(s.slots, g.AllocLocal(64))
		}
		for _, name := range k.units() {
			s.whole[name] = g.AllocLocal(64)
		}
	}
	pointer := func(name string) reg.GPVirtual { return g.Load(g.Param(name), g.GP64()).(reg.GPVirtual) }
	s.left, s.w, s.sums, s.b = pointer("u"), pointer("w"), pointer("sums"), pointer("b")
	for _, name := range k.units() {
		s.places[name] = pointer(name)
	}
	g.Label("units")
	g.CMPQ(s.left, operand.Imm(8))
	g.JLE(operand.LabelRef("few"))
	s.units16("", 2, 16-unroll)
	g.SUBQ(operand.Imm(16), s.left)
	g.JG(operand.LabelRef("units"))
	g.JMP(operand.LabelRef("done"))
	g.Label("few")
	s.units16("few", 1, 16-unroll)
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

// units16 emits what is done for up to 8·regs units, whose rows of weights have parts of as many columns.
func (s *stepGen) units16(prefix string, regs, limit int) {
	lanes := regs
	if s.wide {
		lanes, s.mask = 1, s.edge(s.left)
	}
	b := &stepBlock{stepGen: s, prefix: prefix, part: 32 * regs, lanes: lanes, few: s.wide && regs == 1,
		at: s.GP64(), n: s.GP64(), p: s.GP64()}
	s.Comment("skip elements of a row of 16 units to the first, and size of them to the next units")
	s.Load(s.Param("skip"), b.at)
	s.SHLQ(operand.Imm(uint64(1+regs/2)), b.at)
	s.ADDQ(s.w, b.at)
	if regs == 2 {
		s.Load(s.Param("size"), b.n)
		s.SHLQ(operand.Imm(2), b.n)
		s.ADDQ(b.n, s.w)
	}
	sums := b.products()
	b.noState(sums)
	if s.wide {
		b.outputs(2*limit, func(input int) reg.VecVirtual {
			switch {
			case input < len(sums):
				return sums[input][0]
			case input < len(sums)+s.seconds():
				return b.load(b.bias(1, input-len(sums), 0))
			}
			return s.loadWide(operand.Mem{Base: s.places[s.State]}, s.mask)
		}, nil, 0)
	} else {
		b.begin()
		for lane := range lanes {
			b.outputs(limit, nil, func(input int) operand.Mem {
				switch {
				case input < len(sums):
					return s.slots[input].Offset(32 * lane)
				case input < len(sums)+s.seconds():
					return b.bias(1, input-len(sums), lane)
				}
				return operand.Mem{Base: s.now[s.State], Disp: 32 * lane}
			}, lane)
		}
		b.end()
	}
	for _, name := range s.units() {
		s.ADDQ(operand.Imm(64), s.places[name])
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
	prefix   string // of labels
	part     int    // bytes of a part of a row
	lanes    int    // registers of a part
	few      bool   // whether a part has fewer columns than the register of AVX-512 that it is in
	at, n, p reg.GPVirtual
}

// row is the bytes of a row.
func (b *stepBlock) row() int { return b.Parts * b.part }

func (b *stepBlock) label(name string) string { return b.prefix + name }

// address returns a register of a part of the row at base.
func (b *stepBlock) address(base reg.Register, part, lane int) operand.Mem {
	return operand.Mem{Base: base, Disp: part*b.part + 32*lane}
}

// bias returns a register of a part of a row of biases.
func (b *stepBlock) bias(row, part, lane int) operand.Mem {
	return b.address(b.b, row*b.Parts+part, lane)
}

// load loads a register of a part.
func (b *stepBlock) load(m operand.Mem) reg.VecVirtual {
	if b.few {
		return b.loadWide(m, b.mask)
	}
	r := b.vec()
	b.VMOVUPS(m, r)
	return r
}

// operand returns m as the operand of an instruction: it is loaded before, if it is less than a register.
func (b *stepBlock) operand(m operand.Mem) operand.Op {
	if b.few {
		return b.load(m)
	}
	return m
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
	b.JZ(operand.LabelRef(b.label("zero")))
	for i, part := range sums {
		for lane, sum := range part {
			if m := b.address(b.sums, i, lane); b.few {
				b.VMOVUPS_Z(m, b.mask, sum)
			} else {
				b.VMOVUPS(m, sum)
			}
		}
	}
	b.ADDQ(operand.U32(b.row()), b.sums)
	b.JMP(operand.LabelRef(b.label("begin")))
	b.Label(b.label("zero"))
	for _, sum := range slices.Concat(sums...) {
		b.clear(sum)
	}
	b.Label(b.label("begin"))
	b.product("input", "x", "f", sums)
	if !b.Turn {
		b.product("state", "state", "v", sums)
		for i := range sums {
			b.ready(i, sums[i], 0, i)
		}
		return sums
	}
	b.Comment("the sums of the last part begin anew")
	turned := b.Parts - 1
	b.ready(turned, sums[turned], 0, turned)
	next := sums[turned]
	if b.wide {
		next = []reg.VecVirtual{b.vec()}
	}
	for _, sum := range next {
		b.clear(sum)
	}
	b.product("state", "state", "v", append(slices.Clone(sums[:turned]), next))
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
		for lane, sum := range part {
			b.VFMADD231PS(b.operand(b.address(b.at, i, lane)), a, sum)
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
	for lane, sum := range sums {
		b.VADDPS(b.operand(b.bias(row, part, lane)), sum, sum)
		if !b.wide {
			b.VMOVUPS(sum, b.slots[slot].Offset(32*lane))
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
	b.JNZ(operand.LabelRef(b.label("hasState")))
	for lane, sum := range sums[b.First] {
		b.clear(sum)
		if !b.wide {
			b.VMOVUPS(sum, b.slots[b.First].Offset(32*lane))
		}
	}
	b.Label(b.label("hasState"))
}

// begin copies numbers of units that fill no whole number of registers to where these may be read.
func (b *stepBlock) begin() {
	b.now = map[string]reg.GPVirtual{}
	for _, name := range b.units() {
		b.now[name] = b.GP64()
		b.MOVQ(b.places[name], b.now[name])
	}
	b.CMPQ(b.left, operand.Imm(uint64(8*b.lanes)))
	b.JGE(operand.LabelRef(b.label("whole")))
	b.copyUnits(b.State, true)
	for _, name := range b.units() {
		b.LEAQ(b.whole[name], b.now[name])
	}
	b.Label(b.label("whole"))
}

// end copies what begin had written elsewhere to where it belongs.
func (b *stepBlock) end() {
	b.CMPQ(b.left, operand.Imm(uint64(8*b.lanes)))
	b.JGE(operand.LabelRef(b.label("stored")))
	for _, name := range b.Out {
		b.copyUnits(name, false)
	}
	b.Label(b.label("stored"))
}

// copyUnits copies the units at hand, less than fill the registers, to where they are whole, or from there.
func (b *stepBlock) copyUnits(name string, in bool) {
	at, whole, few := b.GP64(), b.whole[name], b.GP64()
	b.MOVQ(b.places[name], at)
	b.MOVQ(b.left, few)
	if b.lanes == 2 {
		t, from, to := b.YMM(), operand.Mem{Base: at}, whole
		if !in {
			from, to = to, from
		}
		b.VMOVUPS(from, t)
		b.VMOVUPS(t, to)
		whole = whole.Offset(32)
		b.ADDQ(operand.Imm(32), at)
		b.SUBQ(operand.Imm(8), few)
	}
	if in {
		b.VMOVUPS(b.loadTail(few, at), whole)
		return
	}
	t := b.YMM()
	b.VMOVUPS(whole, t)
	b.storeTail(few, t, at)
}

// outputs emits the function for a register of units, with as many values in registers as a limit allows, and stores what
// it gives at once. load loads one of its values, or direct tells where it is, the last of which is the state.
func (b *stepBlock) outputs(limit int, load func(input int) reg.VecVirtual, direct func(input int) operand.Mem,
	lane int) {
	e := newExpr()
	ins := func(n int) (vs []Val) {
		for range n {
			vs = append(vs, e.In())
		}
		return vs
	}
	out := e.schedule(b.F(e, ins(b.values()), ins(b.seconds()), e.In()), limit)
	v := env{lanes: 1}
	if load != nil {
		v.load = func(input, _ int) reg.VecVirtual { return load(input) }
	} else {
		v.direct = func(input, _ int) operand.Mem { return direct(input) }
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
		if name, r := b.Out[at], l.regs[Val(i)][0]; b.wide {
			b.storeWide(r, b.mask, operand.Mem{Base: b.places[name]})
		} else {
			b.VMOVUPS(r, operand.Mem{Base: b.now[name], Disp: 32 * lane})
		}
	}
}
