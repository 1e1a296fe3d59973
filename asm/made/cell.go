package made

import (
	"slices"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/vec"
)

// MostCell is the most units of a recurrent cell: those that lie side by side in the weights as package rnn of the
// runtime arranges them, rows of one part for each gate, first those of the input, then those of the state.
const MostCell = 24

// Cell tells whether an operation is the step of a recurrent cell.
func (o *Op) Cell() bool { return o.gates() > 0 }

// gates returns the number of gates of a recurrent cell; 0 of other operations.
func (o *Op) gates() int {
	switch o.Kind {
	case LSTM:
		return 4
	case GRU:
		return 3
	case Simple:
		return 1
	}
	return 0
}

// fillsWide tells whether the units of a cell are in registers of AVX-512, which is faster than those of AVX2: of an
// LSTM one, of a GRU one and the lower half of another, see WholeRegisters.
func (o *Op) fillsWide() bool {
	return o.Kind == LSTM && o.Size == 2*lanes || o.Kind == GRU && o.Size == 3*lanes
}

// WholeRegisters tells whether the kernel with AVX-512 is the faster one only where 512 bits are whole: where they are
// two halves, one and a half registers take as much as three of AVX2. What is stored under a mask is not there for the
// loads of the next step until it is in the cache: so units that fill no half are for AVX2.
func (n *Net) WholeRegisters() bool {
	return slices.ContainsFunc(n.Ops, func(o Op) bool { return o.fillsWide() && registers(o.Size) > 2 })
}

// Wide tells whether a kernel with AVX-512 is made, for some cell.
func (n *Net) Wide() bool {
	return slices.ContainsFunc(n.Ops, func(o Op) bool { return o.fillsWide() })
}

// cellBytes is what cells need to keep sums: those of a part of each gate, and of the state's share in the last of a
// GRU.
func (n *Net) cellBytes() (bytes int) {
	for _, o := range n.Ops {
		if gates := o.gates(); gates > 0 {
			bytes = max(bytes, (gates+1)*registers(o.Size)*register)
		}
	}
	return bytes
}

// cellGen emits the step of a cell. A part is what a gate has in a row of weights, some registers.
type cellGen struct {
	*oneGen
	o       *Op
	parts   int           // of a row
	count   int           // registers of a part
	w, b, h reg.GPVirtual // weights, biases, and the state of all cells
}

// step emits the step of a cell that has a state, and returns the registers of its units, which are in its states too.
func (k *oneGen) step(o *Op) []reg.VecVirtual {
	c := &cellGen{oneGen: k, o: o, parts: o.gates(), count: registers(o.Size)}
	if k.wide && o.fillsWide() {
		c.count = (c.count + 1) / 2
		k.SetWide(true)
		defer k.SetWide(false)
	}
	c.w, c.b = k.pointer(k.net.Params[o.Params[0]]), k.pointer(k.net.Params[o.Params[1]])
	c.h = k.pointer(k.net.States[o.In[1].Slot])
	sums := c.zeros()
	c.rows(k.numbers(o.In[0]), 0, o.Terms, sums)
	var turned []reg.VecVirtual // the sums of the last gate of a GRU, up to the state
	if o.Kind == GRU {
		turned = sums[2]
		c.bias(0, 2, turned)
		sums[2] = c.clearPart()
		if c.count > 1 && !c.Wide() {
			c.keep(3, turned)
		}
	}
	c.rows(operand.Mem{Base: c.h}, o.Terms, o.Size, sums)
	var h []reg.VecVirtual
	switch {
	case o.Kind == LSTM && c.count == 1 && !c.pairs: // in one order its values take more than half of them
		h = c.lstmOne(sums)
	case o.Kind == LSTM:
		h = c.lstm(sums)
	case o.Kind == GRU && (c.count == 1 || c.Wide()):
		h = c.gruOne(sums, turned)
	case o.Kind == GRU:
		h = c.gru(sums)
	default:
		c.bias(0, 0, sums[0])
		h = c.each(func(e *vec.Expr, in []vec.Val) vec.Val { return e.Tanh(in[0]) }, inRegisters(sums[0]))
	}
	c.storeState(c.h, h)
	return h
}

// begins returns where a register of a part begins.
func (c *cellGen) begins(r int) int {
	if c.Wide() {
		return 2 * register * r
	}
	return register * r
}

// of returns what a part fills of its r-th register: of AVX-512 the last may be half full.
func (c *cellGen) of(r int, v reg.VecVirtual) reg.VecVirtual {
	if c.Wide() && c.begins(r)+register == c.partBytes() {
		return v.AsY().(reg.VecVirtual)
	}
	return v
}

// clearPart returns registers for a part, which are 0.
func (c *cellGen) clearPart() (part []reg.VecVirtual) {
	for range c.count {
		r := c.Vec()
		c.Clear(r)
		part = append(part, r)
	}
	return part
}

// zeros returns the sums of all parts, which are 0.
func (c *cellGen) zeros() (sums [][]reg.VecVirtual) {
	for range c.parts {
		sums = append(sums, c.clearPart())
	}
	return sums
}

// partBytes is what a part takes in a row.
func (c *cellGen) partBytes() int { return register * registers(c.o.Size) }

// mostRows is the most multiply-adds of rows of weights that stand one after another; rowsAtOnce is the number of rows
// of one round of the loop over more.
const mostRows, rowsAtOnce = 144, 4

// rows adds the products of some terms at x with the rows of weights from a first one on.
func (c *cellGen) rows(x operand.Mem, first, terms int, sums [][]reg.VecVirtual) {
	row := c.parts * c.partBytes()
	step := func(i int, at, term reg.Register) {
		a := c.Vec()
		c.VBROADCASTSS(indexed(x.Offset(4*i), term), a)
		for p, part := range sums {
			for r, s := range part {
				m := operand.Mem{Base: c.w, Disp: row*(first+i) + p*c.partBytes() + c.begins(r)}
				c.VFMADD231PS(indexed(m, at), c.of(r, a), c.of(r, s))
			}
		}
	}
	done := 0
	if terms*c.parts*c.count > mostRows && terms >= 2*rowsAtOnce {
		done = terms / rowsAtOnce * rowsAtOnce
		loop, at, term := c.NewLabel("rows"), c.GP64(), c.GP64()
		c.XORQ(at, at)
		c.XORQ(term, term)
		c.Label(loop)
		for i := range rowsAtOnce {
			step(i, at, term)
		}
		c.ADDQ(operand.U32(row*rowsAtOnce), at)
		c.ADDQ(operand.Imm(4*rowsAtOnce), term)
		c.CMPQ(term, operand.U32(4*done))
		c.JNE(operand.LabelRef(loop))
	}
	for i := done; i < terms; i++ {
		step(i, nil, nil)
	}
}

// bias adds a part of a row of biases to sums.
func (c *cellGen) bias(row, part int, sums []reg.VecVirtual) {
	for r, s := range sums {
		m := operand.Mem{Base: c.b, Disp: (row*c.parts+part)*c.partBytes() + c.begins(r)}
		c.VADDPS(m, c.of(r, s), c.of(r, s))
	}
}

// at returns where a register of what is kept is.
func (c *cellGen) at(i, r int) operand.Mem {
	return operand.Mem{Base: c.base, Disp: c.cell + register*(i*c.count+r)}
}

// keep stores registers, and returns where they are.
func (c *cellGen) keep(i int, v []reg.VecVirtual) vec.Source {
	for r, t := range v {
		c.VMOVUPS(t, c.at(i, r))
	}
	return c.kept(i)
}

func (c *cellGen) kept(i int) vec.Source {
	return vec.Source{Mem: func(r int) operand.Mem { return c.at(i, r) }}
}

// inRegisters returns the source of what is in registers.
func inRegisters(v []reg.VecVirtual) vec.Source { return vec.Source{Regs: v} }

// state returns the source of a state.
func (c *cellGen) state(base reg.GPVirtual) vec.Source {
	if c.o.Size%lanes == 0 {
		return vec.Source{Mem: func(r int) operand.Mem { return operand.Mem{Base: base, Disp: register * r} }}
	}
	var v []reg.VecVirtual
	for r := range c.count {
		v = append(v, c.loadPart(base, c.o.Size, r))
	}
	return inRegisters(v)
}

// storeState stores a state, whose registers are still to be read.
func (c *cellGen) storeState(base reg.GPVirtual, v []reg.VecVirtual) {
	if c.Wide() {
		for r := range v {
			c.VMOVUPS(c.of(r, v[r]), operand.Mem{Base: base, Disp: c.begins(r)})
		}
		return
	}
	if c.o.Size%lanes != 0 {
		v = slices.Clone(v)
		last := c.YMM()
		c.VMOVAPS(v[len(v)-1], last)
		v[len(v)-1] = last
	}
	c.storeTo(base, v, c.o.Size)
}

// each applies a function to the registers of a part, two at a time, which may be the pair that one is: as many as there
// are operations for at once.
func (c *cellGen) each(f func(e *vec.Expr, in []vec.Val) vec.Val, in ...vec.Source) (out []reg.VecVirtual) {
	most := 2
	if c.pairs {
		most = 1
	}
	for from := 0; from < c.count; from += most {
		count := min(most, c.count-from)
		part := make([]vec.Source, len(in))
		for i, s := range in {
			if s.Regs != nil {
				part[i].Regs = s.Regs[from : from+count]
			} else {
				part[i].Mem = func(r int) operand.Mem { return s.Mem(from + r) }
			}
		}
		out = append(out, c.Compute(f, count, part...)...)
	}
	return out
}

// fewLeft tells whether functions leave few registers for the values of other gates.
func (c *cellGen) fewLeft() bool { return c.count > 2 || c.pairs }

func sigmoid(e *vec.Expr, in []vec.Val) vec.Val { return e.Sigmoid(in[0]) }

// lstm emits what follows from the sums of an LSTM:
//
//	c = sigmoid(f)·c + sigmoid(i)·tanh(g),  h = tanh(c)·sigmoid(o)
//
// A core takes up operations in their order, as many as its registers hold, and those that can run in the order of
// their age. So what others wait for longest comes first: o behind the cell state, whose tanh waits for it anyway.
func (c *cellGen) lstm(sums [][]reg.VecVirtual) []reg.VecVirtual {
	var at [4]vec.Source
	for _, p := range [...]int{1, 0, 2, 3} {
		c.bias(0, p, sums[p])
		if at[p] = inRegisters(sums[p]); p == 3 || c.fewLeft() || c.o.Size%lanes != 0 && p == 2 {
			at[p] = c.keep(p, sums[p])
		}
	}
	memory := c.pointer(c.net.States[c.o.In[2].Slot])
	old := c.each(func(e *vec.Expr, in []vec.Val) vec.Val {
		return e.Mul(e.Sigmoid(in[0]), in[1])
	}, at[1], c.state(memory))
	if c.fewLeft() {
		at[1] = c.keep(1, old)
	} else {
		at[1] = inRegisters(old)
	}
	i := c.each(sigmoid, at[0])
	cell := c.each(func(e *vec.Expr, in []vec.Val) vec.Val {
		return e.Add(in[2], e.Mul(in[1], e.Tanh(in[0])))
	}, at[2], inRegisters(i), at[1])
	c.storeState(memory, cell)
	o := c.each(sigmoid, at[3])
	if c.fewLeft() {
		at[3] = c.keep(3, o)
	} else {
		at[3] = inRegisters(o)
	}
	return c.each(func(e *vec.Expr, in []vec.Val) vec.Val {
		return e.Mul(e.Tanh(in[0]), in[1])
	}, inRegisters(cell), at[3])
}

// gru emits what follows from the sums of a GRU, of which the last are those of the state alone:
//
//	g = tanh(g + sigmoid(r)·q),  h = g + (h − g)·sigmoid(z)
func (c *cellGen) gru(sums [][]reg.VecVirtual) []reg.VecVirtual {
	c.bias(0, 1, sums[1])
	c.bias(1, 1, sums[1])
	c.bias(1, 2, sums[2])
	c.bias(0, 0, sums[0])
	c.bias(1, 0, sums[0])
	q, z := c.keep(2, sums[2]), c.keep(0, sums[0])
	g := c.each(func(e *vec.Expr, in []vec.Val) vec.Val {
		return e.Add(in[2], e.Mul(e.Sigmoid(in[0]), in[1]))
	}, inRegisters(sums[1]), q, c.kept(3))
	for r := range c.count { // one by one, which takes few registers
		share := c.Compute(sigmoid, 1, vec.Source{Mem: func(int) operand.Mem { return z.Mem(r) }})
		c.VMOVUPS(share[0], c.at(0, r))
	}
	g = c.each(func(e *vec.Expr, in []vec.Val) vec.Val { return e.Tanh(in[0]) }, inRegisters(g))
	return c.each(func(e *vec.Expr, in []vec.Val) vec.Val {
		return e.Add(in[0], e.Mul(e.Sub(in[1], in[0]), in[2]))
	}, inRegisters(g), c.state(c.h), z)
}

// fewNarrow and fewWide are the most values that are in registers while the functions of cells of one register are computed,
// besides what instructions need for constants; fewPairs is that of pairs, fewTwo of those of two registers of AVX-512,
// besides inputs.
const (
	fewNarrow = 11
	fewPairs  = 9
	fewWide   = 24
	fewTwo    = 16
)

// fewValues returns that of AVX2 or of pairs.
func (c *cellGen) fewValues() int {
	if c.pairs {
		return fewPairs
	}
	return fewNarrow
}

// scheduled computes functions of registers.
func (c *cellGen) scheduled(f func(e *vec.Expr, in []vec.Val) []vec.Val, in ...[]reg.VecVirtual) []reg.VecVirtual {
	few := c.fewValues()
	if c.Wide() {
		few = fewWide
	}
	return c.ComputeScheduled(f, few, slices.Concat(in...)...)
}

// last returns the registers of a state.
func (c *cellGen) last(base reg.GPVirtual) []reg.VecVirtual {
	if !c.Wide() {
		return []reg.VecVirtual{c.loadPart(base, c.o.Size, 0)}
	}
	var all []reg.VecVirtual
	for r := range c.count {
		v := c.Vec()
		c.VMOVUPS(operand.Mem{Base: base, Disp: c.begins(r)}, c.of(r, v))
		all = append(all, v)
	}
	return all
}

// lstmOne is lstm for one register: the operations of all gates are put in one order.
func (c *cellGen) lstmOne(sums [][]reg.VecVirtual) []reg.VecVirtual {
	for p, s := range sums {
		c.bias(0, p, s)
	}
	memory := c.pointer(c.net.States[c.o.In[2].Slot])
	out := c.scheduled(func(e *vec.Expr, in []vec.Val) []vec.Val {
		fresh := e.Mul(e.Sigmoid(in[0]), e.Tanh(in[2]))
		cell := e.Add(e.Mul(e.Sigmoid(in[1]), in[4]), fresh)
		return []vec.Val{cell, e.Mul(e.Tanh(cell), e.Sigmoid(in[3]))}
	}, append(sums, c.last(memory))...)
	c.storeState(memory, out[:1])
	return out[1:]
}

// gruOne is gru for one register, or two of AVX-512; turned are the sums of the last gate up to the state.
func (c *cellGen) gruOne(sums [][]reg.VecVirtual, turned []reg.VecVirtual) []reg.VecVirtual {
	for p, s := range sums {
		if p < 2 {
			c.bias(0, p, s)
		}
		c.bias(1, p, s)
	}
	var in []reg.VecVirtual
	state := c.last(c.h)
	for r := range c.count {
		in = append(in, sums[0][r], sums[1][r], sums[2][r], turned[r], state[r])
	}
	few := c.fewValues()
	if c.Wide() {
		few = fewTwo
	}
	return c.ComputeScheduled(func(e *vec.Expr, in []vec.Val) (h []vec.Val) {
		for ; len(in) > 0; in = in[5:] {
			g := e.Tanh(e.Add(in[3], e.Mul(e.Sigmoid(in[1]), in[2])))
			h = append(h, e.Add(g, e.Mul(e.Sub(in[4], g), e.Sigmoid(in[0]))))
		}
		return h
	}, few, in...)
}

// fewest is the most columns of a product behind a cell that reads its terms from registers: a quarter of one.
const fewest = lanes / 2

// few emits a Dense with few columns, whose terms are in registers: each is spread over a quarter, which spares the
// loads that the sums of the next step wait for.
func (k *oneGen) few(o *Op, x []reg.VecVirtual) []reg.VecVirtual {
	w := k.pointer(k.net.Params[o.Params[0]])
	var quarters []reg.VecVirtual
	for _, v := range x {
		quarters = append(quarters, v.AsX().(reg.VecVirtual))
		wide := v.Size() > register
		for i := 1; 4*len(quarters) < o.Terms && (i == 1 || wide && i < 4); i++ {
			q := k.XMM()
			if wide {
				k.VEXTRACTF32X4(operand.Imm(uint64(i)), v, q)
			} else {
				k.VEXTRACTF128(operand.Imm(1), v, q)
			}
			quarters = append(quarters, q)
		}
	}
	sums := make([]reg.VecVirtual, o.Chains)
	for c := range sums {
		sums[c] = k.XMM()
		k.VXORPS(sums[c], sums[c], sums[c])
	}
	step := func(c, t int) {
		a := k.XMM()
		k.VPERMILPS(operand.Imm(uint64(t%4*0x55)), quarters[t/4], a)
		k.VFMADD231PS(operand.Mem{Base: w, Disp: 4 * panel * t}, a, sums[c])
	}
	length := o.Terms / o.Chains
	for p := range length {
		for c := range sums {
			step(c, c*length+p)
		}
	}
	for t := o.Chains * length; t < o.Terms; t++ { // what is left of the last chain
		step(o.Chains-1, t)
	}
	for _, s := range sums[1:] {
		k.VADDPS(s, sums[0], sums[0])
	}
	v := sums[0].AsY().(reg.VecVirtual)
	if len(o.Params) > 1 {
		k.VADDPS(k.loadPart(k.pointer(k.net.Params[o.Params[1]]), o.Size, 0).AsX(), sums[0], sums[0])
	}
	k.activate(o, []reg.VecVirtual{v})
	return []reg.VecVirtual{v}
}
