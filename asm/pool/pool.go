// Package pool emits the kernels of runtime/pool: maxima over windows, and their gradient, eight channels
// at a time.
//
// Where the channels are no multiple of eight, the last store of a pixel reaches into the next one,
// which is written after it: the callers see to it that there is a next one.
package pool

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	asm "github.com/nngen/nngen/asm/internal/emit"
)

// Predicates of comparisons.
const (
	equal     = 0
	unordered = 3
)

// Emit emits both kernels.
func Emit() {
	emitMax()
	emitMaxGrad(asm.TailMasks())
}

// A row is a loop over the pixels of a row of the result, and for each over its channels, eight at a time.
type row struct {
	args    asm.Args
	x, y    reg.GPVirtual // at the window and at the pixel
	at      reg.GPVirtual // bytes of the channels before those at hand
	taps, t reg.GPVirtual // the places of the elements of a window, in bytes, and which comes next
	window  reg.GPVirtual // x at the channels at hand
}

func newRow(args asm.Args) *row {
	r := &row{args: args, x: GP64(), y: GP64(), at: GP64(), taps: GP64(), t: GP64(), window: GP64()}
	MOVQ(args.Field("x"), r.x)
	MOVQ(args.Field("y"), r.y)
	MOVQ(args.Field("taps"), r.taps)
	return r
}

// each emits the loops: body handles eight channels, further steps beside x and y are done by next.
func (r *row) each(body, next func()) {
	pixel, block := asm.NewLabel("pixel"), asm.NewLabel("block")
	Label(pixel)
	XORQ(r.at, r.at)
	Label(block)
	LEAQ(Mem{Base: r.x, Index: r.at, Scale: 1}, r.window)
	body()
	ADDQ(Imm(32), r.at)
	CMPQ(r.at, r.args.Field("channels"))
	asm.Goto(JLT, block)
	ADDQ(r.args.Field("step"), r.x)
	ADDQ(r.args.Field("channels"), r.y)
	next()
	DECQ(r.args.Field("pixels"))
	asm.Goto(JNZ, pixel)
	VZEROUPPER()
	RET()
}

// elements emits a loop over the elements of a window from number from on; body gets their place, in bytes.
func (r *row) elements(from uint64, body func(off reg.GPVirtual)) {
	loop, done := asm.NewLabel("element"), asm.NewLabel("elements_done")
	MOVQ(U32(from), r.t)
	CMPQ(r.t, r.args.Field("count"))
	asm.Goto(JGE, done)
	Label(loop)
	off := GP64()
	MOVQ(Mem{Base: r.taps, Index: r.t, Scale: 8}, off)
	body(off)
	INCQ(r.t)
	CMPQ(r.t, r.args.Field("count"))
	asm.Goto(JLT, loop)
	Label(done)
}

func emitMax() {
	r := newRow(asm.ArgFunc("maxSIMD", "maxArgs", "",
		"maxSIMD works like maxGeneric on the pixels of a row whose windows lie in the image.", "It changes args."))
	r.each(func() {
		first, m, v, nan := GP64(), YMM(), YMM(), YMM()
		MOVQ(Mem{Base: r.taps}, first)
		VMOVUPS(Mem{Base: r.window, Index: first, Scale: 1}, m)
		r.elements(1, func(off reg.GPVirtual) {
			Comment("m = the larger of m and v, m where it is NaN, v where that is")
			VMOVUPS(Mem{Base: r.window, Index: off, Scale: 1}, v)
			VCMPPS(Imm(unordered), m, m, nan)
			VMAXPS(v, m, v)
			VBLENDVPS(nan, m, v, m)
		})
		VMOVUPS(m, Mem{Base: r.y, Index: r.at, Scale: 1})
	}, func() {})
}

func emitMaxGrad(masks Mem) {
	args := asm.ArgFunc("maxGradSIMD", "maxArgs", "",
		"maxGradSIMD works like maxGradGeneric on the pixels of a row whose windows lie in the image.", "It changes args.")
	r := newRow(args)
	dy, dx, mask := GP64(), GP64(), YMM()
	MOVQ(args.Field("dy"), dy)
	MOVQ(args.Field("dx"), dx)
	r.each(func() {
		m, d, v, hit, found, w := YMM(), YMM(), YMM(), YMM(), YMM(), GP64()
		Comment("dy of the channels that there are, 0 behind them")
		MOVQ(args.Field("channels"), w)
		SUBQ(r.at, w)
		SHRQ(Imm(2), w)
		eight := GP64()
		MOVQ(U32(8), eight)
		CMPQ(w, eight)
		CMOVQGT(eight, w)
		asm.LoadTailMask(masks, w, mask)
		VMOVUPS(Mem{Base: dy, Index: r.at, Scale: 1}, d)
		VANDPS(mask, d, d)
		VMOVUPS(Mem{Base: r.y, Index: r.at, Scale: 1}, m)
		VXORPS(found, found, found)
		to := GP64()
		LEAQ(Mem{Base: dx, Index: r.at, Scale: 1}, to)
		r.elements(0, func(off reg.GPVirtual) {
			Comment("the first element that is the largest, or NaN, gets dy")
			VMOVUPS(Mem{Base: r.window, Index: off, Scale: 1}, v)
			VCMPPS(Imm(equal), m, v, hit)
			VCMPPS(Imm(unordered), v, v, v)
			VORPS(v, hit, hit)
			VANDNPS(hit, found, hit)
			VORPS(hit, found, found)
			VANDPS(d, hit, hit)
			VADDPS(Mem{Base: to, Index: off, Scale: 1}, hit, hit)
			VMOVUPS(hit, Mem{Base: to, Index: off, Scale: 1})
		})
	}, func() {
		ADDQ(args.Field("channels"), dy)
		ADDQ(args.Field("step"), dx)
	})
}
