package made

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/vec"
)

// A Training is what a step of training does with the examples of a batch, each for itself: forward up to what the loss
// reads, and from the gradients that the loss gives back to those of the parameters. All sums over examples are chains
// in the order of the examples.
type Training struct {
	In, Out int      // numbers of an example, and of what the loss reads
	Params  []string // the arrays of the model that the kernels read
	Saved   []int    // the numbers of an example of each value that forward keeps for backward
	Locals  []int    // those of each value that lasts within one of them
	Grads   []Shape  // the gradients of parameters
	Forward []Op
	// Backward are operations of the kinds Back, Derive, Weights and Biases.
	Backward []Op
}

// A Shape is that of an array of a model, in rows; of one dimension a row.
type Shape struct{ Rows, Cols int }

// The kinds of memory of a Training, beside Input and Output, which are rows of the caller.
const (
	Saved Memory = iota + 100 // lanes, in the memory of the caller
	Local                     // lanes, on the stack
	Loss                      // what the loss gives: rows of the caller
)

// The kinds of operations of a Training, beside Dense, whose weights are rows, Map and Affine.
const (
	Back    Kind = iota + 100 // dx = (dy·Wᵀ)·f′(y), y being the second of In, where Act is not ""
	Derive                    // dx = F(In...), F being the gradient of a function
	Weights                   // dW += xᵀ·dy
	Biases                    // db += Σ dy, over examples
)

// MostTrainingOps is the most operations of a direction of a Training, for the reason of MostOps: one takes 2560
// registers at most, see TestATrainingTakesFewRegisters.
const MostTrainingOps = 1 << 16 / 2560

// Fits tells whether kernels can be made for a training.
func (t *Training) Fits() bool {
	count := func(ops []Op) bool { return 0 < len(ops) && len(ops) <= MostTrainingOps }
	return fits(t.In) && fits(t.Out) && count(t.Forward) && count(t.Backward) &&
		!slices.ContainsFunc(slices.Concat(t.Forward, t.Backward), func(o Op) bool { return !fits(o.Size) })
}

// Work returns the multiply-adds of an example forward, and what its functions take: see Net.Work.
func (t *Training) Work() int { return workOf(t.Forward) }

// Products returns the multiply-adds of an example forward.
func (t *Training) Products() (work int) {
	for _, o := range t.Forward {
		if o.Kind == Dense {
			work += o.Size * o.Terms
		}
	}
	return work
}

// signature returns the parameters of the Go function of one direction.
func (t *Training) signature(forward bool) string {
	names := []string{"y", "x"}
	if !forward {
		names = append([]string{"dy"}, names...)
	}
	for i := range t.Saved {
		names = append(names, fmt.Sprint("a", i+1))
	}
	names = append(names, t.Params...)
	if !forward {
		for i := range t.Grads {
			names = append(names, fmt.Sprint("g", i+1))
		}
	}
	return "func(n int, " + strings.Join(names, ", ") + " *float32)"
}

// ForwardSignature and BackwardSignature return the parameters of the Go functions.
func (t *Training) ForwardSignature() string { return t.signature(true) }

// BackwardSignature is documented with ForwardSignature.
func (t *Training) BackwardSignature() string { return t.signature(false) }

// TrainingNames are those of the functions of kernels for a training: forward and backward for AVX2, and both with
// AVX-512.
type TrainingNames struct{ Forward, Backward, WideForward, WideBackward string }

// MakeTraining returns the kernels of a training under the names that are given, for the file of package pkg.
//
// The forward kernel takes n examples, a multiple of Rows and not 0: it writes what the loss reads as rows of y, and
// the values that backward needs to a1 and so on, in lanes: Rows numbers for each number of an example, block after
// block. The backward kernel takes n examples, not 0, and adds to g1 and so on; what it reads of the values of forward
// are whole blocks, of which the last may have examples beyond n, which do not count.
func MakeTraining(pkg string, names TrainingNames, t *Training) (Assembly, error) {
	return assemble(pkg, []int{mostHeld, 0}, func(g *vec.Gen, r room) {
		newTrainGen(g, t, r, false).emitForward(names.Forward)
		newTrainGen(g, t, r, false).emitBackward(names.Backward)
	}, func(g *vec.Gen, r room) {
		newTrainGen(g, t, r, true).emitForward(names.WideForward)
		newTrainGen(g, t, r, true).emitBackward(names.WideBackward)
	})
}

// trainGen emits a kernel of a training. In lanes, a number of sixteen examples is two registers of AVX2, or one of
// AVX-512.
type trainGen struct {
	kernel
	t        *Training
	per      int // registers of a number
	width    int // bytes of a register
	sumsMost int // registers for sums
	side     int // registers side by side in functions
	held     int // the most constants that a loop over a function holds in registers
	base     reg.GPVirtual
	block    reg.GPVirtual // the number of the block of sixteen examples
	count    reg.GPVirtual // how many of them there are, backward
	begin    map[Place]int // bytes from base
	bytes    int
	rows     int            // where a gradient is as rows: bytes from base
	turned   Place          // of which
	sums     map[int]padded // gradients whose rows are no whole registers, by number
}

// padded is where a gradient is summed up on the stack, in rows of whole registers: bytes from base.
type padded struct{ at, stride int }

// mostHeld is how many constants functions for AVX-512 hold, which are read two a cycle from memory: what is left of
// twice as many registers beside four of tanh side by side, of which AVX2 has two.
const mostHeld = 8

// newTrainGen returns what emits kernels for AVX2, or with AVX-512 if wide.
func newTrainGen(g *vec.Gen, t *Training, r room, wide bool) *trainGen {
	k := &trainGen{kernel: kernel{g, nil}, t: t, side: r.side, per: 2, width: register, sumsMost: narrowSums}
	if g.SetWide(wide); wide {
		k.per, k.width, k.sumsMost, k.side, k.held = 1, 2*register, wideSums, 2*r.side, r.held
	}
	return k
}

// A view is where a value is in lanes, number after number.
type view struct {
	base reg.Register
	disp int
}

// at returns where half r of the examples is of number j.
func (v view) at(j, r int) operand.Mem {
	return operand.Mem{Base: v.base, Disp: v.disp + stride*j + register*r}
}

// vector returns where register r of a value is.
func (k *trainGen) vector(v view, r int) operand.Mem {
	return operand.Mem{Base: v.base, Disp: v.disp + k.width*r}
}

// take returns a register with what is in memory.
func (k *kernel) take(m operand.Mem) reg.VecVirtual {
	t := k.Vec()
	k.VMOVUPS(m, t)
	return t
}

// clear returns registers that are 0.
func (k *kernel) clear(count int) (all []reg.VecVirtual) {
	for range count {
		t := k.Vec()
		k.Clear(t)
		all = append(all, t)
	}
	return all
}

// copies returns a register with a number of memory in each lane.
func (k *kernel) copies(m operand.Mem) reg.VecVirtual {
	t := k.Vec()
	k.VBROADCASTSS(m, t)
	return t
}

// multiply adds to sums the products of a number of memory and registers.
func (k *kernel) multiply(m operand.Mem, x, sums []reg.VecVirtual) {
	if k.Wide() && len(x) == 1 {
		k.VFMADD231PS_BCST(m, x[0], sums[0])
		return
	}
	v := k.copies(m)
	for r := range x {
		k.VFMADD231PS(x[r], v, sums[r])
	}
}

// registersOf returns how many registers hold a row of some numbers.
func (k *trainGen) registersOf(size int) int { return (4*size + k.width - 1) / k.width }

// room reserves bytes on the stack.
func (k *trainGen) room(bytes int) int {
	at := k.bytes
	k.bytes += (bytes + 63) &^ 63
	return at
}

// open begins a kernel: rooms for values on the stack, and the loop over blocks.
func (k *trainGen) open(name string, forward bool, places map[Place]int, rooms func()) (left reg.GPVirtual) {
	k.start(name, k.t.signature(forward))
	k.begin = map[Place]int{}
	for i, size := range k.t.Locals {
		k.begin[Place{Local, i}] = k.room(stride * size)
	}
	for _, m := range []Memory{Input, Output, Loss} {
		if size, ok := places[Place{Memory: m}]; ok {
			k.begin[Place{Memory: m}] = k.room(stride * size)
		}
	}
	rooms()
	k.base = k.frame(k.bytes)
	left, k.block = k.pointer("n"), k.GP64()
	return left
}

// next ends the loop over blocks, before which label is.
func (k *trainGen) next(label string, left reg.GPVirtual) {
	k.ADDQ(operand.Imm(1), k.block)
	k.SUBQ(operand.Imm(Rows), left)
	k.JG(operand.LabelRef(label))
}

// rowsOf returns where the block at hand begins in an array of rows, or in one of lanes, of some numbers an example.
func (k *trainGen) rowsOf(name string, size int) reg.GPVirtual {
	p, at := k.pointer(name), k.GP64()
	k.MOVQ(operand.U32(stride*size), at)
	k.IMULQ(k.block, at)
	k.ADDQ(at, p)
	return p
}

// view returns where a value is in lanes.
func (k *trainGen) view(p Place) view {
	if p.Memory == Saved {
		return view{k.rowsOf(fmt.Sprint("a", p.Slot+1), k.t.Saved[p.Slot]), 0}
	}
	at, ok := k.begin[p]
	if !ok {
		panic(fmt.Sprintf("BUG: no room for %v", p))
	}
	return view{k.base, at}
}

// emitForward emits the forward kernel.
func (k *trainGen) emitForward(name string) {
	left := k.open(name, true, map[Place]int{{Memory: Input}: k.t.In, {Memory: Output}: k.t.Out}, func() {})
	k.XORQ(k.block, k.block)
	k.Label("sixteen")
	k.Comment("sixteen examples, turned so that each lane has one")
	in, out := k.view(Place{Memory: Input}), k.view(Place{Memory: Output})
	k.turnIn(k.t.In, k.rowsOf("x", k.t.In), in.at)
	for i := range k.t.Forward {
		o := &k.t.Forward[i]
		k.Comment(o.Doc)
		switch o.Kind {
		case Dense:
			k.dense(o)
		case Map:
			k.each(o)
		case Affine:
			k.affine(o)
		}
	}
	k.Comment("turned back")
	k.turnOut(k.t.Out, k.rowsOf("y", k.t.Out), out.at)
	k.next("sixteen", left)
	k.VZEROUPPER()
	k.RET()
}

// emitBackward emits the backward kernel.
func (k *trainGen) emitBackward(name string) {
	read := map[Place]bool{}
	widest := 0
	for _, o := range k.t.Backward {
		for _, p := range o.In {
			read[p] = true
		}
		if o.Kind == Weights || o.Kind == Biases {
			widest = max(widest, o.Size)
		}
	}
	places := map[Place]int{{Memory: Loss}: k.t.Out}
	if read[Place{Memory: Output}] {
		places[Place{Memory: Output}] = k.t.Out
	}
	clear := 0
	left := k.open(name, false, places, func() {
		k.rows = k.room(Rows * k.width * k.registersOf(widest))
		clear = k.bytes
		k.sums = map[int]padded{}
		for i, g := range k.t.Grads {
			if 4*g.Cols%k.width > 0 {
				row := k.width * k.registersOf(g.Cols)
				k.sums[i] = padded{k.room(row * g.Rows), row}
			}
		}
	})
	if k.bytes > clear {
		k.Comment("gradients in whole registers")
		at, zero, loop := k.GP64(), k.zeros(1)[0], k.NewLabel("clear")
		k.XORQ(at, at)
		k.Label(loop)
		k.VMOVUPS(zero, operand.Mem{Base: k.base, Disp: clear, Index: at, Scale: 1})
		k.VMOVUPS(zero, operand.Mem{Base: k.base, Disp: clear + register, Index: at, Scale: 1})
		k.ADDQ(operand.Imm(2*register), at)
		k.CMPQ(at, operand.U32(k.bytes-clear))
		k.JNE(operand.LabelRef(loop))
		k.eachSum(func(v reg.VecVirtual, stack, to operand.Mem, left int) {
			if left >= lanes {
				k.VMOVUPS(to, v)
			} else {
				mask := k.load(k.Mask(left))
				k.VMASKMOVPS(to, mask, v)
			}
			k.VMOVUPS(v, stack)
		})
	}
	k.XORQ(k.block, k.block)
	k.Label("sixteen")
	k.Comment("sixteen examples, or the last ones, turned so that each lane has one")
	k.count = k.GP64()
	k.MOVQ(operand.U32(Rows), k.count)
	k.CMPQ(left, operand.Imm(Rows))
	k.CMOVQLT(left, k.count)
	k.turned = Place{Memory: Input}
	k.turnIn(k.t.Out, k.rowsOf("dy", k.t.Out), k.view(Place{Memory: Loss}).at)
	if read[Place{Memory: Output}] {
		k.turnIn(k.t.Out, k.rowsOf("y", k.t.Out), k.view(Place{Memory: Output}).at)
	}
	var biases *Op // that the next operation sums up besides
	for i := range k.t.Backward {
		o := &k.t.Backward[i]
		if i+1 < len(k.t.Backward) && besides(o, &k.t.Backward[i+1]) {
			biases = o
			continue
		}
		k.Comment(o.Doc)
		if o.Out == k.turned {
			k.turned = Place{Memory: Input}
		}
		switch o.Kind {
		case Back:
			k.back(o)
		case Derive:
			k.each(o)
		case Weights:
			k.weights(o, biases)
			biases = nil
		case Biases:
			k.biases(o)
		}
	}
	k.next("sixteen", left)
	k.eachSum(func(v reg.VecVirtual, stack, to operand.Mem, left int) {
		k.VMOVUPS(stack, v)
		k.storePart(v, to, left)
	})
	k.VZEROUPPER()
	k.RET()
}

// each applies an expression to all registers, side of them at a time: in a loop if it takes many.
func (k *trainGen) each(o *Op) {
	f := o.expression()
	var in []view
	for _, p := range o.In {
		in = append(in, k.view(p))
	}
	out, total, apply := k.view(o.Out), k.per*o.Size, k.Hold(f, len(in), 0)
	body := func(offset reg.Register, from, count int) {
		args := make([][]reg.VecVirtual, len(in))
		for i, v := range in {
			for r := range count {
				args[i] = append(args[i], k.take(indexed(k.vector(v, from+r), offset)))
			}
		}
		for r, v := range apply(args...) {
			k.VMOVUPS(v, indexed(k.vector(out, from+r), offset))
		}
	}
	from := 0
	if total >= 2*k.side {
		apply = k.Hold(f, len(in), k.held)
		loop, offset := k.NewLabel("function"), k.GP64()
		k.XORQ(offset, offset)
		k.Label(loop)
		body(offset, 0, k.side)
		k.ADDQ(operand.U32(k.width*k.side), offset)
		from = total / k.side * k.side
		k.CMPQ(offset, operand.U32(k.width*from))
		k.JNE(operand.LabelRef(loop))
	}
	for ; from < total; from += k.side {
		body(nil, from, min(k.side, total-from))
	}
}

// affine emits y = (x − c)·s.
func (k *trainGen) affine(o *Op) {
	c, s := k.pointer(k.t.Params[o.Params[0]]), k.pointer(k.t.Params[o.Params[1]])
	in, out := k.view(o.In[0]), k.view(o.Out)
	for j := range o.Size {
		center, scale := k.copies(operand.Mem{Base: c, Disp: 4 * j}), k.copies(operand.Mem{Base: s, Disp: 4 * j})
		for r := range k.per {
			t := k.take(k.vector(in, k.per*j+r))
			k.VSUBPS(center, t, t)
			k.VMULPS(scale, t, t)
			k.VMOVUPS(t, k.vector(out, k.per*j+r))
		}
	}
}

// dense emits y = f(x·W + b).
func (k *trainGen) dense(o *Op) {
	w, bias := k.pointer(k.t.Params[o.Params[0]]), reg.GPVirtual(nil)
	if len(o.Params) > 1 {
		bias = k.pointer(k.t.Params[o.Params[1]])
	}
	p := laneProduct{in: k.view(o.In[0]), out: k.view(o.Out), w: w, term: 4 * o.Size, column: 4, ends: o.chainEnds()}
	k.product(p, o.Size, func(from int, sums []reg.VecVirtual) []reg.VecVirtual {
		for i, s := range sums {
			if bias == nil {
				break
			}
			k.addNumber(operand.Mem{Base: bias, Disp: 4 * (from + i/k.per)}, []reg.VecVirtual{s})
		}
		return k.function(o, o.Act, sums, nil)
	})
}

// function applies a function with the parameter of an operation to registers, side of them at a time; none if it is
// "". more are its second arguments, if it has some.
func (k *trainGen) function(o *Op, name string, sums []reg.VecVirtual, more func(i int) operand.Mem) []reg.VecVirtual {
	if name == "" {
		return sums
	}
	f := (&Op{F: name, Alpha: o.Alpha}).expression()
	var out []reg.VecVirtual
	for i, s := range sums {
		in := [][]reg.VecVirtual{{s}}
		if more != nil {
			in = append(in, []reg.VecVirtual{k.take(more(i))})
		}
		out = append(out, k.Apply(f, in...)...)
	}
	return out
}

// back emits dx = (dy·Wᵀ)·f′(y).
func (k *trainGen) back(o *Op) {
	w, saved, derivative := k.pointer(k.t.Params[o.Params[0]]), view{}, ""
	if o.Act != "" {
		saved, derivative = k.view(o.In[1]), o.Act+"Grad"
	}
	p := laneProduct{in: k.view(o.In[0]), out: k.view(o.Out), w: w, term: 4, column: 4 * o.Terms, ends: []int{o.Terms}}
	k.product(p, o.Size, func(from int, sums []reg.VecVirtual) []reg.VecVirtual {
		return k.function(o, derivative, sums, func(i int) operand.Mem { return k.vector(saved, k.per*from+i) })
	})
}

// A laneProduct is a product of a value in lanes with a matrix, whose element of a term and a column is so many bytes
// from one to the next. The sums are chains that end where ends says.
type laneProduct struct {
	in, out      view
	w            reg.GPVirtual
	term, column int
	ends         []int
}

// wideSums are the registers that sums take with AVX-512, with room for x and a weight besides.
const wideSums = 24

// product emits the product, some columns at a time, whose sums stay in registers, and calls finish for each of these
// blocks, whose result it stores.
func (k *trainGen) product(p laneProduct, columns int, finish func(from int, sums []reg.VecVirtual) []reg.VecVirtual) {
	most := k.sumsMost / k.per
	blocks := (columns + most - 1) / most
	for b, from := 0, 0; b < blocks; b++ {
		size := (columns - from + blocks - b - 1) / (blocks - b)
		for i, s := range finish(from, k.chains(p, from, size)) {
			k.VMOVUPS(s, k.vector(p.out, k.per*from+i))
		}
		from += size
	}
}

// chains emits the sums of a block: all chains side by side if there is room, else one after another, each of which is
// added to those before where the results will be.
func (k *trainGen) chains(p laneProduct, from, size int) (sums []reg.VecVirtual) {
	count, each := len(p.ends), p.ends[0]
	if count*size*k.per <= k.sumsMost {
		all := k.clear(count * size * k.per)
		var chains []chain
		for c := range count {
			chains = append(chains, chain{c * each, all[c*size*k.per : (c+1)*size*k.per]})
		}
		k.terms(p, from, each, chains...)
		k.terms(p, from, p.ends[count-1]-count*each, chain{count * each, chains[count-1].sums})
		for c := 1; c < count; c++ {
			for j, s := range chains[c].sums {
				k.VADDPS(s, all[j], all[j])
			}
		}
		return chains[0].sums
	}
	begin := 0
	for i, end := range p.ends {
		sums = k.clear(k.per * size)
		k.terms(p, from, end-begin, chain{begin, sums})
		for j, s := range sums {
			if i > 0 {
				k.VADDPS(k.vector(p.out, k.per*from+j), s, s)
			}
			if i < count-1 {
				k.VMOVUPS(s, k.vector(p.out, k.per*from+j))
			}
		}
		begin = end
	}
	return sums
}

// A chain is a sum of products for each column of a block, from a term on.
type chain struct {
	begin int
	sums  []reg.VecVirtual
}

// terms adds some terms to each of the chains, two at a time in a loop if there are several.
func (k *trainGen) terms(p laneProduct, from, count int, chains ...chain) {
	term := func(t int, w, index reg.Register) {
		for _, c := range chains {
			var x []reg.VecVirtual
			for r := range k.per {
				x = append(x, k.take(indexed(k.vector(p.in, k.per*(c.begin+t)+r), index)))
			}
			for i := range len(c.sums) / k.per {
				m := operand.Mem{Base: w, Disp: p.term*(c.begin+t) + p.column*(from+i)}
				k.multiply(m, x, c.sums[k.per*i:k.per*(i+1)])
			}
		}
	}
	if count <= few/2 {
		for t := range count {
			term(t, p.w, nil)
		}
		return
	}
	loop, index, w := k.NewLabel("terms"), k.GP64(), k.GP64()
	k.XORQ(index, index)
	k.MOVQ(p.w, w)
	step := func(count int) {
		for i := range count {
			term(i, w, index)
		}
		k.ADDQ(operand.U32(stride*count), index)
		k.ADDQ(operand.U32(p.term*count), w)
	}
	if count%2 > 0 {
		step(1)
	}
	k.Label(loop)
	step(2)
	k.CMPQ(index, operand.U32(stride*count))
	k.JNE(operand.LabelRef(loop))
}

// asRows turns a value into rows of whole registers, one for each example, whose last numbers are 0.
func (k *trainGen) asRows(p Place, size int) {
	if k.turned == p {
		return
	}
	k.turned = p
	v := k.view(p)
	if k.Wide() {
		k.asWideRows(v, size)
		return
	}
	row := k.width * k.registersOf(size)
	for from := 0; 4*from < row; from += lanes {
		for r := range 2 {
			var quarters [2][4]reg.VecVirtual
			for q := range quarters {
				var in [4]reg.VecVirtual
				for i := range in {
					if j := from + 4*q + i; j < size {
						in[i] = k.load(v.at(j, r))
					} else {
						in[i] = k.zeros(1)[0]
					}
				}
				quarters[q] = k.Transpose(in)
			}
			for i := range 4 {
				low, high := k.YMM(), k.YMM()
				a, b := quarters[0][i], quarters[1][i]
				k.VPERM2F128(operand.Imm(0x20), b, a, low)
				k.VPERM2F128(operand.Imm(0x31), b, a, high)
				m := operand.Mem{Base: k.base, Disp: k.rows + row*(lanes*r+i) + 4*from}
				k.VMOVUPS(low, m)
				k.VMOVUPS(high, m.Offset(4*row))
			}
		}
	}
}

// asWideRows is asRows with AVX-512, sixteen numbers of all examples at a time: groups of four numbers are turned
// within the quarters of registers, and then quarters of four groups.
func (k *trainGen) asWideRows(v view, size int) {
	row := k.width * k.registersOf(size)
	for from := 0; 4*from < row; from += Rows {
		var groups [4][4]reg.VecVirtual // of examples i, 4+i, 8+i and 12+i
		for g := range groups {
			var in [4]reg.VecVirtual
			for i := range in {
				if j := from + 4*g + i; j < size {
					in[i] = k.take(k.vector(v, j))
				} else {
					in[i] = k.clear(1)[0]
				}
			}
			if groups[g] = in; from+4*g < size {
				groups[g] = k.Transpose(in)
			}
		}
		for i := range 4 {
			shuffle := func(quarters uint64, a, b reg.VecVirtual) reg.VecVirtual {
				t := k.ZMM()
				k.VSHUFF32X4(operand.Imm(quarters), b, a, t)
				return t
			}
			const low, high, even, odd = 0x44, 0xee, 0x88, 0xdd
			a, b, c, d := groups[0][i], groups[1][i], groups[2][i], groups[3][i]
			for h, half := range [...]uint64{low, high} {
				ab, cd := shuffle(half, a, b), shuffle(half, c, d)
				for q, which := range [...]uint64{even, odd} {
					k.VMOVUPS(shuffle(which, ab, cd),
						operand.Mem{Base: k.base, Disp: k.rows + row*(4*(2*h+q)+i) + 4*from})
				}
			}
		}
	}
}

// gradient returns where a gradient is summed up, and the bytes of a row.
func (k *trainGen) gradient(i int) (operand.Mem, int) {
	if s, ok := k.sums[i]; ok {
		return operand.Mem{Base: k.base, Disp: s.at}, s.stride
	}
	return operand.Mem{Base: k.pointer(fmt.Sprint("g", i+1))}, 4 * k.t.Grads[i].Cols
}

// biases emits db += Σ dy.
func (k *trainGen) biases(o *Op) {
	k.asRows(o.In[0], o.Size)
	to, _ := k.gradient(o.Params[0])
	width := k.registersOf(o.Size)
	for from := 0; from < width; from += 2 {
		db := to.Offset(k.width * from)
		k.tile(tile{db: &db, count: min(2, width-from),
			dy: operand.Mem{Base: k.base, Disp: k.rows + k.width*from}, dyRow: k.width * width})
	}
}

// besides tells whether an operation of biases stands before one of weights that reads the same gradient: then that
// does both, since the sums of biases alone are a chain of additions each.
func besides(o, next *Op) bool {
	return o.Kind == Biases && next.Kind == Weights && next.In[1] == o.In[0]
}

// weights emits dW += xᵀ·dy, in tiles whose sums stay in registers for sixteen examples, and the sums of an operation
// of biases beside it, if that is not nil: to the tiles they are one more row.
func (k *trainGen) weights(o, biases *Op) {
	k.asRows(o.In[1], o.Size)
	to, row := k.gradient(o.Params[0])
	x, feature, example := operand.Mem{}, stride, 4
	if o.In[0].Memory == Input {
		x.Base = k.rowsOf("x", k.t.In)
		feature, example = 4, 4*k.t.In
	} else {
		v := k.view(o.In[0])
		x.Base, x.Disp = v.base, v.disp
	}
	var db operand.Mem
	beside := 0
	if biases != nil {
		db, _ = k.gradient(biases.Params[0])
		beside = 1
	}
	width := k.registersOf(o.Size)
	for from := 0; from < width; from += 2 {
		count := min(2, width-from)
		most := k.sumsMost / count
		all := o.Terms + beside
		tiles := (all + most - 1) / most
		for t, first := 0, -beside; t < tiles; t++ {
			size := (o.Terms - first + tiles - t - 1) / (tiles - t)
			part := tile{count: count, row: row, feature: feature, example: example,
				dy: operand.Mem{Base: k.base, Disp: k.rows + k.width*from}, dyRow: k.width * width}
			if first < 0 {
				at := db.Offset(k.width * from)
				part.db, first, size = &at, 0, size-1
			}
			part.dw, part.x, part.rows = to.Offset(row*first+k.width*from), x.Offset(feature*first), size
			k.tile(part)
			first += size
		}
	}
}

// A tile is part of a gradient of weights: some rows, of one register or two. That of biases, if db is not nil, is one
// more, of as many.
type tile struct {
	db               *operand.Mem
	dw               operand.Mem
	row, rows, count int // bytes from a row to the next, rows, and registers of each
	x                operand.Mem
	feature, example int // bytes
	dy               operand.Mem
	dyRow            int
}

// tile emits the sums of a tile.
func (k *trainGen) tile(t tile) {
	var at []operand.Mem
	for c := range t.count {
		if t.db != nil {
			at = append(at, t.db.Offset(k.width*c))
		}
	}
	own := len(at)
	for r := range t.rows {
		for c := range t.count {
			at = append(at, t.dw.Offset(t.row*r+k.width*c))
		}
	}
	var sums []reg.VecVirtual
	for _, m := range at {
		sums = append(sums, k.take(m))
	}
	loop, x, dy, left := k.NewLabel("examples"), k.GP64(), k.GP64(), k.GP64()
	if t.rows > 0 {
		k.LEAQ(t.x, x)
	}
	k.LEAQ(t.dy, dy)
	k.MOVQ(k.count, left)
	k.Label(loop)
	var d []reg.VecVirtual
	for c := range t.count {
		d = append(d, k.take(operand.Mem{Base: dy, Disp: k.width * c}))
	}
	for c, s := range sums[:own] {
		k.VADDPS(d[c], s, s)
	}
	for r := range t.rows {
		k.multiply(operand.Mem{Base: x, Disp: t.feature * r}, d, sums[own+t.count*r:own+t.count*(r+1)])
	}
	if t.rows > 0 {
		k.ADDQ(operand.U32(t.example), x)
	}
	k.ADDQ(operand.U32(t.dyRow), dy)
	k.DECQ(left)
	k.JNE(operand.LabelRef(loop))
	for i, m := range at {
		k.VMOVUPS(sums[i], m)
	}
}

// eachSum calls f for each register of eight numbers of the gradients that are summed up on the stack: with where it is
// there and in the array, in which so many numbers are left from there on. What it has beyond its row belongs to the
// next row, which comes behind it.
func (k *trainGen) eachSum(f func(v reg.VecVirtual, stack, array operand.Mem, left int)) {
	for i, g := range k.t.Grads {
		s, ok := k.sums[i]
		if !ok {
			continue
		}
		to := operand.Mem{Base: k.pointer(fmt.Sprint("g", i+1))}
		for r := range g.Rows {
			for c := 0; c < g.Cols; c += lanes {
				at := r*g.Cols + c
				f(k.YMM(), operand.Mem{Base: k.base, Disp: s.at + s.stride*r + 4*c}, to.Offset(4*at), g.Rows*g.Cols-at)
			}
		}
	}
}
