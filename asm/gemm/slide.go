package gemm

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/runtime/abi"
)

// A slideTile is a register tile of the kernel for few columns: its lanes are rows of A, each of which begins an element
// behind the one before, so that a term of eight of them is one load. Each column has Vecs registers.
type slideTile struct {
	abi.SlideTile
	args emit.Args

	x, y  reg.GPVirtual // at the first row of the tile, in A and C
	pixel reg.GPVirtual // from a row of C to the next
}

// EmitSlide emits the kernel of rows that slide over an array: it goes to the tile for the columns, and there loops over
// lines, and in them over tiles of rows.
func EmitSlide() {
	name := abi.SlideKernel
	args := emit.ArgFunc(name, "slideArgs", "",
		name+" computes args.lines times args.m rows and args.n columns of C. It changes args. It works like slideGeneric.")
	emit.Positive(args, "lines", "m", "n", "count")
	n := GP64()
	MOVQ(args.Field("n"), n)
	for i, tile := range abi.SlideTiles {
		if i == len(abi.SlideTiles)-1 {
			emit.Goto(JMP, tile.Name)
			break
		}
		CMPQ(n, Imm(uint64(tile.Columns)))
		emit.Goto(JLE, tile.Name)
	}
	for _, tile := range abi.SlideTiles {
		Label(tile.Name)
		t := &slideTile{SlideTile: tile, args: args.Again()}
		t.emit()
	}
	Label("end")
	VZEROUPPER()
	RET()
}

func (t *slideTile) label(what string) string { return t.Name + "_" + what }

// emit emits the loops over lines and the tiles of a line.
func (t *slideTile) emit() {
	t.x, t.y, t.pixel = GP64(), GP64(), GP64()
	left := GP64()
	MOVQ(t.args.Field("pixel"), t.pixel)
	Label(t.label("line"))
	MOVQ(t.args.Field("a"), t.x)
	MOVQ(t.args.Field("c"), t.y)
	MOVQ(t.args.Field("m"), left)
	Label(t.label("rows"))
	t.tile()
	ADDQ(U32(32*t.Vecs), t.x)
	SUBQ(U32(8*t.Vecs), left)
	emit.Goto(JG, t.label("rows"))
	Comment("the next line")
	step := GP64()
	MOVQ(t.args.Field("lda"), step)
	ADDQ(step, t.args.Field("a"))
	MOVQ(t.args.Field("line"), step)
	ADDQ(step, t.args.Field("c"))
	DECQ(t.args.Field("lines"))
	emit.Goto(JNZ, t.label("line"))
	emit.Goto(JMP, "end")
}

// tile emits a tile, and moves C on behind it.
//
//	sums[j, 0:8·Vecs] = 0, then += A[0:8·Vecs, t]·B[t, j] for all terms t
func (t *slideTile) tile() {
	var sums []sum
	for j := range t.Columns {
		for v := range t.Vecs {
			sums = append(sums, sum{YMM(), v, j})
		}
	}
	for _, s := range sums {
		VXORPS(s.VecVirtual, s.VecVirtual, s.VecVirtual)
	}
	t.steps(sums)

	flags, bias := GP64(), GP64()
	MOVQ(t.args.Field("flags"), flags)
	MOVQ(t.args.Field("v"), bias)
	e := epilogue{
		isa:    avx2,
		within: "",
		sums:   sums,
		flags:  flags,
		alpha:  t.args.Field("alpha"),
		loadB:  func(j int, dst reg.VecVirtual) { VBROADCASTSS(Mem{Base: bias, Disp: 4 * j}, dst) },
	}
	e.emit()
	for v := range t.Vecs {
		columns := make([]reg.VecVirtual, t.Columns)
		for j := range columns {
			columns[j] = sums[j*t.Vecs+v].VecVirtual
		}
		t.store(columns)
	}
}

// steps emits the loop over the terms.
func (t *slideTile) steps(sums []sum) {
	term, end, b, at := GP64(), GP64(), GP64(), GP64()
	MOVQ(t.args.Field("terms"), term)
	MOVQ(t.args.Field("count"), end)
	LEAQ(Mem{Base: term, Index: end, Scale: 4}, end)
	MOVQ(t.args.Field("b"), b)
	Label(t.label("step"))
	MOVLQSX(Mem{Base: term}, at)
	rows := make([]reg.VecVirtual, t.Vecs)
	for v := range rows {
		rows[v] = YMM()
		VMOVUPS(Mem{Base: t.x, Index: at, Scale: 1, Disp: 32 * v}, rows[v])
	}
	for j := range t.Columns {
		w := YMM()
		VBROADCASTSS(Mem{Base: b, Disp: 4 * j}, w)
		for v, x := range rows {
			VFMADD231PS(x, w, sums[j*t.Vecs+v].VecVirtual)
		}
	}
	ADDQ(Imm(4), term)
	ADDQ(Imm(4*abi.NR), b)
	CMPQ(term, end)
	emit.Goto(JNE, t.label("step"))
}

// store emits the stores of eight rows, given their columns, and moves C on behind them. What is stored behind the columns
// of a row is overwritten by the next one.
func (t *slideTile) store(columns []reg.VecVirtual) {
	Comment("eight rows of C = columns")
	if len(columns) == 1 {
		VMOVUPS(columns[0], Mem{Base: t.y})
		ADDQ(Imm(32), t.y)
		return
	}
	var low, high [2]reg.VecVirtual // of pairs: rows 0, 1, 4, 5 and 2, 3, 6, 7
	for i := range min(2, len(columns)/2) {
		low[i], high[i] = interleaved(columns[2*i], columns[2*i+1], VUNPCKLPS, VUNPCKHPS)
	}
	if len(columns) == 2 {
		t.each(func(r int) { storePair([2]reg.VecVirtual{low[0], high[0]}, r, Mem{Base: t.y}) })
		return
	}
	var four [4]reg.VecVirtual // rows r and r+4
	four[0], four[1] = interleaved(low[0], low[1], VUNPCKLPD, VUNPCKHPD)
	four[2], four[3] = interleaved(high[0], high[1], VUNPCKLPD, VUNPCKHPD)
	var rest [2]reg.VecVirtual
	if len(columns) == 6 {
		rest[0], rest[1] = interleaved(columns[4], columns[5], VUNPCKLPS, VUNPCKHPS)
	}
	t.each(func(r int) {
		if r < 4 {
			VMOVUPS(four[r].AsX(), Mem{Base: t.y})
		} else {
			VEXTRACTF128(Imm(1), four[r-4], Mem{Base: t.y})
		}
		if len(columns) == 6 {
			storePair(rest, r, Mem{Base: t.y, Disp: 16})
		}
	})
}

// interleaved emits the low and the high interleaving of two registers.
func interleaved(x, y reg.VecVirtual, low, high func(ops ...Op)) (l, h reg.VecVirtual) {
	l, h = YMM(), YMM()
	low(y, x, l)
	high(y, x, h)
	return l, h
}

// each emits what is done for each of eight rows, with C at the row.
func (t *slideTile) each(row func(r int)) {
	for r := range 8 {
		row(r)
		ADDQ(t.pixel, t.y)
	}
}

// storePair emits the store of two columns of row r, given low and high interleavings of the columns. The rows come in
// order: before row 4, the upper half of the registers becomes the lower one.
func storePair(pairs [2]reg.VecVirtual, r int, m Mem) {
	if r == 4 {
		for _, p := range pairs {
			VEXTRACTF128(Imm(1), p, p.AsX())
		}
	}
	p := pairs[r%4/2].AsX()
	if r%2 == 0 {
		VMOVLPS(p, m)
	} else {
		VMOVHPS(p, m)
	}
}
