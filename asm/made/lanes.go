package made

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/vec"
)

// stride is the number of bytes that a number of sixteen examples takes.
const stride = 4 * Rows

// lanesGen emits a kernel for batches, in which a number of all examples is two registers. They are of eight examples,
// and the numbers of a layer lie one after another on the stack. With AVX-512 they are of sixteen, and lie in two
// planes, each of which has one register of every number: two, so that products read a weight once for both. A
// multiply-add may read it from memory itself then, but so many reads would bound products of one register.
type lanesGen struct {
	kernel
	room
	apart int // bytes from a register of a number to the other
	y, x  reg.GPVirtual
	base  reg.GPVirtual
	begin map[Place]int // bytes from base
}

// emit emits the kernel: n examples, not 0 and a multiple of Rows, with AVX-512 of WideRows, of which x holds the
// inputs and y the outputs.
func (k *lanesGen) emit(name string) {
	k.start(name, k.net.LanesSignature())
	k.y, k.x = k.pointer("y"), k.pointer("x")
	n := k.pointer("n")
	k.begin = map[Place]int{}
	bytes := 0
	room := func(p Place, size int) {
		k.begin[p] = bytes
		bytes += stride * size
	}
	room(Place{Memory: Input}, k.net.In)
	room(Place{Memory: Output}, k.net.Out)
	for i, size := range k.net.Slots {
		room(Place{Slot, i}, size)
	}
	rows := Rows
	if k.Wide() {
		rows, k.apart, k.side = WideRows, bytes, 2*k.side
		k.base = k.frame(2 * bytes)
	} else {
		k.apart, k.held = register, 0
		k.base = k.frame(bytes)
	}

	k.Label("examples")
	k.Comment("examples, turned so that each lane has one")
	k.planes(func() {
		k.turnIn(k.net.In, k.x, func(j, r int) operand.Mem { return k.half(Place{Memory: Input}, j, r) })
		k.ADDQ(operand.U32(stride*k.net.In), k.x)
	})
	for i := range k.net.Ops {
		k.op(&k.net.Ops[i])
	}
	k.Comment("turned back")
	k.planes(func() {
		k.turnOut(k.net.Out, k.y, func(j, r int) operand.Mem { return k.half(Place{Memory: Output}, j, r) })
		k.ADDQ(operand.U32(stride*k.net.Out), k.y)
	})
	k.SUBQ(operand.Imm(uint64(rows)), n)
	k.JNE(operand.LabelRef("examples"))
	k.VZEROUPPER()
	k.RET()
}

// planes emits body, which is for sixteen examples: with AVX-512 in a loop over both planes, where base is of one.
func (k *lanesGen) planes(body func()) {
	if !k.Wide() {
		body()
		return
	}
	loop, left := k.NewLabel("plane"), k.GP64()
	k.MOVQ(operand.U32(2), left)
	k.Label(loop)
	body()
	k.ADDQ(operand.U32(k.apart), k.base)
	k.DECQ(left)
	k.JNE(operand.LabelRef(loop))
	k.SUBQ(operand.U32(2*k.apart), k.base)
}

// at returns where register r of number j of a value is.
func (k *lanesGen) at(p Place, j, r int) operand.Mem {
	return operand.Mem{Base: k.base, Disp: k.begin[p] + stride*j + k.apart*r}
}

// half returns where half r, 0 or 1, of sixteen examples of number j of a value is.
func (k *lanesGen) half(p Place, j, r int) operand.Mem {
	return operand.Mem{Base: k.base, Disp: k.begin[p] + stride*j + register*r}
}

// op emits an operation.
func (k *lanesGen) op(o *Op) {
	k.Comment(o.Doc)
	switch o.Kind {
	case Dense:
		k.dense(o)
	case Map:
		k.each(o, o.expression())
	case Add:
		k.each(o, func(e *vec.Expr, in []vec.Val) vec.Val { return e.Add(in[0], in[1]) })
	case Copy:
		k.each(o, func(_ *vec.Expr, in []vec.Val) vec.Val { return in[0] })
	case Affine:
		k.affine(o)
	case Softmax:
		k.softmax(o)
	}
}

// each applies an expression to all registers, side of them at a time: in a loop if it takes many.
func (k *lanesGen) each(o *Op, f func(e *vec.Expr, in []vec.Val) vec.Val) {
	k.eachPrepared(o, k.side, nil, f)
}

// eachPrepared is each with so many registers at a time. If prepare is not nil, it changes what was loaded before: r
// tells which register of a number, if side is even.
func (k *lanesGen) eachPrepared(o *Op, side int, prepare func(v reg.VecVirtual, r int),
	f func(e *vec.Expr, in []vec.Val) vec.Val) {
	total, apply := 2*o.Size, k.Hold(f, len(o.In), k.held)
	body := func(offset reg.Register, from, count int) {
		mem := func(p Place, r int) operand.Mem {
			m := k.at(p, (from+r)/2, (from+r)%2)
			if offset != nil {
				m.Index, m.Scale = offset, 1
			}
			return m
		}
		in := make([][]reg.VecVirtual, len(o.In))
		for i, p := range o.In {
			for r := range count {
				in[i] = append(in[i], k.take(mem(p, r)))
				if prepare != nil {
					prepare(in[i][r], r%2)
				}
			}
		}
		for r, v := range apply(in...) {
			k.VMOVUPS(v, mem(o.Out, r))
		}
	}
	from := 0
	if total >= 2*side {
		loop, offset := k.NewLabel("function"), k.GP64()
		k.XORQ(offset, offset)
		k.Label(loop)
		body(offset, 0, side)
		k.ADDQ(operand.U32(stride*side/2), offset)
		from = total / side * side
		k.CMPQ(offset, operand.U32(stride*from/2))
		k.JNE(operand.LabelRef(loop))
	}
	for ; from < total; from += side {
		body(nil, from, min(side, total-from))
	}
}

// load returns a register with what is in memory.
func (k *kernel) load(m operand.Mem) reg.VecVirtual {
	t := k.YMM()
	k.VMOVUPS(m, t)
	return t
}

// spread returns a register with a number of memory in each lane.
func (k *kernel) spread(m operand.Mem) reg.VecVirtual {
	t := k.YMM()
	k.VBROADCASTSS(m, t)
	return t
}

// affine emits y = (x − c)·s.
func (k *lanesGen) affine(o *Op) {
	c, s := k.pointer(k.net.Params[o.Params[0]]), k.pointer(k.net.Params[o.Params[1]])
	k.numbers(o.Size, func(j int, offset, elements reg.Register) {
		center := k.copies(indexed(operand.Mem{Base: c, Disp: 4 * j}, elements))
		scale := k.copies(indexed(operand.Mem{Base: s, Disp: 4 * j}, elements))
		for r := range 2 {
			t := k.take(indexed(k.at(o.In[0], j, r), offset))
			k.VSUBPS(center, t, t)
			k.VMULPS(scale, t, t)
			k.VMOVUPS(t, indexed(k.at(o.Out, j, r), offset))
		}
	})
}

// indexed adds an index, if there is one.
func indexed(m operand.Mem, index reg.Register) operand.Mem {
	if index != nil {
		m.Index, m.Scale = index, 1
	}
	return m
}

// few is the number of repetitions up to which code stands there as often, and from which on it is a loop.
const few = 8

// numbers emits body for each of some numbers: j is 0 in a loop, and the indices then count bytes of values and of
// arrays.
func (k *lanesGen) numbers(count int, body func(j int, values, array reg.Register)) {
	if count <= few {
		for j := range count {
			body(j, nil, nil)
		}
		return
	}
	loop, values, array := k.NewLabel("number"), k.GP64(), k.GP64()
	k.XORQ(values, values)
	k.XORQ(array, array)
	k.Label(loop)
	body(0, values, array)
	k.ADDQ(operand.Imm(stride), values)
	k.ADDQ(operand.Imm(4), array)
	k.CMPQ(array, operand.U32(4*count))
	k.JNE(operand.LabelRef(loop))
}

// softmax emits
//
//	m = max x;  y = exp(x − m), s = Σ y;  y = y·(1/s)
func (k *lanesGen) softmax(o *Op) {
	x, y := o.In[0], o.Out
	var largest []reg.VecVirtual
	for r := range 2 {
		largest = append(largest, k.take(k.at(x, 0, r)))
	}
	k.numbers(o.Size, func(j int, offset, _ reg.Register) {
		for r, m := range largest {
			k.VMAXPS(indexed(k.at(x, j, r), offset), m, m)
		}
	})
	k.eachPrepared(&Op{In: []Place{x}, Out: y, Size: o.Size}, max(k.side, 2),
		func(v reg.VecVirtual, r int) { k.VSUBPS(largest[r], v, v) },
		func(e *vec.Expr, in []vec.Val) vec.Val { return e.Exp(in[0]) })
	var factor []reg.VecVirtual
	for r := range 2 {
		s := k.foldExamples(o, r)
		one := k.one()
		k.VDIVPS(s, one, one)
		factor = append(factor, one)
	}
	k.numbers(o.Size, func(j int, offset, _ reg.Register) {
		for r := range 2 {
			t, m := k.Vec(), indexed(k.at(y, j, r), offset)
			k.VMULPS(m, factor[r], t)
			k.VMOVUPS(t, m)
		}
	})
}

// foldExamples returns the sums of the numbers of each example, which run in eight lanes, number j in lane j mod 8,
// that are folded in the end: (0+4 + 2+6) + (1+5 + 3+7). Lanes without a number are +0, which changes no sum of
// exponentials.
func (k *lanesGen) foldExamples(o *Op, r int) reg.VecVirtual {
	lane := func(l int) reg.VecVirtual {
		if l >= o.Size {
			return nil
		}
		s := k.take(k.at(o.Out, l, r))
		for j := l + lanes; j < o.Size; j += lanes {
			k.VADDPS(k.at(o.Out, j, r), s, s)
		}
		return s
	}
	add := func(a, b reg.VecVirtual) reg.VecVirtual {
		if b != nil {
			k.VADDPS(b, a, a)
		}
		return a
	}
	pair := func(l int) reg.VecVirtual { return add(lane(l), lane(l+4)) }
	four := func(l int) reg.VecVirtual {
		a := pair(l)
		if l+2 < o.Size {
			return add(a, pair(l+2))
		}
		return a
	}
	s := four(0)
	if o.Size > 1 {
		return add(s, four(1))
	}
	return s
}

// dense emits y = f(x·W + b), some columns at a time, whose sums stay in registers.
func (k *lanesGen) dense(o *Op) {
	w := k.pointer(k.net.Params[o.Params[0]])
	bias, out := reg.GPVirtual(nil), k.GP64()
	if len(o.Params) > 1 {
		bias = k.pointer(k.net.Params[o.Params[1]])
	}
	k.LEAQ(k.at(o.Out, 0, 0), out)
	whole := o.Size / panel
	if whole > 1 {
		left, loop := k.GP64(), k.NewLabel("panel")
		k.MOVQ(operand.U32(whole), left)
		k.Label(loop)
		k.columns(o, w, bias, out, panel)
		k.next(o, w, bias, out)
		k.DECQ(left)
		k.JNE(operand.LabelRef(loop))
	} else if whole == 1 {
		k.columns(o, w, bias, out, panel)
		if o.Size > panel {
			k.next(o, w, bias, out)
		}
	}
	if rest := o.Size % panel; rest > 0 {
		k.columns(o, w, bias, out, rest)
	}
}

// next goes on to the next panel.
func (k *lanesGen) next(o *Op, w, bias, out reg.GPVirtual) {
	k.ADDQ(operand.U32(4*panel*o.Terms), w)
	k.ADDQ(operand.U32(stride*panel), out)
	if bias != nil {
		k.ADDQ(operand.Imm(4*panel), bias)
	}
}

// columns emits the columns of one panel, in blocks of much the same size. With AVX-512 they are of one size if less
// than twice as many then do: the code of one in a loop is shorter, and its sums are still enough not to wait for each
// other.
func (k *lanesGen) columns(o *Op, w, bias, out reg.GPVirtual, count int) {
	most := k.sums / 2
	if k.Wide() {
		most = max(1, wideSums/(2*o.Chains))
	}
	blocks := (count + most - 1) / most
	for b := blocks; k.Wide() && b < 2*blocks; b++ {
		if count%b == 0 {
			blocks = b
			break
		}
	}
	if size := count / blocks; blocks > 1 && size*blocks == count {
		k.equalBlocks(block{op: o, w: w, bias: bias, out: out, size: size}, blocks)
		return
	}
	for b, from := 0, 0; b < blocks; b++ {
		size := (count - from + blocks - b - 1) / (blocks - b)
		k.block(block{op: o, w: w, bias: bias, out: out, from: from, size: size})
		from += size
	}
}

// equalBlocks emits some blocks side by side as one in a loop; w, bias and out are where they were behind it.
func (k *lanesGen) equalBlocks(b block, blocks int) {
	move := func(by int) {
		k.ADDQ(operand.I32(int32(4*by)), b.w)
		k.ADDQ(operand.I32(int32(stride*by)), b.out)
		if b.bias != nil {
			k.ADDQ(operand.I32(int32(4*by)), b.bias)
		}
	}
	left, loop := k.GP64(), k.NewLabel("block")
	k.MOVQ(operand.U32(blocks), left)
	k.Label(loop)
	k.block(b)
	move(b.size)
	k.DECQ(left)
	k.JNE(operand.LabelRef(loop))
	move(-b.size * blocks)
}

// A block is some columns of a panel, from one on.
type block struct {
	op         *Op
	w, bias    reg.GPVirtual // at the panel
	out        reg.GPVirtual // the result there
	from, size int
}

// result returns where register r of column c of a block will be.
func (k *lanesGen) result(b block, c, r int) operand.Mem {
	return operand.Mem{Base: b.out, Disp: stride*(b.from+c) + k.apart*r}
}

// block emits the sums of a block, what comes behind them, and the stores.
func (k *lanesGen) block(b block) {
	var sums []reg.VecVirtual
	switch o := b.op; {
	case k.Wide():
		sums = k.chainsAbreast(b)
	case o.Chains == 1:
		sums = k.zeros(2 * b.size)
		k.terms(b, sums, 0, o.Terms)
	case b.size <= 3 || o.Terms%o.Chains != 0:
		sums = k.chains(b)
	default:
		sums = k.chainLoop(b)
	}
	if b.bias != nil {
		for c := range b.size {
			k.addNumber(operand.Mem{Base: b.bias, Disp: 4 * (b.from + c)}, sums[2*c:2*(c+1)])
		}
	}
	k.activate(b.op, sums)
	for i, s := range sums {
		k.VMOVUPS(s, k.result(b, i/2, i%2))
	}
}

// addNumber adds a number of memory to all lanes of registers.
func (k *kernel) addNumber(m operand.Mem, sums []reg.VecVirtual) {
	if k.Wide() && len(sums) == 1 {
		k.VADDPS_BCST(m, sums[0], sums[0])
		return
	}
	v := k.copies(m)
	for _, s := range sums {
		k.VADDPS(v, s, s)
	}
}

// chainsAbreast emits the sums of a block with AVX-512: a step of all chains after another, so that the sums of a block
// of few columns do not wait for each other.
func (k *lanesGen) chainsAbreast(b block) []reg.VecVirtual {
	o := b.op
	length := o.Terms / o.Chains
	all := k.clear(2 * b.size * o.Chains)
	step := func(p, first, end int, index reg.Register) {
		for c := first; c < end; c++ {
			var x []reg.VecVirtual
			for r := range 2 {
				x = append(x, k.take(indexed(k.at(o.In[0], c*length+p, r), index)))
			}
			for i := range b.size {
				w := operand.Mem{Base: b.w, Disp: 4 * (panel*(c*length+p) + b.from + i)}
				s := 2 * (c*b.size + i)
				k.multiply(indexed(w, index), x, all[s:s+2])
			}
		}
	}
	round := min(length, max(1, enough/len(all))) // terms
	begin := 0
	if length > few/2 {
		loop, index := k.NewLabel("terms"), k.GP64()
		k.XORQ(index, index)
		k.Label(loop)
		for p := range round {
			step(p, 0, o.Chains, index)
		}
		k.ADDQ(operand.U32(stride*round), index)
		begin = length / round * round
		k.CMPQ(index, operand.U32(stride*begin))
		k.JNE(operand.LabelRef(loop))
	}
	for p := begin; p < length; p++ {
		step(p, 0, o.Chains, nil)
	}
	for p := length; p < o.Terms-(o.Chains-1)*length; p++ { // what is left of the last chain
		step(p, o.Chains-1, o.Chains, nil)
	}
	sums := all[:2*b.size]
	for i, s := range all[len(sums):] {
		j := i % len(sums)
		k.VADDPS(s, sums[j], sums[j])
	}
	return sums
}

// enough is the number of multiply-adds of registers that a round of a loop over terms has with AVX-512, behind which
// its counting does not show.
const enough = 16

// hiding is the number of multiply-adds of registers that a round of a loop over terms has with AVX2, behind which its
// counting does not show: with 10, 5 loads of weights, 2 of values and the counting are 19 operations, of which a core
// starts 4 a cycle and 2 of these multiply-adds.
const hiding = 10

// zeros returns registers that are 0.
func (k *kernel) zeros(count int) (all []reg.VecVirtual) {
	for range count {
		s := k.YMM()
		k.VXORPS(s, s, s)
		all = append(all, s)
	}
	return all
}

// chains emits one chain after another and adds it to those before: in registers if there is room, else where the
// results will be.
func (k *lanesGen) chains(b block) (sums []reg.VecVirtual) {
	room := b.size <= 3
	begin := 0
	for i, end := range b.op.chainEnds() {
		chain := k.zeros(2 * b.size)
		k.terms(b, chain, begin, end)
		for j, s := range chain {
			switch {
			case i == 0:
			case room:
				k.VADDPS(s, sums[j], sums[j])
			default:
				k.VADDPS(k.result(b, j/2, j%2), s, s)
			}
		}
		if !room && end < b.op.Terms {
			for j, s := range chain {
				k.VMOVUPS(s, k.result(b, j/2, j%2))
			}
		}
		if i == 0 || !room {
			sums = chain
		}
		begin = end
	}
	return sums
}

// chainLoop is chains in a loop, for chains of one length. What they are added to begins at -0, which changes no sum.
func (k *lanesGen) chainLoop(b block) []reg.VecVirtual {
	length := b.op.Terms / b.op.Chains
	minus := k.load(k.Constant(1 << 31))
	for c := range b.size {
		for r := range 2 {
			k.VMOVUPS(minus, k.result(b, c, r))
		}
	}
	chain, index, stop := k.NewLabel("chain"), k.GP64(), k.GP64()
	k.XORQ(index, index)
	k.XORQ(stop, stop)
	k.Label(chain)
	sums := k.zeros(2 * b.size)
	k.ADDQ(operand.U32(stride*length), stop)
	k.termLoop(b, sums, 0, length, index, stop)
	for i, s := range sums {
		k.VADDPS(k.result(b, i/2, i%2), s, s)
		k.VMOVUPS(s, k.result(b, i/2, i%2))
	}
	k.CMPQ(index, operand.U32(stride*b.op.Terms))
	k.JNE(operand.LabelRef(chain))
	return sums
}

// terms adds the terms from begin to end to sums.
func (k *lanesGen) terms(b block, sums []reg.VecVirtual, begin, end int) {
	if end-begin <= few/2 {
		for p := begin; p < end; p++ {
			k.term(b, sums, p, nil)
		}
		return
	}
	index := k.GP64()
	k.XORQ(index, index)
	k.termLoop(b, sums, begin, end-begin, index, operand.U32(stride*(end-begin)))
}

// termLoop adds some terms from begin on to sums, one at a time if its multiply-adds hide the loop, else two. index
// counts the bytes of the values, and is stop in the end. A number of all examples and a row of a panel take as many
// bytes, so that one index does for both.
func (k *lanesGen) termLoop(b block, sums []reg.VecVirtual, begin, count int, index reg.Register, stop operand.Op) {
	loop, round := k.NewLabel("terms"), 2
	if len(sums) >= hiding {
		round = 1
	}
	if count%round > 0 {
		k.term(b, sums, begin, index)
		k.ADDQ(operand.Imm(stride), index)
	}
	k.Label(loop)
	for p := range round {
		k.term(b, sums, begin+p, index)
	}
	k.ADDQ(operand.U32(stride*uint64(round)), index)
	k.CMPQ(index, stop)
	k.JNE(operand.LabelRef(loop))
}

// term adds term p, and as many bytes further as an index says, to sums.
func (k *lanesGen) term(b block, sums []reg.VecVirtual, p int, index reg.Register) {
	var x [2]reg.VecVirtual
	for r := range x {
		x[r] = k.load(indexed(k.at(b.op.In[0], p, r), index))
	}
	for c := range b.size {
		t := k.spread(indexed(operand.Mem{Base: b.w, Disp: 4 * (panel*p + b.from + c)}, index))
		for r := range x {
			k.VFMADD231PS(x[r], t, sums[2*c+r])
		}
	}
}
