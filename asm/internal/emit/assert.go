package emit

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// Debug makes Positive emit traps. The programs set it by their flag -debug.
var Debug bool

// Positive emits, if Debug is set, a trap for a field that is less than 1.
func Positive(args Args, fields ...string) {
	if !Debug {
		return
	}
	for _, f := range fields {
		fine := NewLabel("fine")
		CMPQ(args.Field(f), Imm(1))
		Goto(JGE, fine)
		Comment("field " + f + " is less than 1")
		INT(Imm(3))
		Label(fine)
	}
}
