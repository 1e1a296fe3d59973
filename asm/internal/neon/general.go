package neon

import (
	"fmt"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// conditions are those of signed numbers; the flags differ in the carry alone.
var conditions = map[string]string{
	"JL": "LT", "JLT": "LT", "JGE": "GE", "JG": "GT", "JGT": "GT", "JLE": "LE",
	"JZ": "EQ", "JE": "EQ", "JEQ": "EQ", "JNE": "NE", "JNZ": "NE",
	"CMOVQLT": "LT", "CMOVQGT": "GT",
}

// instruction lowers an instruction.
func (l *lowering) instruction(i *ir.Instruction) {
	if l.vector(i) {
		return
	}
	op := i.Operands
	switch i.Opcode {
	case "RET":
		l.list = append(l.list, instr{text: "RET", ends: true})
	case "INT":
		l.list = append(l.list, instr{text: "UNDEF", ends: true})
	case "VZEROUPPER", "PREFETCHT0", "PREFETCHT1":
	case "JMP":
		l.jump("B ", string(op[0].(operand.LabelRef)), true)
	case "JL", "JLT", "JGE", "JG", "JGT", "JLE", "JZ", "JE", "JEQ", "JNE", "JNZ":
		l.jump("B"+conditions[i.Opcode]+" ", string(op[0].(operand.LabelRef)), false)
	case "CMOVQLT", "CMOVQGT":
		l.update("CSEL "+conditions[i.Opcode]+", R{1}, R{0}, R{0}", l.generalOf(op[1].(reg.Register)), l.read(op[0]))
	case "MOVQ", "MOVL", "MOVLQSX", "MOVW", "MOVB":
		l.moveGeneral(i)
	case "LEAQ":
		m, to := op[0].(operand.Mem), l.generalOf(op[1].(reg.Register))
		from := l.address(m)
		l.copy(from, to)
	case "ADDQ", "SUBQ", "ANDQ", "INCQ", "DECQ":
		l.arithmetic(i)
	case "XORQ":
		if op[0] != op[1] {
			panic("XORQ of two registers")
		}
		l.pure("MOVD ZR, R{0}", l.generalOf(op[0].(reg.Register)))
	case "NEGQ":
		r := l.generalOf(op[0].(reg.Register))
		l.set("NEG", "NEGS", "R{1}, R{0}", r, r)
	case "SHLQ", "SHRQ":
		r := l.generalOf(op[1].(reg.Register))
		l.pure(fmt.Sprintf("%s $%d, R{1}, R{0}", map[string]string{"SHLQ": "LSL", "SHRQ": "LSR"}[i.Opcode], value(op[0])), r,
			r)
		if l.cond {
			l.effect("CMP $0, R{0}", r)
		}
	case "IMUL3Q":
		l.pure("MUL R{1}, R{2}, R{0}", l.generalOf(op[2].(reg.Register)), l.read(op[1]), l.immediate(op[0]))
	case "IMULQ":
		r := l.generalOf(op[1].(reg.Register))
		l.pure("MUL R{1}, R{2}, R{0}", r, r, l.read(op[0]))
	case "CMPQ":
		l.compare("CMP", op[1], op[0])
	case "TESTQ":
		l.compare("TST", op[0], op[1])
	default:
		panic(fmt.Sprintf("no instructions for %s", i.OpcodeWithSuffixes()))
	}
}

// set appends an instruction that writes flags if they are read.
func (l *lowering) set(plain, flags, operands string, regs ...int) {
	if l.cond {
		l.add(instr{text: flags + " " + operands, regs: regs, writes: 1})
		return
	}
	l.pure(plain+" "+operands, regs...)
}

// read returns a register with an operand of 64 bits, which must not be written.
func (l *lowering) read(op operand.Op) int {
	switch op := op.(type) {
	case reg.Register:
		return l.generalOf(op)
	case operand.Mem:
		r := l.gp()
		p := l.at(op, 1, 8)
		l.pure("MOVD "+p.text+", R{0}", append([]int{r}, p.regs...)...)
		return r
	}
	return l.immediate(op)
}

// immediate returns a register with a constant.
func (l *lowering) immediate(op operand.Op) int {
	r := l.gp()
	l.pure(fmt.Sprintf("MOVD $%d, R{0}", value(op)), r)
	return r
}

// compare appends CMP or TST of an operand, which may be a constant, with another.
func (l *lowering) compare(name string, with, what operand.Op) {
	if _, ok := with.(operand.Constant); ok {
		l.effect(fmt.Sprintf("%s $%d, R{0}", name, value(with)), l.read(what))
		return
	}
	l.effect(name+" R{0}, R{1}", l.read(with), l.read(what))
}

// moveGeneral lowers a move between general registers and memory.
func (l *lowering) moveGeneral(i *ir.Instruction) {
	name, size := "MOVD", 8
	switch i.Opcode {
	case "MOVL":
		name, size = "MOVWU", 4
	case "MOVLQSX":
		name, size = "MOVW", 4
	case "MOVW":
		name, size = "MOVH", 2
	case "MOVB":
		name, size = "MOVB", 1
	}
	if m, ok := i.Operands[1].(operand.Mem); ok {
		if size == 4 {
			name = "MOVW"
		}
		from := l.read(i.Operands[0])
		p := l.at(m, 1, size)
		l.effect(name+" R{0}, "+p.text, append([]int{from}, p.regs...)...)
		return
	}
	to := l.generalOf(i.Operands[1].(reg.Register))
	switch from := i.Operands[0].(type) {
	case operand.Mem:
		p := l.at(from, 1, size)
		l.pure(name+" "+p.text+", R{0}", append([]int{to}, p.regs...)...)
	case reg.Register:
		if size == 8 {
			l.copy(l.generalOf(from), to)
			return
		}
		l.pure(name+" R{1}, R{0}", to, l.generalOf(from))
	default:
		l.pure(fmt.Sprintf("MOVD $%d, R{0}", value(from)), to)
	}
}

// arithmetic lowers an addition, a subtraction or a conjunction, to a register or to memory.
func (l *lowering) arithmetic(i *ir.Instruction) {
	name := map[string]string{"ADDQ": "ADD", "INCQ": "ADD", "SUBQ": "SUB", "DECQ": "SUB", "ANDQ": "AND"}[i.Opcode]
	var by operand.Op = operand.U8(1)
	to := i.Operands[0]
	if len(i.Operands) == 2 {
		by, to = i.Operands[0], i.Operands[1]
	}
	apply := func(r int) {
		if _, ok := by.(operand.Constant); ok {
			l.set(name, name+"S", fmt.Sprintf("$%d, R{1}, R{0}", value(by)), r, r)
			return
		}
		l.set(name, name+"S", "R{2}, R{1}, R{0}", r, r, l.read(by))
	}
	m, ok := to.(operand.Mem)
	if !ok {
		apply(l.generalOf(to.(reg.Register)))
		return
	}
	r := l.read(m)
	apply(r)
	p := l.at(m, 1, 8)
	l.effect("MOVD R{0}, "+p.text, append([]int{r}, p.regs...)...)
}
