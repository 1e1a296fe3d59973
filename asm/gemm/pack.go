package gemm

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/emit"
)

// EmitPack emits the packing kernels.
func EmitPack() {
	masks := emit.TailMasks()
	emitPack(masks)
	emitPackT(masks)
	emitTranspose()
	emitCopyRows()
}

// emitCopyRows emits the copy of rows of eight elements or more: the last eight overlap those before.
func emitCopyRows() {
	args := emit.ArgFunc("copyRowsSIMD", "transposeArgs", "",
		"copyRowsSIMD copies args.rows rows of args.cols elements, at least eight. It works like copyRowsGeneric.")
	emit.Positive(args, "rows", "cols")
	src, dst, rows, last, at, v := GP64(), GP64(), GP64(), GP64(), GP64(), YMM()
	MOVQ(args.Field("src"), src)
	MOVQ(args.Field("dst"), dst)
	MOVQ(args.Field("rows"), rows)
	MOVQ(args.Field("cols"), last)
	SHLQ(Imm(2), last)
	SUBQ(Imm(32), last)
	Label("copy_row")
	XORQ(at, at)
	CMPQ(at, last)
	emit.Goto(JGE, "copy_last")
	Label("copy_eight")
	VMOVUPS(Mem{Base: src, Index: at, Scale: 1}, v)
	VMOVUPS(v, Mem{Base: dst, Index: at, Scale: 1})
	ADDQ(Imm(32), at)
	CMPQ(at, last)
	emit.Goto(JLT, "copy_eight")
	Label("copy_last")
	VMOVUPS(Mem{Base: src, Index: last, Scale: 1}, v)
	VMOVUPS(v, Mem{Base: dst, Index: last, Scale: 1})
	ADDQ(args.Field("lds"), src)
	ADDQ(args.Field("ldd"), dst)
	DECQ(rows)
	emit.Goto(JNZ, "copy_row")
	VZEROUPPER()
	RET()
}

// emitPack emits the copy of a k×n matrix to panels of 16 columns.
func emitPack(masks Mem) {
	name := "packSIMD"
	args := emit.ArgFunc(name, "packArgs", "",
		name+" packs a matrix whose rows lie args.ldb bytes apart; the last panel is filled with 0.",
		"It works like packGeneric.")
	emit.Positive(args, "k", "n")
	b, ldb, p, k, n := GP64(), GP64(), GP64(), GP64(), GP64()
	MOVQ(args.Field("b"), b)
	MOVQ(args.Field("ldb"), ldb)
	MOVQ(args.Field("p"), p)
	MOVQ(args.Field("n"), n)
	rows := func(name string, load func(v int, dst reg.VecVirtual)) {
		Label(name)
		x, y := YMM(), YMM()
		load(0, x)
		load(1, y)
		VMOVUPS(x, Mem{Base: p})
		VMOVUPS(y, Mem{Base: p, Disp: 32})
		ADDQ(Imm(64), p)
		ADDQ(ldb, b)
		DECQ(k)
		emit.Goto(JNZ, name)
	}
	start := GP64()
	Label("pack_panel")
	CMPQ(n, Imm(16))
	emit.Goto(JLT, "pack_last")
	MOVQ(args.Field("k"), k)
	MOVQ(b, start)
	rows("pack_row", func(v int, dst reg.VecVirtual) { VMOVUPS(Mem{Base: b, Disp: 32 * v}, dst) })
	LEAQ(Mem{Base: start, Disp: 64}, b)
	SUBQ(Imm(16), n)
	emit.Goto(JNZ, "pack_panel")
	VZEROUPPER()
	RET()

	Label("pack_last")
	w0, w1 := GP64(), GP64()
	MOVQ(U32(8), w0)
	CMPQ(n, w0)
	CMOVQLT(n, w0)
	XORQ(w1, w1)
	SUBQ(Imm(8), n)
	CMOVQGT(n, w1)
	mask := [2]reg.VecVirtual{YMM(), YMM()}
	emit.LoadTailMask(masks, w0, mask[0])
	emit.LoadTailMask(masks, w1, mask[1])
	MOVQ(args.Field("k"), k)
	rows("pack_last_row", func(v int, dst reg.VecVirtual) { VMASKMOVPS(Mem{Base: b, Disp: 32 * v}, mask[v], dst) })
	VZEROUPPER()
	RET()
}

// packSteps is how many steps of a panel are packed before the next ones, by 8 columns and then the other 8: the lines
// that these have halves of stay in the first-level cache meanwhile.
const packSteps = 128

// emitPackT emits the transposing copy: column j of the packed k×n matrix is row j of what
// is stored. It takes 8 rows by 4 columns at a time:
//
//	t₀ = row 0 | row 4    low and high half of a register, 4 columns each
//	t₁ = row 1 | row 5
//	t₂ = row 2 | row 6
//	t₃ = row 3 | row 7
//
// and transposes the 4×4 blocks in both halves at once.
func emitPackT(masks Mem) {
	name := "packTSIMD"
	args := emit.ArgFunc(name, "packArgs", "",
		name+" packs the transpose of a matrix of args.n rows that lie args.ldb bytes apart. Of the columns",
		"that the last panel has too many, it leaves some as they are and fills others with copies of the last",
		"one. Else it packs as packGeneric does.")
	emit.Positive(args, "k", "n")
	left, now := AllocLocal(8), AllocLocal(8)
	n, x := GP64(), GP64()
	MOVQ(args.Field("n"), n)
	Label("packt_panel")
	MOVQ(args.Field("k"), x)
	MOVQ(x, left)
	Label("packt_steps")
	steps, most := GP64(), GP64()
	MOVQ(left, steps)
	MOVQ(U32(packSteps), most)
	CMPQ(most, steps)
	CMOVQLT(most, steps)
	MOVQ(steps, now)
	packTHalf(args, masks, 0, n, now)
	CMPQ(n, Imm(8))
	emit.Goto(JLE, "packt_next")
	packTHalf(args, masks, 1, n, now)
	Label("packt_next")
	Comment("the next steps of the panel")
	b, k, p := GP64(), GP64(), GP64()
	MOVQ(now, k)
	SUBQ(k, left)
	MOVQ(k, b)
	SHLQ(Imm(2), b)
	ADDQ(b, args.Field("b"))
	SHLQ(Imm(6), k)
	MOVQ(args.Field("p"), p)
	ADDQ(k, p)
	MOVQ(p, args.Field("p"))
	MOVQ(left, k)
	TESTQ(k, k)
	emit.Goto(JNZ, "packt_steps")
	Comment("the next panel")
	SUBQ(Imm(16), n)
	emit.Goto(JLE, "packt_end")
	MOVQ(args.Field("ldb"), b)
	SHLQ(Imm(2), b)
	SUBQ(args.Field("k"), b)
	SHLQ(Imm(2), b)
	ADDQ(b, args.Field("b"))
	emit.Goto(JMP, "packt_panel")
	Label("packt_end")
	VZEROUPPER()
	RET()
}

// packTHalf emits the packing of some steps of 8 columns of a panel, of which n columns are left.
func packTHalf(args emit.Args, masks Mem, half int, n reg.GPVirtual, steps Mem) {
	label := func(what string) string { return fmt.Sprintf("packt_%s%d", what, half) }
	Comment("the rows, the last one again where there are no more")
	rows := make([]reg.GPVirtual, 8)
	left, ldb := GP64(), GP64()
	MOVQ(args.Field("ldb"), ldb)
	MOVQ(n, left)
	rows[0] = GP64()
	MOVQ(args.Field("b"), rows[0])
	if half == 1 {
		// Row 8, or the last one: move on by min(8, n-1) rows.
		skip := GP64()
		MOVQ(U32(8), skip)
		DECQ(left)
		CMPQ(left, skip)
		CMOVQLT(left, skip)
		SUBQ(skip, left)
		INCQ(left)
		IMULQ(ldb, skip)
		ADDQ(skip, rows[0])
	}
	for r := 1; r < 8; r++ {
		rows[r] = GP64()
		next := GP64()
		LEAQ(Mem{Base: rows[r-1], Index: ldb, Scale: 1}, next)
		MOVQ(rows[r-1], rows[r])
		CMPQ(left, Imm(uint64(r)))
		CMOVQGT(next, rows[r])
	}
	at, k, p := GP64(), GP64(), GP64()
	XORQ(at, at)
	MOVQ(steps, k)
	MOVQ(args.Field("p"), p)
	if half == 1 {
		ADDQ(Imm(32), p)
	}
	SUBQ(Imm(4), k)
	emit.Goto(JLT, label("rest"))
	Label(label("step"))
	out := transpose(func(r int, low reg.VecVirtual) {
		VBROADCASTF128(Mem{Base: rows[r], Index: at, Scale: 1}, low)
		VINSERTF128(Imm(1), Mem{Base: rows[r+4], Index: at, Scale: 1}, low, low)
	})
	for i, x := range out {
		VMOVUPS(x, Mem{Base: p, Disp: 64 * i})
	}
	ADDQ(Imm(16), at)
	ADDQ(U32(256), p)
	SUBQ(Imm(4), k)
	emit.Goto(JGE, label("step"))

	Label(label("rest"))
	Comment("1 to 3 columns are left, or none")
	ADDQ(Imm(4), k)
	emit.Goto(JZ, label("done"))
	mask := YMM()
	emit.LoadTailMask(masks, k, mask)
	out = transpose(func(r int, low reg.VecVirtual) {
		high := YMM()
		VMASKMOVPS(Mem{Base: rows[r], Index: at, Scale: 1}, mask, low)
		VMASKMOVPS(Mem{Base: rows[r+4], Index: at, Scale: 1}, mask, high)
		VINSERTF128(Imm(1), high.AsX(), low, low)
	})
	for i := range 3 {
		VMOVUPS(out[i], Mem{Base: p, Disp: 64 * i})
		if i < 2 {
			DECQ(k)
			emit.Goto(JZ, label("done"))
		}
	}
	Label(label("done"))
}

// transpose emits the transposition of 8 rows by 4 columns, given the load of a register
// with row r in its low half and row r+4 in its high half.
func transpose(load func(r int, dst reg.VecVirtual)) [4]reg.VecVirtual {
	var t, u, out [4]reg.VecVirtual
	for r := range t {
		t[r] = YMM()
		load(r, t[r])
	}
	for i := range u {
		u[i], out[i] = YMM(), YMM()
	}
	unpack(t, u, out)
	return out
}

// unpack emits the transpose of the 4×4 blocks of some rows, by way of u, to y, which may be the rows.
func unpack(rows, u, y [4]reg.VecVirtual) {
	VUNPCKLPS(rows[1], rows[0], u[0])
	VUNPCKHPS(rows[1], rows[0], u[1])
	VUNPCKLPS(rows[3], rows[2], u[2])
	VUNPCKHPS(rows[3], rows[2], u[3])
	VUNPCKLPD(u[2], u[0], y[0])
	VUNPCKHPD(u[2], u[0], y[1])
	VUNPCKLPD(u[3], u[1], y[2])
	VUNPCKHPD(u[3], u[1], y[3])
}

// emitTranspose emits the transposition of a matrix whose sides are multiples of 8 and 4, by 8×4 blocks as in emitPackT,
// all rows of 4 columns before the next 4: so the rows of the transpose are written from one end to the other.
func emitTranspose() {
	name := "transposeSIMD"
	args := emit.ArgFunc(name, "transposeArgs", "",
		name+" writes the transpose of a matrix of args.rows, a multiple of 8, by args.cols, a multiple of 4.",
		"It changes args. It works like transposeGeneric.")
	emit.Positive(args, "rows", "cols")
	src, dst, lds, ldd, lds3, ldd3, rows := GP64(), GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
	MOVQ(args.Field("lds"), lds)
	MOVQ(args.Field("ldd"), ldd)
	LEAQ(Mem{Base: lds, Index: lds, Scale: 2}, lds3)
	LEAQ(Mem{Base: ldd, Index: ldd, Scale: 2}, ldd3)
	Label("transpose_cols")
	MOVQ(args.Field("src"), src)
	MOVQ(args.Field("dst"), dst)
	MOVQ(args.Field("rows"), rows)
	row := func(base reg.GPVirtual, r int) Mem {
		switch r {
		case 0:
			return Mem{Base: base}
		case 3:
			return Mem{Base: base, Index: lds3, Scale: 1}
		}
		return Mem{Base: base, Index: lds, Scale: uint8(r)}
	}
	Label("transpose_block")
	high := GP64()
	LEAQ(Mem{Base: src, Index: lds, Scale: 4}, high)
	out := transpose(func(r int, low reg.VecVirtual) {
		VBROADCASTF128(row(src, r), low)
		VINSERTF128(Imm(1), row(high, r), low, low)
	})
	VMOVUPS(out[0], Mem{Base: dst})
	VMOVUPS(out[1], Mem{Base: dst, Index: ldd, Scale: 1})
	VMOVUPS(out[2], Mem{Base: dst, Index: ldd, Scale: 2})
	VMOVUPS(out[3], Mem{Base: dst, Index: ldd3, Scale: 1})
	LEAQ(Mem{Base: high, Index: lds, Scale: 4}, src)
	ADDQ(Imm(32), dst)
	SUBQ(Imm(8), rows)
	emit.Goto(JNZ, "transpose_block")

	Comment("the next 4 columns")
	next := GP64()
	MOVQ(ldd, next)
	SHLQ(Imm(2), next)
	ADDQ(next, args.Field("dst"))
	ADDQ(Imm(16), args.Field("src"))
	SUBQ(Imm(4), args.Field("cols"))
	emit.Goto(JNZ, "transpose_cols")
	VZEROUPPER()
	RET()
}
