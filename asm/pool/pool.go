// Package pool emits the kernels of runtime/pool: maxima over windows, and their gradient, eight channels
// at a time, or sixteen with AVX-512, where masks do the edges.
//
// With AVX2, where the channels are no multiple of eight, the last store of a pixel reaches into the next one,
// which is written after it: the callers see to it that there is a next one.
package pool

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/emit"
)

// Predicates of comparisons.
const (
	equal            = 0
	unordered        = 3
	equalOrUnordered = 8
)

// Emit emits the kernels.
func Emit() {
	emitMax()
	emitMaxGrad(emit.TailMasks())
	emitMaxGradOnce()
}

// A row is a loop over rows of pixels of the result, and for each over its channels, eight at a time.
type row struct {
	wide    bool              // for AVX-512
	mask    reg.OpmaskVirtual // of AVX-512: the channels at hand
	args    emit.Args
	x, y    reg.GPVirtual // at the window and at the pixel
	at      reg.GPVirtual // bytes of the channels before those at hand
	taps, t reg.GPVirtual // the places of the elements of a window, in bytes, and which comes next
	window  reg.GPVirtual // x at the channels at hand
	pixels  reg.GPVirtual // left in the row
}

func newRow(args emit.Args, wide bool) *row {
	r := &row{wide: wide, mask: K(), args: args, x: GP64(), y: GP64(), at: GP64(), taps: GP64(), t: GP64(), window: GP64(),
		pixels: GP64()}
	MOVQ(args.Field("x"), r.x)
	MOVQ(args.Field("y"), r.y)
	MOVQ(args.Field("taps"), r.taps)
	return r
}

// each emits the loops: body handles eight channels, further steps beside x and y are done by next, and by nextRow at the
// end of a row.
func (r *row) each(body, next, nextRow func()) {
	line, pixel, block := emit.NewLabel("row"), emit.NewLabel("pixel"), emit.NewLabel("block")
	Label(line)
	MOVQ(r.args.Field("pixels"), r.pixels)
	Label(pixel)
	XORQ(r.at, r.at)
	Label(block)
	LEAQ(Mem{Base: r.x, Index: r.at, Scale: 1}, r.window)
	if r.wide {
		w, all := r.left(16), GP64()
		MOVQ(I32(-1), all)
		BZHIQ(w, all, all)
		KMOVW(all.As32(), r.mask)
	}
	body()
	ADDQ(Imm(uint64(r.vec().Size())), r.at)
	CMPQ(r.at, r.args.Field("channels"))
	emit.Goto(JLT, block)
	ADDQ(r.args.Field("step"), r.x)
	ADDQ(r.args.Field("channels"), r.y)
	next()
	DECQ(r.pixels)
	emit.Goto(JNZ, pixel)
	ADDQ(r.args.Field("row"), r.x)
	nextRow()
	DECQ(r.args.Field("rows"))
	emit.Goto(JNZ, line)
	VZEROUPPER()
	RET()
}

// left returns how many channels are left, or most if there are more.
func (r *row) left(most uint64) reg.GPVirtual {
	w, limit := GP64(), GP64()
	MOVQ(r.args.Field("channels"), w)
	SUBQ(r.at, w)
	SHRQ(Imm(2), w)
	MOVQ(U32(most), limit)
	CMPQ(w, limit)
	CMOVQGT(limit, w)
	return w
}

func (r *row) vec() reg.VecVirtual {
	if r.wide {
		return ZMM()
	}
	return YMM()
}

// load emits a load of the channels at hand.
func (r *row) load(m Mem, v reg.VecVirtual) {
	if r.wide {
		VMOVUPS_Z(m, r.mask, v)
	} else {
		VMOVUPS(m, v)
	}
}

// store emits a store of the channels at hand, and for AVX2 of what is behind them.
func (r *row) store(v reg.VecVirtual, m Mem) {
	if r.wide {
		VMOVUPS(v, r.mask, m)
	} else {
		VMOVUPS(v, m)
	}
}

// square is the number of elements of the most common window, 2×2.
const square = 4

// elementsOrSquare is elements without a loop for windows of as many elements as a square has.
func (r *row) elementsOrSquare(from uint64, body func(off reg.GPVirtual)) {
	others, done := emit.NewLabel("not_square"), emit.NewLabel("square_done")
	CMPQ(r.args.Field("count"), Imm(square))
	emit.Goto(JNE, others)
	for t := from; t < square; t++ {
		off := GP64()
		MOVQ(Mem{Base: r.taps, Disp: 8 * int(t)}, off)
		body(off)
	}
	emit.Goto(JMP, done)
	Label(others)
	r.elements(from, body)
	Label(done)
}

// elements emits a loop over the elements of a window from number from on; body gets their place, in bytes.
func (r *row) elements(from uint64, body func(off reg.GPVirtual)) {
	loop, done := emit.NewLabel("element"), emit.NewLabel("elements_done")
	MOVQ(U32(from), r.t)
	CMPQ(r.t, r.args.Field("count"))
	emit.Goto(JGE, done)
	Label(loop)
	off := GP64()
	MOVQ(Mem{Base: r.taps, Index: r.t, Scale: 8}, off)
	body(off)
	INCQ(r.t)
	CMPQ(r.t, r.args.Field("count"))
	emit.Goto(JLT, loop)
	Label(done)
}

// toWide emits the jump to the part for AVX-512, for pixels that fill its registers: a store under a mask takes longer than
// two whole ones of AVX2.
func toWide(args emit.Args) {
	emit.ToWideUnless(func(narrow string) {
		CMPQ(args.Field("channels"), Imm(64))
		emit.Goto(JLT, narrow)
	})
}

func emitMax() {
	args := emit.ArgFunc("maxSIMD", "maxArgs", "",
		"maxSIMD works like maxGeneric on rows of pixels whose windows lie in the image.", "It changes args.")
	toWide(args)
	maxSquares(args)
	maxPart(args, false)
	emit.Wide(func() { maxPart(args, true) })
}

// squares are loops over windows of as many elements as a square has, which know no NaN: they set bits of nan where there
// is one, and then the windows are done once more.
type squares struct {
	*row
	right, down reg.GPVirtual // bytes from the first element to the second, as from the third to the last, and to the third
	nan         reg.VecVirtual
}

// newSquares emits a jump to others where windows have not as many elements.
func newSquares(args emit.Args, others string) *squares {
	CMPQ(args.Field("count"), Imm(square))
	emit.Goto(JNE, others)
	s := &squares{row: newRow(args, false), right: GP64(), down: GP64(), nan: YMM()}
	MOVQ(Mem{Base: s.taps, Disp: 8}, s.right)
	MOVQ(Mem{Base: s.taps, Disp: 16}, s.down)
	VXORPS(s.nan, s.nan, s.nan)
	return s
}

// rows emits the loop over rows, each of which body handles, and goes on to others if there was a NaN.
func (s *squares) rows(others string, body func()) {
	left, row := GP64(), emit.NewLabel("square_row")
	MOVQ(s.args.Field("rows"), left)
	Label(row)
	body()
	ADDQ(s.args.Field("row"), s.x)
	DECQ(left)
	emit.Goto(JNZ, row)
	half, quarter, bits := XMM(), XMM(), GP64()
	VEXTRACTF128(Imm(1), s.nan, half)
	VORPS(half, s.nan.AsX(), half)
	VPSRLDQ(Imm(8), half, quarter)
	VORPS(half, quarter, half)
	VMOVQ(half, bits)
	TESTQ(bits, bits)
	emit.Goto(JNZ, others)
	VZEROUPPER()
	RET()
	Label(others)
}

// some emits the loop over some windows side by side, whose number it counts down; body handles eight channels of one.
func (s *squares) some(left reg.GPVirtual, body, next func()) {
	pixel, block := emit.NewLabel("square_pixel"), emit.NewLabel("square_block")
	Label(pixel)
	XORQ(s.at, s.at)
	Label(block)
	LEAQ(Mem{Base: s.x, Index: s.at, Scale: 1}, s.window)
	body()
	ADDQ(Imm(32), s.at)
	CMPQ(s.at, s.args.Field("channels"))
	emit.Goto(JLT, block)
	ADDQ(s.args.Field("step"), s.x)
	ADDQ(s.args.Field("channels"), s.y)
	next()
	DECQ(left)
	emit.Goto(JNZ, pixel)
}

// maxSquares emits the maxima over windows of as many elements as a square has, none of which is NaN.
func maxSquares(args emit.Args) {
	others := emit.NewLabel("others")
	s := newSquares(args, others)
	s.rows(others, func() {
		left := GP64()
		MOVQ(args.Field("pixels"), left)
		s.some(left, func() {
			v := [square]reg.VecVirtual{YMM(), YMM(), YMM(), YMM()}
			VMOVUPS(Mem{Base: s.window}, v[0])
			VMOVUPS(Mem{Base: s.window, Index: s.right, Scale: 1}, v[1])
			ADDQ(s.down, s.window)
			VMOVUPS(Mem{Base: s.window}, v[2])
			VMOVUPS(Mem{Base: s.window, Index: s.right, Scale: 1}, v[3])
			m := YMM()
			VMAXPS(v[1], v[0], m)
			VMAXPS(v[2], m, m)
			VMAXPS(v[3], m, m)
			VMOVUPS(m, Mem{Base: s.y, Index: s.at, Scale: 1})
			VCMPPS(Imm(unordered), v[1], v[0], v[0])
			VCMPPS(Imm(unordered), v[3], v[2], v[2])
			VORPS(v[0], s.nan, s.nan)
			VORPS(v[2], s.nan, s.nan)
		}, func() {})
	})
}

// maxPart emits a part of the kernel of maxima.
func maxPart(args emit.Args, wide bool) {
	r := newRow(args, wide)
	r.each(func() {
		first, m, v := GP64(), r.vec(), r.vec()
		MOVQ(Mem{Base: r.taps}, first)
		r.load(Mem{Base: r.window, Index: first, Scale: 1}, m)
		r.elementsOrSquare(1, func(off reg.GPVirtual) {
			Comment("m = the larger of m and v, m where it is NaN, v where that is")
			r.load(Mem{Base: r.window, Index: off, Scale: 1}, v)
			if r.wide {
				nan := K()
				VCMPPS(Imm(unordered), m, m, nan)
				VMAXPS(v, m, v)
				VBLENDMPS(m, v, nan, m)
				return
			}
			nan := YMM()
			VCMPPS(Imm(unordered), m, m, nan)
			VMAXPS(v, m, v)
			VBLENDVPS(nan, m, v, m)
		})
		r.store(m, Mem{Base: r.y, Index: r.at, Scale: 1})
	}, func() {}, func() {})
}

func emitMaxGrad(masks Mem) {
	args := emit.ArgFunc("maxGradSIMD", "maxArgs", "",
		"maxGradSIMD works like maxGradGeneric on rows of pixels whose windows lie in the image.", "It changes args.")
	toWide(args)
	maxGradPart(args, masks, false)
	emit.Wide(func() { maxGradPart(args, masks, true) })
}

// maxGradPart emits a part of the kernel of gradients.
func maxGradPart(args emit.Args, masks Mem, wide bool) {
	r := newRow(args, wide)
	dy, dx := GP64(), GP64()
	MOVQ(args.Field("dy"), dy)
	MOVQ(args.Field("dx"), dx)
	r.each(func() {
		m, d := r.vec(), r.vec()
		Comment("dy of the channels that there are, 0 behind them")
		if !r.wide {
			mask := YMM()
			emit.LoadTailMask(masks, r.left(8), mask)
			VMOVUPS(Mem{Base: dy, Index: r.at, Scale: 1}, d)
			VANDPS(mask, d, d)
		} else {
			r.load(Mem{Base: dy, Index: r.at, Scale: 1}, d)
		}
		r.load(Mem{Base: r.y, Index: r.at, Scale: 1}, m)
		to := GP64()
		LEAQ(Mem{Base: dx, Index: r.at, Scale: 1}, to)
		take := r.first(m)
		r.elements(0, func(off reg.GPVirtual) {
			Comment("the first element that is the largest, or NaN, gets dy")
			sum := take(Mem{Base: r.window, Index: off, Scale: 1}, d)
			if r.wide {
				old := ZMM()
				r.load(Mem{Base: to, Index: off, Scale: 1}, old)
				VADDPS(old, sum, sum)
			} else {
				VADDPS(Mem{Base: to, Index: off, Scale: 1}, sum, sum)
			}
			r.store(sum, Mem{Base: to, Index: off, Scale: 1})
		})
	}, func() {
		ADDQ(args.Field("channels"), dy)
		ADDQ(args.Field("step"), dx)
	}, func() { ADDQ(args.Field("row"), dx) })
}

func emitMaxGradOnce() {
	args := emit.ArgFunc("maxGradOnceSIMD", "maxArgs", "",
		"maxGradOnceSIMD works like maxGradGeneric on rows of pixels whose windows lie in the image, each pixel of which",
		"is in one window: it writes dx and does not read it. It changes args.")
	toWide(args)
	maxGradOnceSquares(args)
	maxGradOncePart(args, false)
	emit.Wide(func() { maxGradOncePart(args, true) })
}

// maxGradOnceSquares emits the gradients for windows of as many elements as a square has, none of whose maxima is NaN.
func maxGradOnceSquares(args emit.Args) {
	others := emit.NewLabel("others")
	s := newSquares(args, others)
	dy, dx, to, zero := GP64(), GP64(), GP64(), YMM()
	MOVQ(args.Field("dy"), dy)
	Comment("dx as it lies behind x")
	MOVQ(args.Field("dx"), dx)
	SUBQ(s.x, dx)
	VXORPS(zero, zero, zero)
	some := func(left reg.GPVirtual, store func(v reg.VecVirtual, m Mem)) {
		s.some(left, func() {
			m, d, t := YMM(), YMM(), YMM()
			VMOVUPS(Mem{Base: s.y, Index: s.at, Scale: 1}, m)
			VCMPPS(Imm(unordered), m, m, t)
			VORPS(t, s.nan, s.nan)
			Comment("−0 becomes +0, as in a sum that begins there")
			VADDPS(Mem{Base: dy, Index: s.at, Scale: 1}, zero, d)
			LEAQ(Mem{Base: s.window, Index: dx, Scale: 1}, to)
			Comment("the first element that is the largest, or NaN, gets dy")
			for down := range 2 {
				if down == 1 {
					ADDQ(s.down, s.window)
					ADDQ(s.down, to)
				}
				PREFETCHT0(Mem{Base: s.window, Disp: ahead})
				PREFETCHT0(Mem{Base: to, Disp: ahead})
				for right := range 2 {
					from, at := Mem{Base: s.window}, Mem{Base: to}
					if right == 1 {
						from.Index, from.Scale, at.Index, at.Scale = s.right, 1, s.right, 1
					}
					hit, part := YMM(), YMM()
					VCMPPS(Imm(equalOrUnordered), from, m, hit)
					VANDPS(d, hit, part)
					VANDNPS(d, hit, d)
					store(part, at)
				}
			}
		}, func() { ADDQ(args.Field("channels"), dy) })
	}
	s.rows(others, func() {
		left, whole, exact, done := GP64(), emit.NewLabel("whole"), emit.NewLabel("exact"), emit.NewLabel("row_done")
		MOVQ(args.Field("pixels"), left)
		SUBQ(args.Field("exact"), left)
		emit.Goto(JG, whole)
		MOVQ(args.Field("pixels"), left)
		emit.Goto(JMP, exact)
		Label(whole)
		some(left, func(v reg.VecVirtual, m Mem) { VMOVUPS(v, m) })
		MOVQ(args.Field("exact"), left)
		TESTQ(left, left)
		emit.Goto(JZ, done)
		Label(exact)
		some(left, s.exactly)
		Label(done)
	})
}

// ahead is how many bytes before they are written, and read, parts of images are fetched: some twenty cache lines, of
// two rows at once, which processors alone fetch late. Of 128 images of 28×28×6 that the second-level cache has no
// more, the gradient takes 15 to 35 % less time; of those that it has, 2 % more.
const ahead = 1280

// exactly emits a store of the channels that are left.
func (r *row) exactly(v reg.VecVirtual, m Mem) {
	w, part, stored := r.left(8), emit.NewLabel("part"), emit.NewLabel("whole")
	CMPQ(w, Imm(8))
	emit.Goto(JNE, part)
	VMOVUPS(v, m)
	emit.Goto(JMP, stored)
	Label(part)
	emit.StoreTail(w, []reg.VecVirtual{v}, func(int) Mem { return m })
	Label(stored)
}

// maxGradOncePart emits a part of the kernel of gradients for windows side by side.
func maxGradOncePart(args emit.Args, wide bool) {
	r := newRow(args, wide)
	dy, dx, zero := GP64(), GP64(), r.vec()
	MOVQ(args.Field("dy"), dy)
	MOVQ(args.Field("dx"), dx)
	VXORPS(zero.AsY(), zero.AsY(), zero.AsY())
	r.each(func() {
		m, d := r.vec(), r.vec()
		r.load(Mem{Base: dy, Index: r.at, Scale: 1}, d)
		r.load(Mem{Base: r.y, Index: r.at, Scale: 1}, m)
		Comment("−0 becomes +0, as in a sum that begins there")
		VADDPS(d, zero, d)
		to := GP64()
		LEAQ(Mem{Base: dx, Index: r.at, Scale: 1}, to)
		take := r.first(m)
		if r.wide {
			r.elementsOrSquare(0, func(off reg.GPVirtual) {
				r.store(take(Mem{Base: r.window, Index: off, Scale: 1}, d), Mem{Base: to, Index: off, Scale: 1})
			})
			return
		}
		Comment("the channels that a store may write")
		w := r.left(8)
		r.spill(w)
		r.elementsOrSquare(0, func(off reg.GPVirtual) {
			hit := take(Mem{Base: r.window, Index: off, Scale: 1}, d)
			part, stored := emit.NewLabel("part"), emit.NewLabel("whole")
			CMPQ(w, Imm(8))
			emit.Goto(JNE, part)
			VMOVUPS(hit, Mem{Base: to, Index: off, Scale: 1})
			emit.Goto(JMP, stored)
			Label(part)
			emit.StoreTail(w, []reg.VecVirtual{hit}, func(int) Mem { return Mem{Base: to, Index: off, Scale: 1} })
			Label(stored)
		})
	}, func() {
		ADDQ(args.Field("channels"), dy)
		ADDQ(args.Field("step"), dx)
	}, func() { ADDQ(args.Field("row"), dx) })
}

// spill emits w = 8 where what a store of eight channels writes too much is written once more afterwards.
func (r *row) spill(w reg.GPVirtual) {
	eight := GP64()
	MOVQ(U32(8), eight)
	CMPQ(r.pixels, r.args.Field("exact"))
	CMOVQGT(eight, w)
}

// first returns what emits d for the lanes in which an element in memory is the first that is m or NaN, and 0 for the
// others.
func (r *row) first(m reg.VecVirtual) func(at Mem, d reg.VecVirtual) reg.VecVirtual {
	if r.wide {
		found := K()
		KXORW(found, found, found)
		return func(at Mem, d reg.VecVirtual) reg.VecVirtual {
			v, sum, hit, nan := ZMM(), ZMM(), K(), K()
			r.load(at, v)
			VCMPPS(Imm(equal), m, v, hit)
			VCMPPS(Imm(unordered), v, v, nan)
			KORW(nan, hit, hit)
			KANDNW(hit, found, hit)
			KORW(hit, found, found)
			VMOVAPS_Z(d, hit, sum)
			return sum
		}
	}
	found := YMM()
	VXORPS(found, found, found)
	return func(at Mem, d reg.VecVirtual) reg.VecVirtual {
		v, hit := YMM(), YMM()
		VMOVUPS(at, v)
		VCMPPS(Imm(equal), m, v, hit)
		VCMPPS(Imm(unordered), v, v, v)
		VORPS(v, hit, hit)
		VANDNPS(hit, found, hit)
		VORPS(hit, found, found)
		VANDPS(d, hit, hit)
		return hit
	}
}
