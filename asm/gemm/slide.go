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

// EmitSlide emits the kernels of rows that slide over an array.
func EmitSlide() {
	emitSlide()
	lanes := laneNumbers()
	emitWideSlide(lanes)
	emitWideSlideMax(lanes)
}

// emitSlide emits the kernel for AVX2: it goes to the tile for the columns, and there loops over
// lines, and in them over tiles of rows. Where rows of six columns fill whole registers of C, four lines are a step,
// whose last rows share tiles: none is rounded up.
func emitSlide() {
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
		if tile.Columns == six {
			t.emitFours()
		}
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

// tile emits a tile of rows behind one another, and moves C on behind it.
func (t *slideTile) tile() {
	sums := t.sums(func(v int, at reg.GPVirtual, dst reg.VecVirtual) {
		VMOVUPS(Mem{Base: t.x, Index: at, Scale: 1, Disp: 32 * v}, dst)
	})
	for v := range t.Vecs {
		t.store(t.columns(sums, v))
	}
}

// sums emits the sums of a tile, and their epilogue: load emits the load of a term of eight rows.
//
//	sums[j, 0:8·Vecs] = 0, then += A[0:8·Vecs, t]·B[t, j] for all terms t
func (t *slideTile) sums(load func(v int, at reg.GPVirtual, dst reg.VecVirtual)) []sum {
	var sums []sum
	for j := range t.Columns {
		for v := range t.Vecs {
			sums = append(sums, sum{YMM(), v, j})
		}
	}
	for _, s := range sums {
		VXORPS(s.VecVirtual, s.VecVirtual, s.VecVirtual)
	}
	at := func(v, j int) reg.VecVirtual { return sums[j*t.Vecs+v].VecVirtual }
	slideSteps(avx2, t.args, t.Vecs, t.Columns, load, at)
	slideEpilogue(avx2, t.args, sums)
	return sums
}

// columns returns the registers of eight rows.
func (t *slideTile) columns(sums []sum, v int) []reg.VecVirtual {
	columns := make([]reg.VecVirtual, t.Columns)
	for j := range columns {
		columns[j] = sums[j*t.Vecs+v].VecVirtual
	}
	return columns
}

// slideSteps emits the loop over the terms: load emits the load of a term of a register of rows, and sums are those of
// a register of rows and a column.
func slideSteps(isa isa, args emit.Args, vecs, columns int, load func(v int, at reg.GPVirtual, dst reg.VecVirtual),
	sums func(v, j int) reg.VecVirtual) {
	term, end, b, at, step := GP64(), GP64(), GP64(), GP64(), emit.NewLabel("step")
	MOVQ(args.Field("terms"), term)
	MOVQ(args.Field("count"), end)
	LEAQ(Mem{Base: term, Index: end, Scale: 4}, end)
	MOVQ(args.Field("b"), b)
	Label(step)
	MOVLQSX(Mem{Base: term}, at)
	rows := make([]reg.VecVirtual, vecs)
	for v := range rows {
		rows[v] = isa.vec()
		load(v, at, rows[v])
	}
	for j := range columns {
		w := isa.vec()
		VBROADCASTSS(Mem{Base: b, Disp: 4 * j}, w)
		for v, x := range rows {
			VFMADD231PS(x, w, sums(v, j))
		}
	}
	ADDQ(Imm(4), term)
	ADDQ(Imm(4*abi.NR), b)
	CMPQ(term, end)
	emit.Goto(JNE, step)
}

// slideEpilogue emits the epilogue of sums whose bias is one number for each column.
func slideEpilogue(isa isa, args emit.Args, sums []sum) {
	flags, bias := GP64(), GP64()
	MOVQ(args.Field("flags"), flags)
	MOVQ(args.Field("v"), bias)
	e := epilogue{
		isa:    isa,
		within: "",
		sums:   sums,
		flags:  flags,
		alpha:  args.Field("alpha"),
		loadB:  func(j int, dst reg.VecVirtual) { VBROADCASTSS(Mem{Base: bias, Disp: 4 * j}, dst) },
	}
	e.emit()
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

// six is the number of columns of which four rows fill three registers of C.
const six = 6

// emitFours emits the loop over four lines each, if the lines have multiples of four rows of six columns. What rows are
// left behind tiles of sixteen share tiles with those of the other lines: eight of two lines, four of four. It leaves
// fewer than four lines.
func (t *slideTile) emitFours() {
	fours, whole, rest := t.label("fours"), t.label("whole"), t.label("rest")
	rows, few := GP64(), t.label("few")
	CMPQ(t.args.Field("n"), Imm(six))
	emit.Goto(JNE, few)
	MOVQ(t.args.Field("m"), rows)
	TESTQ(U32(3), rows)
	emit.Goto(JNZ, few)
	Label(fours)
	CMPQ(t.args.Field("lines"), Imm(4))
	emit.Goto(JLT, few)

	Comment("tiles of sixteen rows")
	lineX, lineY, left, lines := GP64(), GP64(), GP64(), GP64()
	t.x, t.y = GP64(), GP64()
	MOVQ(t.args.Field("a"), lineX)
	MOVQ(t.args.Field("c"), lineY)
	MOVQ(U32(4), lines)
	Label(whole)
	MOVQ(lineX, t.x)
	MOVQ(lineY, t.y)
	MOVQ(t.args.Field("m"), left)
	SUBQ(U32(16), left)
	emit.Goto(JLT, rest)
	Label(t.label("sixteen"))
	sums := t.sums(func(v int, at reg.GPVirtual, dst reg.VecVirtual) {
		VMOVUPS(Mem{Base: t.x, Index: at, Scale: 1, Disp: 32 * v}, dst)
	})
	for v := range t.Vecs {
		t.storeFour(t.columns(sums, v), Mem{Base: t.y, Disp: 192 * v}, Mem{Base: t.y, Disp: 192*v + 96})
	}
	ADDQ(U32(64), t.x)
	ADDQ(U32(384), t.y)
	SUBQ(U32(16), left)
	emit.Goto(JGE, t.label("sixteen"))
	Label(rest)
	ADDQ(t.args.Field("lda"), lineX)
	ADDQ(t.args.Field("line"), lineY)
	DECQ(lines)
	emit.Goto(JNZ, whole)

	t.emitEights(left)
	t.emitFour(left)
	for _, f := range [][2]string{{"lda", "a"}, {"line", "c"}} {
		step := GP64()
		MOVQ(t.args.Field(f[0]), step)
		SHLQ(Imm(2), step)
		ADDQ(step, t.args.Field(f[1]))
	}
	SUBQ(Imm(4), t.args.Field("lines"))
	emit.Goto(JNZ, fours)
	emit.Goto(JMP, "end")
	Label(few)
}

// behind emits where the last rows of the first line begin, that are left behind tiles of sixteen: in A and C.
func (t *slideTile) behind(x, y reg.GPVirtual) {
	row := GP64()
	MOVQ(t.args.Field("m"), row)
	MOVQ(t.args.Field("a"), x)
	MOVQ(t.args.Field("c"), y)
	ANDQ(I32(-16), row)
	LEAQ(Mem{Base: x, Index: row, Scale: 4}, x)
	IMUL3Q(U32(24), row, row)
	ADDQ(row, y)
}

// emitEights emits the next eight rows of four lines, two at a time, if more than four are left behind tiles of sixteen.
func (t *slideTile) emitEights(left reg.GPVirtual) {
	none, pair := t.label("no_eight"), t.label("eight")
	TESTQ(U32(8), left)
	emit.Goto(JZ, none)
	x, y, next, lines := GP64(), GP64(), GP64(), GP64()
	t.behind(x, y)
	MOVQ(U32(2), lines)
	Label(pair)
	MOVQ(t.args.Field("lda"), next)
	ADDQ(x, next)
	base := []reg.GPVirtual{x, next}
	sums := t.sums(func(v int, at reg.GPVirtual, dst reg.VecVirtual) {
		VMOVUPS(Mem{Base: base[v], Index: at, Scale: 1}, dst)
	})
	MOVQ(next, x)
	ADDQ(t.args.Field("lda"), x)
	for v := range t.Vecs {
		t.storeFour(t.columns(sums, v), Mem{Base: y}, Mem{Base: y, Disp: 96})
		ADDQ(t.args.Field("line"), y)
	}
	DECQ(lines)
	emit.Goto(JNZ, pair)
	Label(none)
}

// emitFour emits the last four rows of four lines, if four are left behind others.
func (t *slideTile) emitFour(left reg.GPVirtual) {
	none := t.label("no_four")
	TESTQ(U32(4), left)
	emit.Goto(JZ, none)
	var x [4]reg.GPVirtual
	y := GP64()
	for i := range x {
		x[i] = GP64()
	}
	t.behind(x[0], y)
	ANDQ(Imm(8), left)
	Comment("behind eight others, if there are")
	LEAQ(Mem{Base: x[0], Index: left, Scale: 4}, x[0])
	IMUL3Q(U32(24), left, left)
	ADDQ(left, y)
	for i := 1; i < len(x); i++ {
		MOVQ(x[i-1], x[i])
		ADDQ(t.args.Field("lda"), x[i])
	}
	sums := t.sums(func(v int, at reg.GPVirtual, dst reg.VecVirtual) {
		VBROADCASTF128(Mem{Base: x[2*v+1], Index: at, Scale: 1}, dst)
		VINSERTF128(Imm(0), Mem{Base: x[2*v], Index: at, Scale: 1}, dst, dst)
	})
	line := GP64()
	MOVQ(t.args.Field("line"), line)
	for v := range t.Vecs {
		t.storeFour(t.columns(sums, v), Mem{Base: y}, Mem{Base: y, Index: line, Scale: 1})
		LEAQ(Mem{Base: y, Index: line, Scale: 2}, y)
	}
	Label(none)
}

// storeFour emits the stores of the lower four of eight rows of six columns, and of the upper four.
func (t *slideTile) storeFour(c []reg.VecVirtual, low, high Mem) {
	Comment("four rows of C, and four more = columns")
	l01, h01 := interleaved(c[0], c[1], VUNPCKLPS, VUNPCKHPS)
	l23, h23 := interleaved(c[2], c[3], VUNPCKLPS, VUNPCKHPS)
	l45, h45 := interleaved(c[4], c[5], VUNPCKLPS, VUNPCKHPS)
	at := 0
	var before reg.VecVirtual // what is to be stored with the next one
	put := func(v reg.VecVirtual) {
		if before == nil {
			before = v
			return
		}
		low, high, whole := low, high, YMM()
		low.Disp, high.Disp = low.Disp+at, high.Disp+at
		VINSERTF128(Imm(1), v.AsX(), before, whole)
		VMOVUPS(whole, low)
		VPERM2F128(Imm(0x31), v, before, whole)
		VMOVUPS(whole, high)
		before = nil
		at += 32
	}
	for _, p := range [][3]reg.VecVirtual{{l01, l23, l45}, {h01, h23, h45}} {
		first, middle, last := YMM(), YMM(), YMM()
		VUNPCKLPD(p[1], p[0], first)
		put(first)
		VSHUFPD(Imm(0b1010), p[0], p[2], middle) // what is left of a row, and the beginning of the next one
		put(middle)
		VUNPCKHPD(p[2], p[1], last)
		put(last)
	}
}
