// Package emit holds what the avo programs of this module share: labels, masks for the ends
// of rows, and stores of part of a register.
package emit

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

var labels int

// NewLabel returns a label that no other call returns, with a name that tells its purpose.
func NewLabel(purpose string) string {
	labels++
	return fmt.Sprintf("%s_%d", purpose, labels)
}

// Goto emits a jump: jump is one of avo's conditional jumps, or JMP.
func Goto(jump func(Op), label string) { jump(LabelRef(label)) }

// TailMasks emits the table that LoadTailMask slides over: 8 elements with all bits set,
// then 8 without.
func TailMasks() Mem {
	table := GLOBL("tailMasks", 8|16) // RODATA|NOPTR
	for i := range 16 {
		v := U32(0)
		if i < 8 {
			v = U32(0xffffffff)
		}
		DATA(4*i, v)
	}
	return table
}

// LoadTailMask sets the first w lanes of mask, for a register w from 0 to 8, and clears the
// others.
func LoadTailMask(table Mem, w reg.Register, mask reg.VecVirtual) {
	base, i := GP64(), GP64()
	LEAQ(table.Offset(32), base)
	MOVQ(w, i)
	NEGQ(i)
	VMOVUPS(Mem{Base: base, Index: i, Scale: 4}, mask)
}

// StoreTail stores the first w < 8 lanes of each register of v at the place that addr gives
// for it, plus a displacement that it adds. It destroys the registers. VMASKMOVPS would
// do it in one instruction, but its store form is microcode on AMD's processors.
func StoreTail(w reg.Register, v []reg.VecVirtual, addr func(i int) Mem) {
	two, one, done := NewLabel("store2"), NewLabel("store1"), NewLabel("stored")
	at := GP64() // displacement in bytes, by way of a fresh base register for each address
	XORQ(at, at)
	place := func(i int) Mem {
		m := addr(i)
		p := GP64()
		LEAQ(m, p)
		return Mem{Base: p, Index: at, Scale: 1}
	}
	TESTQ(U32(4), w)
	Goto(JZ, two)
	for i, r := range v {
		VMOVUPS(r.AsX(), place(i))
		VEXTRACTF128(Imm(1), r, r.AsX())
	}
	ADDQ(Imm(16), at)
	Label(two)
	TESTQ(U32(2), w)
	Goto(JZ, one)
	for i, r := range v {
		VMOVLPS(r.AsX(), place(i))
		VUNPCKHPD(r.AsX(), r.AsX(), r.AsX())
	}
	ADDQ(Imm(8), at)
	Label(one)
	TESTQ(U32(1), w)
	Goto(JZ, done)
	for i, r := range v {
		VMOVSS(r.AsX(), place(i))
	}
	Label(done)
}
