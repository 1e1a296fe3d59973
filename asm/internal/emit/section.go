package emit

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// Section emits a part of a kernel that a copy may do without, between two comments that name it: see package abi of
// the runtime. What comes to it where it was left out must not go on, so that behind it stands a trap, which Trap
// emits; the part ends by a jump.
func Section(name string, body func()) {
	Comment("section " + name)
	body()
	Comment("end " + name)
}

// Trap emits an instruction that ends the program.
func Trap() { INT(Imm(3)) }
