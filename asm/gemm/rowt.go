package gemm

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/runtime/abi"
)

// EmitRowT emits the kernel for one row of C = A·Bᵀ. An element of C is a product of two
// rows, but its terms must be added in order, so the lanes are 8 rows of B: they are
// transposed in registers, 4 columns at a time.
func EmitRowT() {
	k := &rowKernel{name: abi.RowKernelT, one: oneData()}
	k.args = emit.ArgFunc(k.name, "rowArgs", "x, c *float32",
		k.name+" computes args.n columns, a multiple of 8, of one row of C for the transpose of args.b.",
		"It works like gemmGeneric with m = 1.")
	emit.Positive(k.args, "k", "n")
	// What is not needed in the loop over k waits here.
	b, c, v, rows := AllocLocal(8), AllocLocal(8), AllocLocal(8), AllocLocal(8)
	t := GP64()
	for _, x := range []struct{ from, to Mem }{{k.args.Field("b"), b}, {k.args.Field("v"), v}, {k.args.Field("n"), rows}} {
		MOVQ(x.from, t)
		MOVQ(t, x.to)
	}
	Load(Param("c"), t)
	MOVQ(t, c)

	choose, end := k.name+"_choose", k.name+"_end"
	Label(choose)
	left := GP64()
	MOVQ(rows, left)
	for _, group := range abi.RowsT {
		CMPQ(left, Imm(uint64(8*group)))
		emit.Goto(JGE, fmt.Sprintf("%s_group%d", k.name, group))
	}
	emit.Goto(JMP, end)
	for _, group := range abi.RowsT {
		name := fmt.Sprintf("%s_group%d", k.name, group)
		Label(name)
		emit.Section(abi.Rows(8*group), func() {
			k.groupT(group, name, b, c, v)
			SUBQ(Imm(uint64(8*group)), rows)
			emit.Goto(JMP, choose)
		})
		emit.Trap()
	}
	Label(end)
	VZEROUPPER()
	RET()
}

// groupT emits 8·group columns of C, those of as many rows of B.
func (k *rowKernel) groupT(group int, name string, b, c, v Mem) {
	sums := make([]reg.VecVirtual, group)
	for i := range sums {
		sums[i] = YMM()
	}
	k.c = GP64()
	MOVQ(c, k.c)
	TESTQ(U32(abi.FlagAcc), k.args.Field("flags"))
	emit.Goto(JZ, name+"_zero")
	emit.Section(abi.Acc, func() {
		for i, s := range sums {
			VMOVUPS(Mem{Base: k.c, Disp: 32 * i}, s)
		}
		emit.Goto(JMP, name+"_begin")
	})
	emit.Trap()
	Label(name + "_zero")
	for _, s := range sums {
		VXORPS(s, s, s)
	}
	Label(name + "_begin")

	Comment("rows 8g to 8g+3 by way of one register, 8g+4 to 8g+7 by way of the next")
	ldb, ldb3, x, steps := GP64(), GP64(), GP64(), GP64()
	MOVQ(k.args.Field("ldb"), ldb)
	LEAQ(Mem{Base: ldb, Index: ldb, Scale: 2}, ldb3)
	Load(Param("x"), x)
	four := make([]reg.GPVirtual, 2*group)
	for i := range four {
		four[i] = GP64()
		if i == 0 {
			MOVQ(b, four[0])
		} else {
			LEAQ(Mem{Base: four[i-1], Index: ldb, Scale: 4}, four[i])
		}
	}
	row := func(i, r int) Mem {
		switch r {
		case 0:
			return Mem{Base: four[i]}
		case 3:
			return Mem{Base: four[i], Index: ldb3, Scale: 1}
		}
		return Mem{Base: four[i], Index: ldb, Scale: uint8(r)}
	}

	// A step takes some columns of the rows, for each 8 rows in turn. Few let the chains of
	// all rows run side by side; but where rows are far apart, a cache line may be
	// evicted before the next step, so then all of its columns are taken.
	step := func(columns int, label, after string) {
		SUBQ(Imm(uint64(columns)), steps)
		emit.Goto(JLT, after)
		if columns == 16 {
			CMPQ(ldb, U32(abi.FarRows))
			emit.Goto(JLT, after)
		}
		Label(label)
		var a [4]reg.VecVirtual
		load := func(from int) {
			for p := range a {
				a[p] = YMM()
				VBROADCASTSS(Mem{Base: x, Disp: 4 * (from + p)}, a[p])
			}
		}
		if columns == 4 {
			load(0)
		}
		for g, s := range sums {
			for from := 0; from < columns; from += 4 {
				block := transpose(func(r int, dst reg.VecVirtual) {
					VBROADCASTF128(row(2*g, r).Offset(4*from), dst)
					VINSERTF128(Imm(1), row(2*g+1, r).Offset(4*from), dst, dst)
				})
				if columns > 4 {
					load(from)
				}
				for p, column := range block {
					VFMADD231PS(column, a[p], s)
				}
			}
		}
		for _, p := range append([]reg.GPVirtual{x}, four...) {
			ADDQ(Imm(uint64(4*columns)), p)
		}
		SUBQ(Imm(uint64(columns)), steps)
		emit.Goto(JGE, label)
		Label(after)
		ADDQ(Imm(uint64(columns)), steps)
	}
	MOVQ(k.args.Field("k"), steps)
	emit.Section(abi.Far, func() { step(16, name+"_step16", name+"_by4") })
	step(4, name+"_step4", name+"_rest")

	Comment("1 to 3 columns of B are left, or none: one at a time")
	emit.Goto(JZ, name+"_summed")
	emit.Section(abi.Rest, func() {
		Label(name + "_rest_step")
		last := YMM()
		VBROADCASTSS(Mem{Base: x}, last)
		for g, s := range sums {
			k.column(func(r int) Mem { return row(2*g+r/4, r%4) }, last, s)
		}
		for _, p := range four {
			ADDQ(Imm(4), p)
		}
		ADDQ(Imm(4), x)
		DECQ(steps)
		emit.Goto(JNZ, name+"_rest_step")
		emit.Goto(JMP, name+"_summed")
	})
	emit.Trap()
	Label(name + "_summed")

	MOVQ(c, k.c)
	k.v = GP64()
	MOVQ(v, k.v)
	k.finish(sums, false)
	next := GP64()
	MOVQ(b, next)
	MOVQ(k.args.Field("ldb"), ldb)
	for range group {
		LEAQ(Mem{Base: next, Index: ldb, Scale: 8}, next)
	}
	MOVQ(next, b)
	ADDQ(U32(32*group), c)
	ADDQ(U32(32*group), v)
}

// column emits sum += a·(one element of each of 8 rows).
func (k *rowKernel) column(at func(r int) Mem, a, sum reg.VecVirtual) {
	var half [2]reg.VecVirtual
	for h := range half {
		lo, hi, t := XMM(), XMM(), XMM()
		VMOVSS(at(4*h), lo)
		VINSERTPS(Imm(0x10), at(4*h+1), lo, lo)
		VMOVSS(at(4*h+2), hi)
		VINSERTPS(Imm(0x10), at(4*h+3), hi, hi)
		VMOVLHPS(hi, lo, t)
		half[h] = t
	}
	both := YMM()
	VXORPS(both, both, both)
	VINSERTF128(Imm(0), half[0], both, both)
	VINSERTF128(Imm(1), half[1], both, both)
	VFMADD231PS(both, a, sum)
}
