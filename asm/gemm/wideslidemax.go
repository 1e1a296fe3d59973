package gemm

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/runtime/abi"
)

// A wideSlideMax emits the kernel of rows that slide over an array, and of the maxima of squares of them: of two rows of
// two lines each. Four lines of such rows are two of C. Of sixteen rows of each a column is one register when the maxima
// are taken, so that six are turned to rows of C in place of twenty-four.
type wideSlideMax struct {
	wideSlide
	whole reg.OpmaskVirtual // lanes none of whose sums was NaN
	floor reg.VecVirtual
}

// A squareTile is a tile of four lines: its registers, and how many squares a line of C has of it.
type squareTile struct {
	vecs    [][]quads
	squares int
}

// The tiles of sixteen rows of each line, and of the last 4, 8 or 12. The two lines of a square are in the same places of
// two registers, or in the halves of one, or of a half: see lines.
var (
	squaresWhole = squareTile{slideFours, 8}
	squaresRest  = [...]squareTile{
		{slideRests[0], 2},
		{[][]quads{{{0, 0, 0, 2}, {2, 0, 2, 2}}, {{1, 0, 0, 2}, {3, 0, 2, 2}}}, 4},
		{[][]quads{{{0, 0, 0, 3}, {2, 0, 3, 1}}, {{1, 0, 0, 3}, {3, 0, 3, 1}}, {{2, 4, 0, 2}, {3, 4, 2, 2}}}, 6},
	}
)

// ordered is the predicate of comparisons that tells whether neither is NaN.
const ordered = 7

// emitWideSlideMax emits the kernel.
func emitWideSlideMax(lanes [2]Mem) {
	name := abi.WideSlideMaxKernel
	t := &wideSlideMax{wideSlide: wideSlide{lanes: lanes}, whole: K(), floor: ZMM()}
	t.args = emit.ArgFunc(name, "slideMaxArgs", "",
		name+" computes args.lines times args.m rows of six columns of C, if none of the sums is NaN: else it sets",
		"args.nan, and C is undefined. It changes args. It works like slideMaxGeneric.")
	emit.Positive(t.args, "lines", "m", "count")
	KXNORW(t.whole, t.whole, t.whole)
	left := GP64()
	Label("fours")
	t.at()
	t.fetch()
	VBROADCASTSS(t.args.Field("floor"), t.floor)
	MOVQ(t.args.Field("m"), left)
	SUBQ(Imm(8), left)
	emit.Goto(JLT, "rest")
	Label("sixteen")
	t.tile(squaresWhole)
	for _, x := range t.x {
		ADDQ(U32(64), x)
	}
	for _, y := range t.y {
		ADDQ(U32(192), y)
	}
	SUBQ(Imm(8), left)
	emit.Goto(JGE, "sixteen")
	Label("rest")
	ADDQ(Imm(8), left)
	emit.Goto(JZ, "next")
	CMPQ(left, Imm(4))
	emit.Goto(JEQ, "rest8")
	emit.Goto(JGT, "rest12")
	t.tile(squaresRest[0])
	emit.Goto(JMP, "next")
	Label("rest8")
	t.tile(squaresRest[1])
	emit.Goto(JMP, "next")
	Label("rest12")
	t.tile(squaresRest[2])
	Label("next")
	t.next()
	emit.Goto(JNZ, "fours")
	KNOTW(t.whole, t.whole)
	found := GP64()
	KMOVW(t.whole, found.As32())
	MOVQ(found, t.args.Field("nan"))
	VZEROUPPER()
	RET()
}

// fetch emits the prefetches of a step, of some cache lines of what is read next.
func (t *wideSlideMax) fetch() {
	next, left := GP64(), GP64()
	MOVQ(t.args.Field("next"), next)
	MOVQ(t.args.Field("fetch"), left)
	Label("fetch")
	DECQ(left)
	emit.Goto(JLT, "fetched")
	PREFETCHT0(Mem{Base: next})
	ADDQ(Imm(64), next)
	emit.Goto(JMP, "fetch")
	Label("fetched")
	MOVQ(next, t.args.Field("next"))
}

// at emits the addresses of four lines of A, and of two of C.
func (t *wideSlideMax) at() {
	t.wideSlide.at(4)
	t.y = t.y[:2]
}

// next emits the step to the next four lines of A and two of C, after which the flags tell whether there are none.
func (t *wideSlideMax) next() {
	for _, f := range []struct {
		step, base string
		shift      uint64
	}{{"lda", "a", 2}, {"line", "c", 1}} {
		step := GP64()
		MOVQ(t.args.Field(f.step), step)
		SHLQ(Imm(f.shift), step)
		ADDQ(step, t.args.Field(f.base))
	}
	SUBQ(Imm(2), t.args.Field("lines"))
}

// tile emits a tile: the sums, the largest of each square, bias and floor, which no order changes, and the stores.
func (t *wideSlideMax) tile(s squareTile) {
	sums := t.sums(s.vecs)
	bias := GP64()
	MOVQ(t.args.Field("v"), bias)
	evens, odds := t.picks(s.squares)
	var c []sum
	for j := range six {
		var v []reg.VecVirtual
		for i := range s.vecs {
			v = append(v, sums[i*six+j].VecVirtual)
		}
		first, second := t.lines(v)
		left, right := ZMM(), ZMM()
		VMOVUPS(evens, left)
		VMOVUPS(odds, right)
		VPERMI2PS(second, first, left)
		VPERMI2PS(second, first, right)
		VMAXPS(right, left, left)
		VADDPS_BCST(Mem{Base: bias, Disp: 4 * j}, left, left)
		VMAXPS(t.floor, left, left)
		c = append(c, sum{left, 0, j})
	}
	t.turn(c, func(z reg.VecVirtual, k int) { t.storePart(z, k, s.squares) })
}

// lines emits, for a column, the larger of the two lines of each square. Those of the upper two lines of a tile begin the
// first result, the others are where picks says.
func (t *wideSlideMax) lines(v []reg.VecVirtual) (first, second reg.VecVirtual) {
	larger := func(x, y reg.VecVirtual) reg.VecVirtual {
		VCMPPS(Imm(ordered), x, y, t.whole, t.whole)
		VMAXPS(x, y, y)
		return y
	}
	halves := func(x reg.VecVirtual, imm uint64) reg.VecVirtual {
		y := ZMM()
		VSHUFF32X4(Imm(imm), x, x, y)
		return larger(x, y)
	}
	switch len(v) {
	case 4:
		return larger(v[0], v[1]), larger(v[2], v[3])
	case 3:
		return larger(v[0], v[1]), halves(v[2], 0b01_00_11_10)
	case 2:
		first = larger(v[0], v[1])
	default:
		first = halves(v[0], 0b10_11_00_01)
	}
	return first, first
}

// picks emits the numbers by which VPERMI2PS takes the left elements of squares, and the right ones: eight of the upper
// two lines of a tile, then eight of the lower ones. What is behind the squares that there are is not stored.
func (t *wideSlideMax) picks(squares int) (left, right Mem) {
	lower := map[int]int{8: 16, 6: 12, 4: 8, 2: 8}[squares]
	var tables [2]Mem
	for h, name := range [...]string{"left", "right"} {
		tables[h] = GLOBL(fmt.Sprint(name, squares), 8|16) // RODATA|NOPTR
		for i := range 16 {
			DATA(4*i, U32(uint32(i/8*lower+i%8*2+h)%32))
		}
	}
	return tables[0], tables[1]
}

// storePart emits the store of what is of squares in register k of six, of which three are a line of C.
func (t *wideSlideMax) storePart(z reg.VecVirtual, k, squares int) {
	m := Mem{Base: t.y[k/3], Disp: 64 * (k % 3)}
	switch n := six*squares - 16*(k%3); {
	case n >= 16:
		VMOVUPS(z, m)
	case n == 8:
		VMOVUPS(z.AsY(), m)
	case n == 4:
		VMOVUPS(z.AsX(), m)
	case n == 12:
		VMOVUPS(z.AsY(), m)
		m.Disp += 32
		VEXTRACTF32X4(Imm(2), z, m)
	}
}
