package gemm

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/runtime/abi"
)

// oneData emits the constant 1, by its bits: avo would print F32(1) as an integer.
func oneData() Mem { return ConstData("one", U32(math.Float32bits(1))) }

// An isa is an instruction set of which the vector registers have some width; what it does otherwise than another is a
// method.
type isa struct {
	vec  func() reg.VecVirtual
	wide bool // AVX-512: a comparison gives a mask
}

var (
	avx2   = isa{vec: func() reg.VecVirtual { return YMM() }}
	avx512 = isa{vec: func() reg.VecVirtual { return ZMM() }, wide: true}
)

// zero emits s = 0.
func (x isa) zero(s reg.VecVirtual) {
	if x.wide {
		VPSUBD(s, s, s) // avo does not know that VXORPS of 512 bits reads nothing here
		return
	}
	VXORPS(s, s, s)
}

// scaleNegative emits s = α·s where s is negative; t is free to use.
func (x isa) scaleNegative(alpha, s, t reg.VecVirtual) {
	if x.wide {
		k := K()
		VPMOVD2M(s, k)
		VMULPS(s, alpha, k, s)
		return
	}
	VMULPS(s, alpha, t)
	VBLENDVPS(s, t, s, s)
}

// scaleUnder emits s = α·s where y ≤ 0; y and t are free to use.
func (x isa) scaleUnder(alpha, y, s, t reg.VecVirtual) {
	const lessEqual = 2
	x.zero(t)
	if x.wide {
		k := K()
		VCMPPS(Imm(lessEqual), t, y, k)
		VMULPS(s, alpha, k, s)
		return
	}
	VCMPPS(Imm(lessEqual), t, y, y)
	VMULPS(s, alpha, t)
	VBLENDVPS(y, t, s, s)
}

// clearUnder emits s = 0 where y ≤ 0; y is free to use.
func (x isa) clearUnder(zero, y, s reg.VecVirtual) {
	const notLessEqual = 6 // true for NaN
	if x.wide {
		k := K()
		VCMPPS(Imm(notLessEqual), zero, y, k)
		VMOVAPS_Z(s, k, s)
		return
	}
	VCMPPS(Imm(notLessEqual), zero, y, y)
	VANDPS(y, s, s)
}

// An epilogue applies the last steps to a block of finished sums, in registers.
type epilogue struct {
	isa
	within string // the section that it is in, with a slash behind, or ""
	sums   []sum
	flags  reg.GPVirtual
	alpha  Mem
	one    Mem
	loadB  func(vec int, dst reg.VecVirtual)      // of the bias
	loadY  func(row, vec int, dst reg.VecVirtual) // of the saved output
	before func()                                 // sets up the addresses of the saved output; nil if there is none
}

// A sum is a register of sums: the vec-th of a row, or of what the kernel takes for one.
type sum struct {
	reg.VecVirtual
	row, vec int
}

// each calls f for each register of sums.
func (e *epilogue) each(f func(row, vec int, s reg.VecVirtual)) {
	for _, s := range e.sums {
		f(s.row, s.vec, s.VecVirtual)
	}
}

// emit emits the steps in the order that runtime/gemm's Epilogue documents.
func (e *epilogue) emit() {
	done := emit.NewLabel("epilogue_done")
	TESTQ(e.flags, e.flags)
	emit.Goto(JZ, done)

	e.when(abi.FlagBias, abi.Bias, "s = s + bias", func() {
		for v := 0; ; v++ {
			t := reg.VecVirtual(nil)
			e.each(func(_, vec int, s reg.VecVirtual) {
				if vec != v {
					return
				}
				if t == nil {
					t = e.vec()
					e.loadB(v, t)
				}
				VADDPS(t, s, s)
			})
			if t == nil {
				break
			}
		}
	})

	op := GP64()
	MOVQ(e.flags, op)
	SHRQ(Imm(abi.OpShift), op)
	emit.Goto(JZ, done)
	e.op(op, abi.OpReLU, done, "s = 0 where 0 > s", func() {
		zero := e.vec()
		e.zero(zero)
		e.each(func(_, _ int, s reg.VecVirtual) { VMAXPS(s, zero, s) })
	})
	e.op(op, abi.OpLeakyReLU, done, "s = α·s where s is negative", func() {
		alpha, t := e.vec(), e.vec()
		VBROADCASTSS(e.alpha, alpha)
		e.each(func(_, _ int, s reg.VecVirtual) {
			e.scaleNegative(alpha, s, t)
		})
	})

	if e.before != nil {
		e.emitSaved(op, done)
	}
	emit.Trap()
	Label(done)
}

// emitSaved emits the ops that read a saved output.
func (e *epilogue) emitSaved(op reg.GPVirtual, done string) {
	emit.Section(e.within+abi.Saved, e.before)
	e.op(op, abi.OpReLUGrad, done, "s = 0 where y ≤ 0", func() {
		zero, y := e.vec(), e.vec()
		e.zero(zero)
		e.each(func(row, vec int, s reg.VecVirtual) {
			e.loadY(row, vec, y)
			e.clearUnder(zero, y, s)
		})
	})
	e.op(op, abi.OpLeakyReLUGrad, done, "s = α·s where y ≤ 0", func() {
		alpha, y, t := e.vec(), e.vec(), e.vec()
		VBROADCASTSS(e.alpha, alpha)
		e.each(func(row, vec int, s reg.VecVirtual) {
			e.loadY(row, vec, y)
			e.scaleUnder(alpha, y, s, t)
		})
	})
	e.op(op, abi.OpSigmoidGrad, done, "s = s·(y - y·y)", func() {
		y, t := e.vec(), e.vec()
		e.each(func(row, vec int, s reg.VecVirtual) {
			e.loadY(row, vec, y)
			VMOVAPS(y, t)
			VFNMADD231PS(y, y, t)
			VMULPS(t, s, s)
		})
	})
	e.op(op, abi.OpTanhGrad, done, "s = s·(1 - y·y)", func() {
		one, y, t := e.vec(), e.vec(), e.vec()
		VBROADCASTSS(e.one, one)
		e.each(func(row, vec int, s reg.VecVirtual) {
			e.loadY(row, vec, y)
			VMOVAPS(one, t)
			VFNMADD231PS(y, y, t)
			VMULPS(t, s, s)
		})
	})
}

// when emits body, a section, so that it runs if a flag is set.
func (e *epilogue) when(flag int, section, what string, body func()) {
	skip := emit.NewLabel("skip")
	TESTQ(U32(flag), e.flags)
	emit.Goto(JZ, skip)
	emit.Section(e.within+section, func() {
		Comment(what)
		body()
		emit.Goto(JMP, skip)
	})
	emit.Trap()
	Label(skip)
}

// op emits body, a section, so that it runs, and then goes to done, if the op has a number.
func (e *epilogue) op(op reg.GPVirtual, number int, done, what string, body func()) {
	emit.Section(e.within+abi.Op(number), func() {
		skip := emit.NewLabel("skip")
		CMPQ(op, Imm(uint64(number)))
		emit.Goto(JNE, skip)
		Comment(what)
		body()
		emit.Goto(JMP, done)
		Label(skip)
	})
}
