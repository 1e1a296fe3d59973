package gemm

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/runtime/abi"
)

// A wideRowKernel emits the AVX-512 kernel for one row of C and one chain for each element, in the way of a rowKernel:
// a panel of B takes one register, so that twice as many are in flight.
type wideRowKernel struct {
	args   emit.Args
	one    Mem
	x, b   reg.GPVirtual // the row of A, B at the first column of the group
	c, v   reg.GPVirtual // C there, and the bias or the saved output
	panels reg.GPVirtual // panels to do
	mask   reg.OpmaskVirtual
}

// EmitWideRow emits the row kernel for AVX-512.
func EmitWideRow() {
	name := abi.WideRowKernel
	k := &wideRowKernel{one: oneData()}
	k.args = emit.ArgFunc(name, "rowArgs", "x, c *float32",
		name+" computes one row of args.panels panels of C, several at a time.",
		"It works like gemmGeneric with m = 1.")
	emit.Positive(k.args, "k", "panels", "tail")
	k.x, k.b, k.c, k.v, k.panels = GP64(), GP64(), GP64(), GP64(), GP64()
	Load(Param("x"), k.x)
	Load(Param("c"), k.c)
	MOVQ(k.args.Field("b"), k.b)
	MOVQ(k.args.Field("v"), k.v)
	MOVQ(k.args.Field("panels"), k.panels)
	label := func(group int, tail bool) string {
		if tail {
			return fmt.Sprintf("%s_last%d", name, group)
		}
		return fmt.Sprintf("%s_group%d", name, group)
	}
	choose, end := name+"_choose", name+"_end"
	Label(choose)
	Comment("the last group has a mask for its last panel, if that is narrow")
	for group := 1; group <= abi.WidePanels; group++ {
		next := emit.NewLabel("more")
		CMPQ(k.panels, Imm(uint64(group)))
		emit.Goto(JNE, next)
		CMPQ(k.args.Field("tail"), Imm(abi.NR))
		emit.Goto(JNE, label(group, true))
		emit.Goto(JMP, label(group, false))
		Label(next)
	}
	TESTQ(k.panels, k.panels)
	emit.Goto(JZ, end)
	Comment("of fewer than two groups each takes half")
	for group := abi.WidePanels; group > (abi.WidePanels+1)/2; group-- {
		CMPQ(k.panels, Imm(uint64(2*group-1)))
		emit.Goto(JGE, label(group, false))
	}
	emit.Trap()
	for group := 1; group <= abi.WidePanels; group++ {
		Label(label(group, false))
		emit.Section(abi.FullPanels(group), func() {
			k.mask = nil
			k.group(group, label(group, false))
			SUBQ(Imm(uint64(group)), k.panels)
			emit.Goto(JMP, choose)
		})
		emit.Trap()
	}
	for group := 1; group <= abi.WidePanels; group++ {
		Label(label(group, true))
		emit.Section(abi.TailPanels(group), func() {
			all := GP64()
			MOVQ(I32(-1), all)
			w := GP64()
			MOVQ(k.args.Field("tail"), w)
			BZHIQ(w, all, all)
			k.mask = K()
			KMOVW(all.As32(), k.mask)
			k.group(group, label(group, true))
			emit.Goto(JMP, end)
		})
		emit.Trap()
	}
	Label(end)
	VZEROUPPER()
	RET()
}

// load emits a load of the last panel of a group, under the mask if there is one, or of another.
func (k *wideRowKernel) load(m Mem, last bool, dst reg.VecVirtual) {
	if last && k.mask != nil {
		VMOVUPS_Z(m, k.mask, dst)
		return
	}
	VMOVUPS(m, dst)
}

// group emits some panels from their first step to their stores.
func (k *wideRowKernel) group(group int, name string) {
	var sums []sum
	for v := range group {
		sums = append(sums, sum{ZMM(), 0, v})
	}
	last := group - 1
	TESTQ(U32(abi.FlagAcc), k.args.Field("flags"))
	emit.Goto(JZ, name+"_zero")
	emit.Section(abi.Acc, func() {
		for v, s := range sums {
			k.load(Mem{Base: k.c, Disp: 64 * v}, v == last, s.VecVirtual)
		}
		emit.Goto(JMP, name+"_begin")
	})
	emit.Trap()
	Label(name + "_zero")
	for _, s := range sums {
		avx512.zero(s.VecVirtual)
	}
	Label(name + "_begin")

	steps, ldb, ps, xs, x := GP64(), GP64(), GP64(), GP64(), GP64()
	MOVQ(k.args.Field("k"), steps)
	MOVQ(k.args.Field("ldb"), ldb)
	MOVQ(k.args.Field("ps"), ps)
	MOVQ(k.args.Field("xs"), xs)
	MOVQ(k.x, x)
	b, bases := rowAddr(group, k.b, ps)
	Label(name + "_step")
	a := ZMM()
	VBROADCASTSS(Mem{Base: x}, a)
	ADDQ(xs, x)
	for g, s := range sums {
		if g == last && k.mask != nil {
			t := ZMM()
			k.load(b(g), true, t)
			VFMADD231PS(t, a, s.VecVirtual)
		} else {
			VFMADD231PS(b(g), a, s.VecVirtual)
		}
	}
	for _, p := range bases {
		ADDQ(ldb, p)
	}
	DECQ(steps)
	emit.Goto(JNZ, name+"_step")

	flags := GP64()
	MOVQ(k.args.Field("flags"), flags)
	load := func(v int, dst reg.VecVirtual) { k.load(Mem{Base: k.v, Disp: 64 * v}, v == last, dst) }
	e := epilogue{
		isa:    avx512,
		sums:   sums,
		flags:  flags,
		alpha:  k.args.Field("alpha"),
		one:    k.one,
		loadB:  load,
		before: func() {},
		loadY:  func(_, v int, dst reg.VecVirtual) { load(v, dst) },
	}
	e.emit()
	for v, s := range sums {
		at := Mem{Base: k.c, Disp: 64 * v}
		if v == last && k.mask != nil {
			VMOVUPS(s.VecVirtual, k.mask, at)
		} else {
			VMOVUPS(s.VecVirtual, at)
		}
	}
	for range group {
		ADDQ(ps, k.b)
	}
	ADDQ(U32(64*group), k.c)
	ADDQ(U32(64*group), k.v)
}
