package gemm

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/runtime/abi"
)

// A wideSlide emits the kernel of rows that slide over an array, of six columns, for AVX-512: sixteen rows of A are one
// load, and of C six registers. The rows of a register may be of several lines, each with a part of it.
type wideSlide struct {
	args emit.Args
	x, y []reg.GPVirtual // at the first row of some lines, in A and C
	// lanes are the numbers by which VPERMI2PD takes the lower two of four lanes of two registers in turn, and the upper
	// two.
	lanes [2]Mem
}

// A quads is a part of a register: some quads, four rows each, of a line, from a row on.
type quads struct{ line, row, first, count int }

// The registers of a tile: see emitWideSlide.
var (
	slideOne   = [][]quads{{{0, 0, 0, 4}}}
	slideTwo   = [][]quads{{{0, 0, 0, 4}}, {{0, 16, 0, 4}}}
	slideFours = [][]quads{{{0, 0, 0, 4}}, {{1, 0, 0, 4}}, {{2, 0, 0, 4}}, {{3, 0, 0, 4}}}
	// The last 4, 8 or 12 rows of four lines.
	slideRests = [][][]quads{
		{{{0, 0, 0, 1}, {1, 0, 1, 1}, {2, 0, 2, 1}, {3, 0, 3, 1}}},
		{{{0, 0, 0, 2}, {1, 0, 2, 2}}, {{2, 0, 0, 2}, {3, 0, 2, 2}}},
		{{{0, 0, 0, 3}, {1, 0, 3, 1}}, {{1, 4, 0, 2}, {2, 0, 2, 2}}, {{2, 8, 0, 1}, {3, 0, 1, 3}}},
	}
)

// emitWideSlide emits the kernel: where lines have a multiple of four rows, four lines are a step, first in tiles of
// sixteen rows of each, then in one of what is left, which have whole registers. Other lines are done one by one, and
// rounded up.
func emitWideSlide(lanes [2]Mem) {
	name := abi.WideSlideKernel
	t := &wideSlide{lanes: lanes}
	t.args = emit.ArgFunc(name, "slideArgs", "",
		name+" computes args.lines times args.m rows of six columns of C. It changes args. It works like slideGeneric.")
	emit.Positive(t.args, "lines", "m", "n", "count")
	left := GP64()
	MOVQ(t.args.Field("m"), left)
	TESTQ(U32(3), left)
	emit.Goto(JNZ, "line")
	Label("fours")
	CMPQ(t.args.Field("lines"), Imm(4))
	emit.Goto(JLT, "line")
	t.at(4)
	MOVQ(t.args.Field("m"), left)
	SUBQ(Imm(16), left)
	emit.Goto(JLT, "rest")
	Label("sixteen")
	t.tile(slideFours)
	t.forward(16)
	SUBQ(Imm(16), left)
	emit.Goto(JGE, "sixteen")
	Label("rest")
	ADDQ(Imm(16), left)
	emit.Goto(JZ, "next_fours")
	CMPQ(left, Imm(8))
	emit.Goto(JEQ, "rest8")
	emit.Goto(JGT, "rest12")
	t.tile(slideRests[0])
	emit.Goto(JMP, "next_fours")
	Label("rest8")
	t.tile(slideRests[1])
	emit.Goto(JMP, "next_fours")
	Label("rest12")
	t.tile(slideRests[2])
	Label("next_fours")
	t.next(4)
	emit.Goto(JNZ, "fours")
	emit.Goto(JMP, "end")

	Label("line")
	t.at(1)
	MOVQ(t.args.Field("m"), left)
	Label("rows")
	CMPQ(left, Imm(16))
	emit.Goto(JLE, "one")
	t.tile(slideTwo)
	t.forward(32)
	SUBQ(Imm(32), left)
	emit.Goto(JG, "rows")
	emit.Goto(JMP, "next_line")
	Label("one")
	t.tile(slideOne)
	Label("next_line")
	t.next(1)
	emit.Goto(JNZ, "line")
	Label("end")
	VZEROUPPER()
	RET()
}

// at emits the addresses of some lines.
func (t *wideSlide) at(lines int) {
	t.x, t.y = nil, nil
	for _, f := range [...]struct {
		base, step string
		to         *[]reg.GPVirtual
	}{{"a", "lda", &t.x}, {"c", "line", &t.y}} {
		for l := range lines {
			p := GP64()
			if l == 0 {
				MOVQ(t.args.Field(f.base), p)
			} else {
				MOVQ((*f.to)[l-1], p)
				ADDQ(t.args.Field(f.step), p)
			}
			*f.to = append(*f.to, p)
		}
	}
}

// forward emits the step to further rows of the lines.
func (t *wideSlide) forward(rows int) {
	for l := range t.x {
		ADDQ(U32(4*rows), t.x[l])
		ADDQ(U32(24*rows), t.y[l])
	}
}

// next emits the step to the next lines, after which the flags tell whether there are none.
func (t *wideSlide) next(lines int) {
	for _, f := range [][2]string{{"lda", "a"}, {"line", "c"}} {
		step := GP64()
		MOVQ(t.args.Field(f[0]), step)
		if lines == 4 {
			SHLQ(Imm(2), step)
		}
		ADDQ(step, t.args.Field(f[1]))
	}
	SUBQ(Imm(uint64(lines)), t.args.Field("lines"))
}

// tile emits a tile of some registers of rows: the sums, their epilogue, and the stores.
func (t *wideSlide) tile(vecs [][]quads) {
	sums := t.sums(vecs)
	slideEpilogue(avx512, t.args, sums)
	for v, parts := range vecs {
		t.turn(sums[v*six:][:six], func(z reg.VecVirtual, k int) { t.storePart(z, k, parts) })
	}
}

// sums emits the sums of a tile.
//
//	sums[rows, j] = 0, then += A[rows, t]·B[t, j] for all terms t
func (t *wideSlide) sums(vecs [][]quads) []sum {
	var sums []sum
	for v := range vecs {
		for j := range six {
			sums = append(sums, sum{ZMM(), v, j})
		}
	}
	for _, s := range sums {
		avx512.zero(s.VecVirtual)
	}
	masks := t.partMasks(vecs)
	load := func(v int, at reg.GPVirtual, dst reg.VecVirtual) {
		for i, q := range vecs[v] {
			m := Mem{Base: t.x[q.line], Index: at, Scale: 1, Disp: 4 * (q.row - 4*q.first)}
			switch {
			case len(vecs[v]) == 1:
				VMOVUPS(m, dst)
			case i == 0:
				VMOVUPS_Z(m, masks[[2]int{q.first, q.count}], dst)
			default:
				VMOVUPS(m, masks[[2]int{q.first, q.count}], dst)
			}
		}
	}
	slideSteps(avx512, t.args, len(vecs), six, load, func(v, j int) reg.VecVirtual { return sums[v*six+j].VecVirtual })
	return sums
}

// partMasks emits the masks of the parts of registers.
func (t *wideSlide) partMasks(vecs [][]quads) map[[2]int]reg.OpmaskVirtual {
	masks := map[[2]int]reg.OpmaskVirtual{}
	for _, parts := range vecs {
		if len(parts) == 1 {
			continue
		}
		for _, q := range parts {
			key := [2]int{q.first, q.count}
			if masks[key] == nil {
				bits := GP32()
				MOVL(U32((1<<(4*q.count)-1)<<(4*q.first)), bits)
				masks[key] = K()
				KMOVW(bits, masks[key])
			}
		}
	}
	return masks
}

// laneNumbers emits the tables of wideSlide.lanes.
func laneNumbers() [2]Mem {
	var tables [2]Mem
	for h, name := range [...]string{"lowerLanes", "upperLanes"} {
		tables[h] = GLOBL(name, 8|16) // RODATA|NOPTR
		for i := range 8 {
			lane := 2*h + i/4
			DATA(8*i, U64(uint64(2*lane+i%2+i/2%2*8)))
		}
	}
	return tables
}

// turn emits the six registers of sixteen rows of C, given their columns, and hands each to store. In each lane of a
// register are four rows of a column: two by two they are interleaved to six parts of four numbers, which follow one
// another in C as those of the next lane follow these. Pairs of parts, of two lanes, are half registers of C.
func (t *wideSlide) turn(c []sum, store func(z reg.VecVirtual, k int)) {
	Comment("sixteen rows of C = columns")
	type vec = reg.VecVirtual
	two := func(op func(...Op), x, y vec) vec {
		z := ZMM()
		op(y, x, z)
		return z
	}
	column := func(j int) vec { return c[j].VecVirtual }
	var part [six]vec
	for h, unpack := range [...]func(...Op){VUNPCKLPS, VUNPCKHPS} {
		a, b, d := two(unpack, column(0), column(1)), two(unpack, column(2), column(3)), two(unpack, column(4), column(5))
		middle := ZMM()
		VSHUFPD(Imm(0b10101010), a, d, middle) // what is left of a row, and the beginning of the next one
		part[3*h], part[3*h+1], part[3*h+2] = two(VUNPCKLPD, a, b), middle, two(VUNPCKHPD, b, d)
	}
	for h := range t.lanes {
		var pairs [3]vec // of parts 0 and 1, 2 and 3, 4 and 5: of a lane, then of the next
		for i := range pairs {
			pairs[i] = ZMM()
			VMOVUPS(t.lanes[h], pairs[i])
			VPERMI2PD(part[2*i+1], part[2*i], pairs[i])
		}
		for i, from := range [...]struct {
			x, y vec
			imm  uint8 // of VSHUFF32X4
		}{{pairs[0], pairs[1], 0b01_00_01_00}, {pairs[2], pairs[0], 0b11_10_01_00}, {pairs[1], pairs[2], 0b11_10_11_10}} {
			z := ZMM()
			VSHUFF32X4(Imm(uint64(from.imm)), from.y, from.x, z)
			store(z, 3*h+i)
		}
	}
}

// storePart emits the store of register k of six, in one piece or, if its halves are of two lines, in two.
func (t *wideSlide) storePart(z reg.VecVirtual, k int, parts []quads) {
	place := func(half int) Mem { // of eight numbers
		at := 16*k + 8*half
		for _, q := range parts {
			if at < 24*(q.first+q.count) {
				return Mem{Base: t.y[q.line], Disp: 24*q.row + 4*(at-24*q.first)}
			}
		}
		panic("BUG: no part has the number")
	}
	low, high := place(0), place(1)
	if low.Base == high.Base {
		VMOVUPS(z, low)
		return
	}
	VMOVUPS(z.AsY(), low)
	VEXTRACTF64X4(Imm(1), z, high)
}
