package gemm

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/runtime/abi"
)

// A sweep is a kernel of convolutions whose lanes are channels of a pixel of C, for filters of some taps in a row. It
// goes over the pixels of some rows of A. An element of A is broadcast once for all taps, since tap t of pixel x of A
// belongs to pixel x−t of C, and a register of B serves all rows: so there are fewer loads than multiply-adds, which
// those kernels have not that read an element of A for each.
//
//	sums[t, r, 0:16] += A[r, x, p]·B[t, p, 0:16]    for all terms p, taps t and rows r
//
// The sums of as many pixels as there are taps are in registers. From a row of the filter to the next those of a pixel
// wait in C.
type sweep struct {
	args emit.Args
	taps int
	rows int

	x, y    sweepRows // the first row of the tile
	b       sweepRows // taps, at the first term
	terms   reg.GPVirtual
	next    Mem               // bytes from a term to the next of B
	columns reg.OpmaskVirtual // of a pixel of C
	loaded  reg.OpmaskVirtual // the columns that sums continue
}

// sweepRows is where up to five rows lie that are a stride apart.
type sweepRows struct{ base, stride, third reg.GPVirtual }

// newSweepRows emits the setting up of rows.
func newSweepRows(base, stride Mem) sweepRows {
	s := sweepRows{GP64(), GP64(), GP64()}
	MOVQ(base, s.base)
	MOVQ(stride, s.stride)
	LEAQ(Mem{Base: s.stride, Index: s.stride, Scale: 2}, s.third)
	return s
}

// row returns the address of a row.
func (s sweepRows) row(r int) Mem {
	switch r {
	case 0:
		return Mem{Base: s.base}
	case 3:
		return Mem{Base: s.base, Index: s.third, Scale: 1}
	}
	return Mem{Base: s.base, Index: s.stride, Scale: uint8(r)}
}

// EmitSweep emits the kernels of abi.Sweeps.
func EmitSweep() {
	for _, s := range abi.Sweeps {
		emitSweep(s)
	}
}

func emitSweep(k abi.Sweep) {
	args := emit.ArgFunc(k.Name, "sweepArgs", "",
		fmt.Sprintf("%s computes args.m pixels, %d at least, of %d rows of C for filters of %d taps in a row. "+
			"It changes args.",
			k.Name, k.Taps-1, k.Rows, k.Taps),
		"It works like sweepGeneric.")
	emit.Positive(args, "n", "count", "lines")
	s := &sweep{args: args, taps: k.Taps, rows: k.Rows, columns: K(), loaded: K()}
	n, all := GP64(), GP64()
	MOVQ(args.Field("n"), n)
	MOVQ(I32(-1), all)
	BZHIQ(n, all, all)
	KMOVW(all.As32(), s.columns)
	s.next = args.Field("ldb")
	Comment("the first row of the filter begins with C if the sums continue it, else with 0")
	none := GP64()
	XORQ(none, none)
	TESTQ(U32(abi.FlagAcc), args.Field("flags"))
	CMOVQNE(all, none)
	KMOVW(none.As32(), s.loaded)
	s.x = newSweepRows(args.Field("a"), args.Field("lda"))
	s.y = newSweepRows(args.Field("c"), args.Field("ldc"))
	s.b = newSweepRows(args.Field("b"), args.Field("tap"))
	s.terms = GP64()

	Label("line")
	s.line()
	Comment("the next row of the filter")
	KMOVW(s.columns, s.loaded)
	MOVQ(args.Field("c"), s.y.base)
	step := GP64()
	MOVQ(args.Field("line"), step)
	ADDQ(step, args.Field("a"))
	MOVQ(args.Field("a"), s.x.base)
	MOVQ(args.Field("bline"), step)
	ADDQ(step, s.b.base)
	DECQ(args.Field("lines"))
	emit.Goto(JNZ, "line")
	s.epilogue()
	VZEROUPPER()
	RET()
}

// pixel is the sums of a pixel of C in each row.
type pixel []reg.VecVirtual

func (s *sweep) newPixel() pixel {
	p := make(pixel, s.rows)
	for r := range p {
		p[r] = ZMM()
	}
	return p
}

// load emits the load of the sums of the next pixel, and the step to it.
func (s *sweep) load(p pixel) {
	for r, v := range p {
		VMOVUPS_Z(s.y.row(r), s.loaded, v)
	}
	ADDQ(s.args.Field("pixel"), s.y.base)
}

// store emits the store of the sums of the pixel that is some pixels before the next that load takes.
func (s *sweep) store(p pixel, before int) {
	back := GP64()
	MOVQ(s.args.Field("pixel"), back)
	IMUL3Q(Imm(uint64(before)), back, back)
	SUBQ(back, s.y.base)
	for r, v := range p {
		VMOVUPS(v, s.columns, s.y.row(r))
	}
	ADDQ(back, s.y.base)
}

// pixelOfA emits the multiply-adds of a pixel of A in each row with the taps from first to last: pixels[t] has the sums
// for tap t.
func (s *sweep) pixelOfA(name string, first, last int, pixels []pixel) {
	MOVQ(s.args.Field("count"), s.terms)
	Label(name)
	x := s.newPixel()
	for r, v := range x {
		VBROADCASTSS(s.x.row(r), v)
	}
	for t := first; t <= last; t++ {
		b := ZMM()
		VMOVUPS(s.b.row(t), b)
		for r, v := range x {
			VFMADD231PS(b, v, pixels[t][r])
		}
	}
	ADDQ(Imm(4), s.x.base)
	ADDQ(s.next, s.b.base)
	DECQ(s.terms)
	emit.Goto(JNZ, name)
	ADDQ(s.args.Field("skip"), s.x.base)
	SUBQ(s.args.Field("back"), s.b.base)
}

// line emits a row of the filter.
func (s *sweep) line() {
	last := s.taps - 1
	Comment("pixels of A before which taps have no pixel of C")
	pixels := make([]pixel, s.taps)
	for i := range last {
		for t := i; t > 0; t-- {
			pixels[t] = pixels[t-1]
		}
		pixels[0] = s.newPixel()
		s.load(pixels[0])
		s.pixelOfA(fmt.Sprintf("first%d", i), 0, i, pixels)
	}
	// In the loop each tap has registers of its own, which change places at its end.
	loop := make([]pixel, s.taps)
	for t := 1; t < s.taps; t++ {
		loop[t] = pixels[t-1]
	}
	loop[0] = s.newPixel()
	left := s.args.Field("left")
	m := GP64()
	MOVQ(s.args.Field("m"), m)
	SUBQ(Imm(uint64(last)), m)
	MOVQ(m, left)
	emit.Goto(JZ, "ends")
	Label("pixel")
	s.load(loop[0])
	s.pixelOfA("all", 0, last, loop)
	s.store(loop[last], s.taps)
	for t := last; t > 0; t-- {
		for r := range s.rows {
			VMOVAPS(loop[t-1][r], loop[t][r])
		}
	}
	DECQ(left)
	emit.Goto(JNZ, "pixel")
	Label("ends")
	Comment("pixels of A behind which taps have no pixel of C")
	for first := 1; first < s.taps; first++ {
		at := make([]pixel, s.taps)
		for t := first; t < s.taps; t++ {
			at[t] = loop[t-first+1]
		}
		s.pixelOfA(fmt.Sprintf("last%d", first), first, last, at)
		s.store(at[last], s.taps-first)
	}
}

// epilogue emits the last steps, of a pixel in each row at a time.
func (s *sweep) epilogue() {
	args := s.args.Again()
	flags := GP64()
	MOVQ(args.Field("flags"), flags)
	TESTQ(I32(^abi.FlagAcc), flags)
	emit.Goto(JZ, "done")
	bias := GP64()
	MOVQ(args.Field("v"), bias)
	left := GP64()
	MOVQ(args.Field("m"), left)
	y := newSweepRows(args.Field("c"), args.Field("ldc"))
	Label("finish")
	var sums []sum
	for r := range s.rows {
		sums = append(sums, sum{ZMM(), r, 0})
		VMOVUPS_Z(y.row(r), s.columns, sums[r].VecVirtual)
	}
	e := epilogue{
		isa:    avx512,
		within: "",
		sums:   sums,
		flags:  flags,
		alpha:  args.Field("alpha"),
		loadB:  func(v int, dst reg.VecVirtual) { VMOVUPS_Z(Mem{Base: bias}, s.columns, dst) },
	}
	e.emit()
	for r, v := range sums {
		VMOVUPS(v.VecVirtual, s.columns, y.row(r))
	}
	ADDQ(args.Field("pixel"), y.base)
	DECQ(left)
	emit.Goto(JNZ, "finish")
	Label("done")
}
