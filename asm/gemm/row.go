package gemm

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/half"
	"github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/runtime/abi"
)

// A rowKernel emits a kernel for one row of C: a row times panels of 16 columns of B. B is
// used once, so the sums are what is kept in registers: those of several panels, or of
// several chains of the same panel.
type rowKernel struct {
	name    string
	format  *half.Format // of B, whose panels are padded then; nil for float32
	args    emit.Args
	masks   Mem
	one     Mem
	x, b    reg.GPVirtual // the row of A, B at the first column of the group
	c, v    reg.GPVirtual // C there, and the bias or the saved output
	panels  reg.GPVirtual // panels to do
	partial [2]reg.VecVirtual
	zero    reg.VecVirtual // for formats that have Pair
}

// EmitRows emits the row kernels.
func EmitRows() {
	k := rowKernel{masks: emit.TailMasks(), one: oneData()}
	k.emitAll([3]string{abi.RowKernel, abi.RowKernel2, abi.RowKernel4})
}

// EmitHalfRows emits the row kernels for panels of 16 bits.
func EmitHalfRows() {
	k := rowKernel{masks: emit.TailMasks(), one: oneData()}
	for i := range half.Formats {
		k.format = &half.Formats[i]
		k.emitAll(abi.HalfRowKernels[i])
	}
}

// emitAll emits the kernels for 1, 2 and 4 chains.
func (k *rowKernel) emitAll(names [3]string) {
	k.name = names[0]
	k.emit()
	k.name = names[2]
	k.emitSplit(4, 1)
	k.name = names[1]
	k.emitSplit(2, 2)
}

func (k *rowKernel) start(doc ...string) {
	if k.format == nil {
		k.args = emit.ArgFunc(k.name, "rowArgs", "x, c *float32", append(doc, "It works like gemmGeneric with m = 1.")...)
	} else {
		k.args = emit.ArgFunc(k.name, "rowArgs", "b *uint16, x, c *float32", append(doc,
			"The panels are padded "+k.format.Name+" numbers at b, with strides in bytes as in args.",
			"It works like gemmGeneric with m = 1, for the float32 numbers of their values.")...)
	}
	emit.Positive(k.args, "k", "panels", "tail")
	k.x, k.b, k.c, k.v, k.panels = GP64(), GP64(), GP64(), GP64(), GP64()
	Load(Param("x"), k.x)
	Load(Param("c"), k.c)
	if k.format == nil {
		MOVQ(k.args.Field("b"), k.b)
	} else {
		Load(Param("b"), k.b)
	}
	MOVQ(k.args.Field("v"), k.v)
}

// loadMasks emits the masks of the columns of the last panel.
func (k *rowKernel) loadMasks() {
	w, w0, w1 := GP64(), GP64(), GP64()
	MOVQ(k.args.Field("tail"), w)
	Comment("the masks of the first and of the last 8 columns of the last panel")
	MOVQ(U32(8), w0)
	CMPQ(w, w0)
	CMOVQLT(w, w0)
	XORQ(w1, w1)
	SUBQ(Imm(8), w)
	CMOVQGT(w, w1)
	k.partial = [2]reg.VecVirtual{YMM(), YMM()}
	emit.LoadTailMask(k.masks, w0, k.partial[0])
	emit.LoadTailMask(k.masks, w1, k.partial[1])
}

// emit emits the kernel with one chain per element.
func (k *rowKernel) emit() {
	k.start(
		k.name + " computes one row of args.panels panels of C, several at a time.",
	)
	MOVQ(k.args.Field("panels"), k.panels)
	label := func(group int, tail bool) string {
		if tail {
			return fmt.Sprintf("%s_last%d", k.name, group)
		}
		return fmt.Sprintf("%s_group%d", k.name, group)
	}
	choose, end := k.name+"_choose", k.name+"_end"
	full := GP64()
	MOVQ(k.args.Field("tail"), full)

	Label(choose)
	Comment("groups of panels, the last ones such that none is left alone")
	for group := 1; group <= abi.MaxPanels; group++ {
		next := emit.NewLabel("more")
		CMPQ(k.panels, Imm(uint64(group)))
		emit.Goto(JNE, next)
		CMPQ(full, Imm(16))
		emit.Goto(JNE, label(group, true))
		emit.Goto(JMP, label(group, false))
		Label(next)
	}
	TESTQ(k.panels, k.panels)
	emit.Goto(JZ, end)
	for _, c := range abi.LastPanels {
		CMPQ(k.panels, Imm(uint64(c.Left)))
		emit.Goto(JEQ, label(c.Panels, false))
	}
	emit.Goto(JMP, label(abi.Panels, false))
	for group := 1; group <= abi.MaxPanels; group++ {
		Label(label(group, false))
		emit.Section(abi.FullPanels(group), func() {
			k.group(group, false, label(group, false))
			SUBQ(Imm(uint64(group)), k.panels)
			emit.Goto(JMP, choose)
		})
		emit.Trap()
	}
	for group := 1; group <= abi.MaxPanels; group++ {
		Label(label(group, true))
		emit.Section(abi.TailPanels(group), func() {
			k.loadMasks()
			k.group(group, true, label(group, true))
			emit.Goto(JMP, end)
		})
		emit.Trap()
	}
	Label(end)
	VZEROUPPER()
	RET()
}

// load emits the load of register v of count registers of a row at m, the last two
// under the masks if tail.
func (k *rowKernel) load(m Mem, v, count int, tail bool, dst reg.VecVirtual) {
	m = m.Offset(32 * v)
	if tail && v >= count-2 {
		VMASKMOVPS(m, k.partial[v-(count-2)], dst)
		return
	}
	VMOVUPS(m, dst)
}

// group emits some panels from their first step to their stores.
func (k *rowKernel) group(group int, tail bool, name string) {
	count := 2 * group
	sums := make([]reg.VecVirtual, count)
	for i := range sums {
		sums[i] = YMM()
	}
	TESTQ(U32(abi.FlagAcc), k.args.Field("flags"))
	emit.Goto(JZ, name+"_zero")
	emit.Section(abi.Acc, func() {
		for i, s := range sums {
			k.load(Mem{Base: k.c}, i, count, tail, s)
		}
		k.interleave(sums)
		emit.Goto(JMP, name+"_begin")
	})
	emit.Trap()
	Label(name + "_zero")
	for _, s := range sums {
		VXORPS(s, s, s)
	}
	Label(name + "_begin")

	steps, ldb, ps, xs, x := GP64(), GP64(), GP64(), GP64(), GP64()
	MOVQ(k.args.Field("k"), steps)
	MOVQ(k.args.Field("ldb"), ldb)
	MOVQ(k.args.Field("ps"), ps)
	MOVQ(k.args.Field("xs"), xs)
	MOVQ(k.x, x)
	b, bases := rowAddr(group, k.b, ps)
	k.loadZero()
	k.loops(name, tail, steps, func(masked bool) {
		a := YMM()
		VBROADCASTSS(Mem{Base: x}, a)
		ADDQ(xs, x)
		for g := range group {
			k.fma(b(g), masked && g == group-1, a, sums[2*g:][:2])
		}
		for _, p := range bases {
			ADDQ(ldb, p)
		}
	}, nil)

	k.interleave(sums)
	k.finish(sums, tail)
	for range group {
		ADDQ(ps, k.b)
	}
	ADDQ(U32(64*group), k.c)
	ADDQ(U32(64*group), k.v)
}

// loops emits the loop over some steps. If the last panel may be narrow, there are two: one
// that loads it under the masks, and one for panels that are padded; those of 16 bits all are.
// half, if not nil, is a step with the first 8 columns alone, for padded panels with no more: so
// few sums wait for what the row is made of, and the others only take the time of what runs beside.
func (k *rowKernel) loops(name string, tail bool, steps reg.GPVirtual, step func(masked bool), half func()) {
	padded, done := name+"_padded", name+"_summed"
	if tail && k.format == nil {
		CMPQ(k.args.Field("padded"), Imm(0))
		emit.Goto(JNE, padded)
		emit.Section(abi.Masked, func() {
			Label(name + "_masked")
			step(true)
			DECQ(steps)
			emit.Goto(JNZ, name+"_masked")
			emit.Goto(JMP, done)
		})
		emit.Trap()
		Label(padded)
		emit.Section(abi.Padded, func() {
			loop := name + "_whole"
			if half != nil {
				CMPQ(k.args.Field("tail"), Imm(8))
				emit.Goto(JG, loop)
				Label(name + "_half")
				half()
				DECQ(steps)
				emit.Goto(JNZ, name+"_half")
				emit.Goto(JMP, done)
			}
			Label(loop)
			step(false)
			DECQ(steps)
			emit.Goto(JNZ, loop)
			emit.Goto(JMP, done)
		})
		emit.Trap()
		Label(done)
		return
	}
	Label(padded)
	step(false)
	DECQ(steps)
	emit.Goto(JNZ, padded)
}

// pairs tells whether the sums of a panel, while they are added to, have the columns 0 to 3 and 8 to 11, and 4 to 7 and
// 12 to 15: see half.Format.
func (k *rowKernel) pairs() bool { return k.format != nil && k.format.Pair != nil }

// loadZero emits what pairs are widened with.
func (k *rowKernel) loadZero() {
	if k.pairs() {
		k.zero = YMM()
		VPXOR(k.zero, k.zero, k.zero)
	}
}

// interleave emits the step between the order of columns and that of pairs, which is its own inverse.
func (k *rowKernel) interleave(sums []reg.VecVirtual) {
	if !k.pairs() {
		return
	}
	Comment("columns 4 to 7 and 8 to 11 change places")
	for ; len(sums) > 0; sums = sums[2:] {
		t := YMM()
		VPERM2F128(Imm(0x20), sums[1], sums[0], t)
		VPERM2F128(Imm(0x31), sums[1], sums[0], sums[1])
		VMOVAPS(t, sums[0])
	}
}

// fma emits sums[v] += a·B[p, 8v:8v+8] for the panel whose row p is at b.
func (k *rowKernel) fma(b Mem, tail bool, a reg.VecVirtual, sums []reg.VecVirtual) {
	if k.pairs() {
		low, high := YMM(), YMM()
		k.format.Pair(b, k.zero, low, high)
		VFMADD231PS(low, a, sums[0])
		VFMADD231PS(high, a, sums[1])
		return
	}
	for v, sum := range sums {
		t, at := YMM(), b.Offset(32*v)
		switch {
		case k.format != nil:
			k.format.Load(b.Offset(16*v), t)
		case tail:
			VMASKMOVPS(at, k.partial[v], t)
		default:
			VFMADD231PS(at, a, sum)
			continue
		}
		VFMADD231PS(t, a, sum)
	}
}

// finish emits the epilogue and the stores of the sums of some panels.
func (k *rowKernel) finish(sums []reg.VecVirtual, tail bool) {
	count := len(sums)
	flags := GP64()
	MOVQ(k.args.Field("flags"), flags)
	load := func(base reg.GPVirtual) func(_, v int, dst reg.VecVirtual) {
		return func(_, v int, dst reg.VecVirtual) { k.load(Mem{Base: base}, v, count, tail, dst) }
	}
	var cells []sum
	for v, s := range sums {
		cells = append(cells, sum{s, 0, v})
	}
	e := epilogue{
		isa:    avx2,
		sums:   cells,
		flags:  flags,
		alpha:  k.args.Field("alpha"),
		one:    k.one,
		loadB:  func(v int, dst reg.VecVirtual) { k.load(Mem{Base: k.v}, v, count, tail, dst) },
		before: func() {},
		loadY:  load(k.v),
	}
	e.emit()
	at := func(v int) Mem { return Mem{Base: k.c, Disp: 32 * v} }
	if !tail {
		for v, s := range sums {
			VMOVUPS(s, at(v))
		}
		return
	}
	for v, s := range sums[:count-2] {
		VMOVUPS(s, at(v))
	}
	w := GP64()
	MOVQ(k.args.Field("tail"), w)
	few, done := emit.NewLabel("few"), emit.NewLabel("row_done")
	SUBQ(Imm(8), w)
	emit.Goto(JLT, few)
	VMOVUPS(sums[count-2], at(count-2))
	{
		part := emit.NewLabel("part")
		CMPQ(w, Imm(8))
		emit.Goto(JNE, part)
		VMOVUPS(sums[count-1], at(count-1))
		emit.Goto(JMP, done)
		Label(part)
	}
	emit.StoreTail(w, sums[count-1:], func(int) Mem { return at(count - 1) })
	emit.Goto(JMP, done)
	Label(few)
	ADDQ(Imm(8), w)
	emit.StoreTail(w, sums[count-2:count-1], func(int) Mem { return at(count - 2) })
	Label(done)
}

// emitSplit emits the kernel for a fixed number of panels with several chains per element, which
// it adds in order.
func (k *rowKernel) emitSplit(chains, panels int) {
	k.start(
		fmt.Sprintf("%s computes one row of %d panels of C, as %d chains of args.k steps", k.name, panels, chains),
		"and args.rest further ones of the last chain.",
	)
	if panels == 1 && k.format == nil {
		k.single()
	}
	k.loadMasks()
	sums := make([][]reg.VecVirtual, chains)
	for c := range sums {
		for range 2 * panels {
			s := YMM()
			VXORPS(s, s, s)
			sums[c] = append(sums[c], s)
		}
	}
	ldb, ps, xs, bc, xc, steps := GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
	MOVQ(k.args.Field("k"), steps)
	MOVQ(k.args.Field("ldb"), ldb)
	MOVQ(k.args.Field("ps"), ps)
	MOVQ(k.args.Field("xs"), xs)
	MOVQ(k.args.Field("bchain"), bc)
	MOVQ(k.args.Field("xchain"), xc)
	x, xBases := rowAddr(chains, k.x, xc)
	b, bBases := rowAddr(chains, k.b, bc)
	at := b
	if panels == 2 {
		// Chains in one register each, the panels by their stride.
		second := GP64()
		MOVQ(k.b, second)
		ADDQ(bc, second)
		bBases = append(bBases, second)
		at = func(i int) Mem {
			m := Mem{Base: bBases[0]}
			if i/panels == 1 {
				m.Base = second
			}
			if i%panels == 1 {
				m.Index, m.Scale = ps, 1
			}
			return m
		}
	}
	step := func(from int, masked bool, of int) {
		for c := from; c < chains; c++ {
			a := YMM()
			VBROADCASTSS(x(c), a)
			for g := range panels {
				k.fma(at(c*panels+g), masked && g == panels-1, a, sums[c][2*g:][:of])
			}
		}
		advance(bBases, ldb)
		advance(xBases, xs)
	}
	k.loadZero()
	var half func()
	if panels == 1 && k.format == nil {
		half = func() { step(0, false, 1) }
	}
	k.loops(k.name, true, steps, func(masked bool) { step(0, masked, 2) }, half)

	Comment("what is left of the last chain")
	MOVQ(k.args.Field("rest"), steps)
	TESTQ(steps, steps)
	emit.Goto(JZ, k.name+"_fold")
	k.loops(k.name+"_rest", true, steps, func(masked bool) { step(chains-1, masked, 2) }, nil)

	Label(k.name + "_fold")
	Comment("the chains, added in order")
	for c := 1; c < chains; c++ {
		for v := range sums[0] {
			VADDPS(sums[c][v], sums[0][v], sums[0][v])
		}
	}
	k.interleave(sums[0])
	k.finish(sums[0], true)
	VZEROUPPER()
	RET()
}

// advance adds a stride to pointers.
func advance(pointers []reg.GPVirtual, stride reg.GPVirtual) {
	for _, p := range pointers {
		ADDQ(stride, p)
	}
}

// single emits what is done of a single column, without an epilogue or with a bias: its four chains are the lanes of a
// register, to which four terms of each are turned at a time. The elements of a row that is cut into chains lie side by
// side.
func (k *rowKernel) single() {
	label := func(what string) string { return k.name + "_single" + what }
	several := k.name + "_several"
	CMPQ(k.args.Field("tail"), Imm(1))
	emit.Goto(JNE, several)
	TESTQ(U32(^uint32(abi.FlagBias)), k.args.Field("flags"))
	emit.Goto(JNZ, several)
	emit.Section(abi.Single, func() {
		ldb, bc, xc, steps := GP64(), GP64(), GP64(), GP64()
		MOVQ(k.args.Field("k"), steps)
		MOVQ(k.args.Field("ldb"), ldb)
		MOVQ(k.args.Field("bchain"), bc)
		MOVQ(k.args.Field("xchain"), xc)
		x, xBases := rowAddr(4, k.x, xc)
		b, bBases := rowAddr(4, k.b, bc)
		four := reg.VecVirtual(XMM())
		VXORPS(four, four, four)
		gather := func(at func(int) Mem) reg.VecVirtual {
			t := XMM()
			VMOVSS(at(0), t)
			for c := 1; c < 4; c++ {
				VINSERTPS(Imm(uint64(16*c)), at(c), t, t)
			}
			return t
		}
		weights := func() reg.VecVirtual {
			w := gather(b)
			advance(bBases, ldb)
			return w
		}
		SUBQ(Imm(4), steps)
		emit.Goto(JL, label("_few"))
		Label(label("_block"))
		var w, rows [4]reg.VecVirtual
		for c := range rows {
			w[c], rows[c] = weights(), XMM()
			VMOVUPS(x(c), rows[c])
		}
		for _, p := range xBases {
			ADDQ(Imm(16), p)
		}
		for p, terms := range turn4(rows) {
			VFMADD231PS(terms, w[p], four)
		}
		SUBQ(Imm(4), steps)
		emit.Goto(JGE, label("_block"))
		Label(label("_few"))
		ADDQ(Imm(4), steps)
		emit.Goto(JZ, label("_summed"))
		Label(label("_step"))
		VFMADD231PS(gather(x), weights(), four)
		for _, p := range xBases {
			ADDQ(Imm(4), p)
		}
		DECQ(steps)
		emit.Goto(JNZ, label("_step"))

		Label(label("_summed"))
		second, third, last := XMM(), XMM(), XMM()
		VMOVSHDUP(four, second)
		VUNPCKHPD(four, four, third)
		VMOVSHDUP(third, last)
		MOVQ(k.args.Field("rest"), steps)
		TESTQ(steps, steps)
		emit.Goto(JZ, label("_fold"))
		Label(label("_rest"))
		t := XMM()
		VMOVSS(x(3), t)
		VFMADD231SS(b(3), t, last)
		ADDQ(Imm(4), xBases[1])
		ADDQ(ldb, bBases[1])
		DECQ(steps)
		emit.Goto(JNZ, label("_rest"))
		Label(label("_fold"))
		sum := four
		for _, s := range []reg.VecVirtual{second, third, last} {
			VADDSS(s, sum, sum)
		}
		CMPQ(k.args.Field("flags"), Imm(0))
		emit.Goto(JE, label("_store"))
		VADDSS(Mem{Base: k.v}, sum, sum)
		Label(label("_store"))
		VMOVSS(sum, Mem{Base: k.c})
		RET()
	})
	emit.Trap()
	Label(several)
}

// turn4 emits the transpose of a 4×4 block, which takes the place of its rows.
func turn4(rows [4]reg.VecVirtual) [4]reg.VecVirtual {
	unpack(rows, [4]reg.VecVirtual{XMM(), XMM(), XMM(), XMM()}, rows)
	return rows
}
