package made

import (
	"slices"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/vec"
)

// oneGen emits the kernel for one example. The numbers of a layer are the lanes of registers, on the stack in whole
// ones; those of the last operation stay in registers for the next where nothing else reads them.
type oneGen struct {
	kernel
	room
	wide  bool // whether cells that fill one register of AVX-512 are in such
	whole bool // whether layers of more numbers than a register of AVX2 has are in registers of AVX-512
	y, x  reg.GPVirtual
	base  reg.GPVirtual
	begin map[Place]int    // bytes from base
	now   []reg.VecVirtual // the value at place, which the stack does not have
	place Place
	units []reg.VecVirtual // those of the cell before, whose states the stack does not have
	cell  int              // where cells keep sums: bytes from base
}

// emit emits the kernel: x holds the inputs and y the outputs.
func (k *oneGen) emit(name string) {
	k.start(name, k.net.OneSignature())
	k.y, k.x = k.pointer("y"), k.pointer("x")
	k.begin = map[Place]int{}
	bytes := 0
	room := func(p Place, size int) {
		k.begin[p] = bytes
		bytes += register * registers(size)
		if k.whole {
			bytes = (bytes + line - 1) / line * line
		}
	}
	room(Place{Memory: Output}, k.net.Out)
	for i, size := range k.net.Slots {
		room(Place{Slot, i}, size)
	}
	k.cell = bytes
	bytes += k.net.cellBytes()
	k.base = k.frame(bytes)
	for i := range k.net.Ops {
		k.op(&k.net.Ops[i], k.net.Ops[i+1:])
	}
	k.VZEROUPPER()
	k.RET()
}

// registers returns how many of AVX2 hold some numbers.
func registers(size int) int { return (size + lanes - 1) / lanes }

// fillsWide tells whether some numbers are in registers of AVX-512.
func (k *oneGen) fillsWide(size int) bool { return k.whole && size > lanes }

// lanes returns how many numbers a register has.
func (k *oneGen) lanes() int {
	if k.Wide() {
		return 2 * lanes
	}
	return lanes
}

// bytes returns those of a register.
func (k *oneGen) bytes() int { return 4 * k.lanes() }

// registers returns how many hold some numbers.
func (k *oneGen) registers(size int) int { return (size + k.lanes() - 1) / k.lanes() }

// op emits an operation; next are those behind it.
func (k *oneGen) op(o *Op, next []Op) {
	k.Comment(o.Doc)
	k.SetWide(k.fillsWide(o.Size))
	defer k.SetWide(false)
	var v []reg.VecVirtual
	switch o.Kind {
	case LSTM, GRU, Simple:
		k.now, k.place = nil, o.In[1]
		k.units = k.step(o)
		return
	case Dense:
		if k.units != nil && o.In[0] == k.place && o.Size <= fewest {
			v = k.few(o, k.units)
		} else {
			v = k.dense(o)
		}
	case Map:
		v = k.apply(o.expression(), k.values(o.In[0], o.Size))
	case Add:
		a := k.values(o.In[0], o.Size)
		for r, b := range k.values(o.In[1], o.Size) {
			k.VADDPS(b, a[r], a[r])
		}
		v = a
	case Copy:
		v = k.values(o.In[0], o.Size)
	case Affine:
		v = k.values(o.In[0], o.Size)
		c, s := k.pointer(k.net.Params[o.Params[0]]), k.pointer(k.net.Params[o.Params[1]])
		for r := range v {
			k.VSUBPS(k.operand(c, o.Size, r), v[r], v[r])
			k.VMULPS(k.operand(s, o.Size, r), v[r], v[r])
		}
	case Softmax:
		v = k.softmax(o)
	}
	k.now, k.units = nil, nil
	switch {
	case len(next) == 0:
		k.store(v, o.Size)
	case next[0].Kind != Dense && len(next[0].In) == 1 && next[0].reads(o.Out) && k.unread(o.Out, next):
		k.now, k.place = v, o.Out
	default:
		for r, t := range v {
			k.VMOVUPS(t, operand.Mem{Base: k.base, Disp: k.begin[o.Out] + k.bytes()*r})
		}
	}
}

// apply applies an expression to registers, side of them at a time.
func (k *oneGen) apply(f func(e *vec.Expr, in []vec.Val) vec.Val, v []reg.VecVirtual) (out []reg.VecVirtual) {
	for part := range slices.Chunk(v, k.side) {
		out = append(out, k.Apply(f, part)...)
	}
	return out
}

// unread tells whether nothing reads a place behind the next operation before it is written again.
func (k *oneGen) unread(p Place, next []Op) bool {
	if next[0].Out == p {
		return true
	}
	for _, o := range next[1:] {
		if o.reads(p) {
			return false
		}
		if o.Out == p {
			return true
		}
	}
	return p.Memory != Output
}

// values returns registers with a value, which may be destroyed.
func (k *oneGen) values(p Place, size int) []reg.VecVirtual {
	if k.now != nil && k.place == p {
		return k.now
	}
	var v []reg.VecVirtual
	for r := range k.registers(size) {
		switch p.Memory {
		case Input:
			v = append(v, k.loadPart(k.x, size, r))
			continue
		case State:
			v = append(v, k.loadPart(k.pointer(k.net.States[p.Slot]), size, r))
			continue
		}
		v = append(v, k.take(operand.Mem{Base: k.base, Disp: k.begin[p] + k.bytes()*r}))
	}
	return v
}

// loadPart loads register r of an array of some numbers; lanes behind its end are 0.
func (k *oneGen) loadPart(p reg.GPVirtual, size, r int) reg.VecVirtual {
	m := operand.Mem{Base: p, Disp: k.bytes() * r}
	part := size - k.lanes()*r
	if part >= k.lanes() {
		return k.take(m)
	}
	if k.Wide() {
		t := k.Vec()
		k.VMOVUPS_Z(m, k.first(part), t)
		return t
	}
	mask := k.load(k.Mask(part))
	k.VMASKMOVPS(m, mask, mask)
	return mask
}

// operand returns register r of an array of some numbers, in memory where it is whole; lanes behind its end are 0.
func (k *oneGen) operand(p reg.GPVirtual, size, r int) operand.Op {
	if size-k.lanes()*r >= k.lanes() {
		return operand.Mem{Base: p, Disp: k.bytes() * r}
	}
	return k.loadPart(p, size, r)
}

// first returns the mask of the first lanes of a register of AVX-512.
func (k *oneGen) first(lanes int) reg.OpmaskVirtual {
	bits, mask := k.GP64(), k.K()
	k.MOVQ(operand.U32(1<<lanes-1), bits)
	k.KMOVW(bits.As32(), mask)
	return mask
}

// numbers returns where the numbers of a value begin.
func (k *oneGen) numbers(p Place) operand.Mem {
	switch p.Memory {
	case Input:
		return operand.Mem{Base: k.x}
	case State:
		return operand.Mem{Base: k.pointer(k.net.States[p.Slot])}
	}
	return operand.Mem{Base: k.base, Disp: k.begin[p]}
}

// store stores the outputs.
func (k *oneGen) store(v []reg.VecVirtual, size int) { k.storeTo(k.y, v, size) }

// storeTo stores some numbers. A register that they fill in part is destroyed.
func (k *oneGen) storeTo(base reg.GPVirtual, v []reg.VecVirtual, size int) {
	for r, t := range v {
		m := operand.Mem{Base: base, Disp: k.bytes() * r}
		part := size - k.lanes()*r
		switch {
		case !k.Wide():
			k.storePart(t, m, part)
		case part >= k.lanes():
			k.VMOVUPS(t, m)
		case part > lanes:
			k.VMOVUPS(t.AsY(), m)
			half := k.YMM()
			k.VEXTRACTF64X4(operand.Imm(1), t, half)
			k.storePart(half, m.Offset(register), part-lanes)
		default:
			half := k.YMM()
			k.VMOVAPS(t.AsY(), half)
			k.storePart(half, m, part)
		}
	}
}

// storePart stores the first numbers of a register, or all if it has no more. Where not all, it is destroyed.
func (k *kernel) storePart(t reg.VecVirtual, m operand.Mem, part int) {
	if part >= lanes {
		k.VMOVUPS(t, m)
		return
	}
	x := t.AsX()
	if part >= 4 {
		k.VMOVUPS(x, m)
		k.VEXTRACTF128(operand.Imm(1), t, x)
		m, part = m.Offset(16), part-4
	}
	if part >= 2 {
		k.VMOVLPS(x, m)
		k.VUNPCKHPD(x, x, x)
		m, part = m.Offset(8), part-2
	}
	if part == 1 {
		k.VMOVSS(x, m)
	}
}

// most is the number of multiply-adds of registers up to which they stand one after another, and from which on terms
// are a loop; mostWide is that in kernels with AVX-512, and roundWide how many a round of such a loop has at least.
const (
	most      = 63
	mostWide  = 31
	roundWide = 8
)

// fewerWide is the number of multiply-adds of registers from which on a kernel with AVX-512 that has so many fewer is
// the faster one: networks of 30-16-2 and 20-20-20-1, which have 30 and 40 fewer, are as fast with AVX2, and one of
// 16-16-16-10, which has 64 fewer, is 1.4 times as fast with AVX-512.
const fewerWide = 64

// WideOne tells whether a kernel for one example is made with AVX-512.
func (n *Net) WideOne() bool {
	fewer := 0
	for _, o := range n.Ops {
		if o.Kind == Dense {
			fewer += o.Terms * (registers(o.Size) - (registers(o.Size)+1)/2)
		}
	}
	return fewer >= fewerWide
}

// dense emits y = f(x·W + b): the sums of all chains stay in registers.
func (k *oneGen) dense(o *Op) []reg.VecVirtual {
	x := k.numbers(o.In[0])
	w, b, n := k.pointer(k.net.Params[o.Params[0]]), reg.GPVirtual(nil), k.registers(o.Size)
	if len(o.Params) > 1 {
		b = k.pointer(k.net.Params[o.Params[1]])
	}
	sums := make([][]reg.VecVirtual, o.Chains)
	for c := range sums {
		sums[c] = k.clear(n)
	}
	k.products(o, x, w, sums)
	v := sums[0]
	for _, s := range sums[1:] {
		for r := range v {
			k.VADDPS(s[r], v[r], v[r])
		}
	}
	if b != nil {
		for r := range v {
			k.VADDPS(k.operand(b, o.Size, r), v[r], v[r])
		}
	}
	k.activate(o, v)
	return v
}

// products emits the sums of a Dense. The loads of W bound it, two registers a cycle, so that four numbers of x are loaded
// together and spread by the unit that does not multiply. Not so where such a load would wait for more than one store: of
// few numbers that the caller may just have stored, or that lie across two registers. With AVX-512 the chains bound it, and
// each number of x is loaded by itself.
func (k *oneGen) products(o *Op, x operand.Mem, w reg.GPVirtual, sums [][]reg.VecVirtual) {
	length := o.Terms / o.Chains
	multiply := func(t int, v reg.VecVirtual, sums []reg.VecVirtual, rows reg.Register) {
		for r, s := range sums {
			first := k.lanes() * r
			m := operand.Mem{Base: w, Disp: 4 * (panel*t + o.Terms*panel*(first/panel) + first%panel)}
			k.VFMADD231PS(indexed(m, rows), v, s)
		}
	}
	step := func(chains [][]reg.VecVirtual, begin int, terms, rows reg.Register) {
		for c, sums := range chains {
			t := begin + c*length
			multiply(t, k.copies(indexed(x.Offset(4*t), terms)), sums, rows)
		}
	}
	several := func(begin int, terms, rows reg.Register) {
		at := make([]reg.VecVirtual, o.Chains)
		for c := range at {
			at[c] = k.YMM()
			k.VBROADCASTF128(indexed(x.Offset(4*(begin+c*length)), terms), at[c])
		}
		for i := range 4 {
			for c := range at {
				v := k.YMM()
				k.VPERMILPS(operand.Imm(uint64(0x55*i)), at[c], v)
				multiply(begin+c*length+i, v, sums[c], rows)
			}
		}
	}
	looped, group := o.Terms*len(sums[0]) > most, 4
	switch {
	case k.whole:
		group = max(1, roundWide/(len(sums)*len(sums[0])))
		looped, several = o.Terms*len(sums[0]) > mostWide, func(begin int, terms, rows reg.Register) {
			for i := range group {
				step(sums, begin+i, terms, rows)
			}
		}
	case o.In[0].Memory == Input && !looped || o.In[0].Memory != Input && o.Chains > 1 && length%4 != 0:
		group, several = 1, func(begin int, terms, rows reg.Register) { step(sums, begin, terms, rows) }
	}
	whole := length / group * group
	switch {
	case !looped:
		for p := 0; p < whole; p += group {
			several(p, nil, nil)
		}
	case whole > 0:
		loop, terms, rows := k.NewLabel("terms"), k.GP64(), k.GP64()
		k.XORQ(terms, terms)
		k.XORQ(rows, rows)
		k.Label(loop)
		several(0, terms, rows)
		k.ADDQ(operand.U32(4*panel*group), rows)
		k.ADDQ(operand.U32(4*group), terms)
		k.CMPQ(terms, operand.U32(4*whole))
		k.JNE(operand.LabelRef(loop))
	}
	for p := whole; p < length; p++ {
		step(sums, p, nil, nil)
	}
	for p := length; p < o.Terms-(o.Chains-1)*length; p++ { // what is left of the last chain
		step(sums[o.Chains-1:], (o.Chains-1)*length+p, nil, nil)
	}
}

// softmax emits
//
//	m = max x;  y = exp(x − m), s = Σ y;  y = y·(1/s)
func (k *oneGen) softmax(o *Op) []reg.VecVirtual {
	if k.Wide() {
		return k.softmaxWide(o)
	}
	v := k.values(o.In[0], o.Size)
	end := len(v) - 1
	part := o.Size - lanes*end
	m := k.load(k.Constant(0xff800000)) // −∞
	if part < lanes {
		mask := k.load(k.Mask(part))
		k.VBLENDVPS(mask, v[end], m, m)
	} else {
		k.VMAXPS(v[end], m, m)
	}
	for _, t := range v[:end] {
		k.VMAXPS(t, m, m)
	}
	k.FoldMax(m)
	for _, t := range v {
		k.VSUBPS(m, t, t)
	}
	clear := func(t reg.VecVirtual) {
		if part < lanes {
			k.VANDPS(k.Mask(part), t, t)
		}
	}
	clear(v[end]) // exp shall see 0 there, since to underflow takes time
	e := k.apply(func(e *vec.Expr, in []vec.Val) vec.Val { return e.Exp(in[0]) }, v)
	clear(e[end])
	s, one := k.YMM(), k.load(k.Constant(vec.Bits(1)))
	k.VMOVAPS(e[0], s)
	for _, t := range e[1:] {
		k.VADDPS(t, s, s)
	}
	k.FoldSum(s)
	k.VDIVPS(s, one, one)
	for _, t := range e {
		k.VMULPS(one, t, t)
	}
	return e
}

// softmaxWide is softmax with AVX-512.
func (k *oneGen) softmaxWide(o *Op) []reg.VecVirtual {
	v := k.values(o.In[0], o.Size)
	end := len(v) - 1
	var mask reg.OpmaskVirtual
	part := o.Size - k.lanes()*end
	largest := k.copies(k.Constant(0xff800000)) // −∞
	if part < k.lanes() {
		mask = k.first(part)
		k.VMOVAPS(v[end], mask, largest)
	} else {
		k.VMAXPS(v[end], largest, largest)
	}
	for _, t := range v[:end] {
		k.VMAXPS(t, largest, largest)
	}
	upper := func(t reg.VecVirtual) reg.VecVirtual {
		half := k.YMM()
		k.VEXTRACTF64X4(operand.Imm(1), t, half)
		return half
	}
	half := upper(largest)
	k.VMAXPS(largest.AsY(), half, half)
	k.FoldMax(half)
	k.VBROADCASTSS(half.AsX(), largest)
	for _, t := range v {
		k.VSUBPS(largest, t, t)
	}
	clear := func(t reg.VecVirtual) {
		if mask != nil {
			k.VMOVAPS_Z(t, mask, t)
		}
	}
	clear(v[end]) // exp shall see 0 there, since to underflow takes time
	e := k.apply(func(e *vec.Expr, in []vec.Val) vec.Val { return e.Exp(in[0]) }, v)
	clear(e[end])
	var s reg.VecVirtual
	for i, t := range e {
		half := upper(t)
		if i == 0 {
			s = half
			k.VADDPS(t.AsY(), half, s)
			continue
		}
		k.VADDPS(t.AsY(), s, s)
		k.VADDPS(half, s, s)
	}
	k.FoldSum(s)
	one := k.one()
	factor := k.Vec()
	k.VBROADCASTSS(s.AsX(), factor)
	k.VDIVPS(factor, one, one)
	for _, t := range e {
		k.VMULPS(one, t, t)
	}
	return e
}
