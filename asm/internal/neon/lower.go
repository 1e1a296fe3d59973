package neon

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A register is virtual: general or of a vector. A constant is one too, until it is known where it is loaded.
type register struct {
	vector   bool
	constant bool
	word     uint32 // of a constant, in each lane
}

// A pair holds the halves of a register of 8 lanes, which are the same register if it is the same in all lanes.
type pair [2]int

type lowering struct {
	fn      *ir.Function
	globals map[string]*ir.Global

	list  []instr
	regs  []register
	color []int

	general   map[reg.ID]int
	vectors   map[reg.ID]pair
	uniform   map[reg.ID]bool   // registers that only broadcasts write
	masks     map[reg.ID]bool   // registers that only comparisons write
	known     map[reg.ID][]byte // what registers hold in this block that were loaded from a global
	slots     map[int]bool      // places on the stack that hold what is the same in all lanes
	constants map[uint32]int
	pool      []uint32 // constants in memory
	shared    []uint32 // those that other functions of the file have there
	base      int      // register with the place of the pool, or -1
	addressed map[string]bool
	sums      map[sum]int        // addresses that are known in this block
	elements  map[reg.ID]element // registers of which one lane of another is read instead
	labels    int
	loops     []loop // of allocateLinear
	linear    bool   // whether that allocates
	cond      bool   // the flags of the instruction at hand are read
}

// A sum is an address: base + index<<shift + disp, or that of a global.
type sum struct {
	base, index, shift, disp int
	global                   string
}

func newLowering(fn *ir.Function, globals map[string]*ir.Global) *lowering {
	return &lowering{fn: fn, globals: globals, general: map[reg.ID]int{}, vectors: map[reg.ID]pair{},
		uniform: map[reg.ID]bool{}, masks: map[reg.ID]bool{}, known: map[reg.ID][]byte{}, elements: map[reg.ID]element{},
		slots: map[int]bool{}, constants: map[uint32]int{},
		base: -1, addressed: map[string]bool{}, sums: map[sum]int{}}
}

// function lowers the function and allocates its registers.
func (l *lowering) function() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("neon: %v", r)
		}
	}()
	l.classify()
	l.findElements()
	flags := l.flags()
	for i, n := range l.fn.Nodes {
		switch n := n.(type) {
		case ir.Label:
			clear(l.sums)
			clear(l.known)
			l.list = append(l.list, instr{label: string(n)})
		case *ir.Comment:
			for _, line := range n.Lines {
				if border(line) {
					clear(l.sums)
				}
				l.list = append(l.list, instr{comment: line})
			}
		case *ir.Instruction:
			l.cond = flags[i]
			from := len(l.list)
			l.instruction(n)
			for k := range l.list[from:] {
				l.list[from+k].group = i + 1
			}
			l.note(n)
		}
	}
	if l.linear {
		return l.allocateLinear()
	}
	l.eliminate()
	return l.allocate()
}

// classify finds the registers and places on the stack that are the same in all lanes, and those that hold masks.
func (l *lowering) classify() {
	var uniform, masks [2]map[reg.ID]bool // written so, and in another way
	for i := range 2 {
		uniform[i], masks[i] = map[reg.ID]bool{}, map[reg.ID]bool{}
	}
	other := 1
	for _, i := range l.fn.Instructions() {
		for _, o := range i.OutputRegisters() {
			if o.Kind() != reg.KindVector {
				continue
			}
			u, m := other, other
			switch i.Opcode {
			case "VBROADCASTSS", "VBROADCASTF128", "VPBROADCASTD":
				u = 0
			case "VMOVUPS":
				if m, ok := i.Operands[0].(operand.Mem); ok {
					if _, ok := l.word(m); ok {
						u = 0
					}
				}
			case "VXORPS", "VPXOR":
				if clears(i) {
					u = 0
				}
			case "VCMPPS", "VPCMPEQD":
				m = 0
				if i.Opcode == "VPCMPEQD" && clears(i) {
					u = 0
				}
			}
			uniform[u][o.ID()] = true
			masks[m][o.ID()] = true
		}
	}
	only := func(in [2]map[reg.ID]bool, to map[reg.ID]bool) {
		for id := range in[0] {
			to[id] = !in[other][id]
		}
	}
	only(uniform, l.uniform)
	only(masks, l.masks)
	varied := map[int]bool{}
	for _, i := range l.fn.Instructions() {
		for _, o := range i.Outputs {
			if m, ok := o.(operand.Mem); ok && m.Base == reg.StackPointer {
				r, ok := i.Operands[0].(reg.Register)
				same := ok && i.Opcode == "VMOVUPS" && l.uniform[r.ID()]
				l.slots[m.Disp] = same && !varied[m.Disp]
				varied[m.Disp] = varied[m.Disp] || !same
			}
		}
	}
}

// note keeps what an instruction loads from a global, which is read alone, and forgets what it overwrites.
func (l *lowering) note(i *ir.Instruction) {
	for _, o := range i.OutputRegisters() {
		delete(l.known, o.ID())
	}
	if i.Opcode != "VMOVUPS" {
		return
	}
	m, isMem := i.Operands[0].(operand.Mem)
	to, isReg := i.Operands[1].(reg.Register)
	g := l.globals[m.Symbol.Name]
	if !isMem || !isReg || g == nil || m.Base != reg.StaticBase || m.Index != nil {
		return
	}
	if mask := contents(g)[m.Disp:][:to.Size()]; isPrefix(mask) {
		l.known[to.ID()] = mask
	}
}

// clears tells whether an instruction sets a register to 0.
func clears(i *ir.Instruction) bool {
	return len(i.Operands) == 3 && i.Operands[0] == i.Operands[1] && i.Operands[1] == i.Operands[2]
}

var readsFlags = []string{"JL", "JLT", "JGE", "JG", "JGT", "JLE", "JZ", "JE", "JEQ", "JNE", "JNZ", "CMOVQLT", "CMOVQGT"}

var writesFlags = []string{"ADDQ", "SUBQ", "ANDQ", "XORQ", "INCQ", "DECQ", "NEGQ", "SHLQ", "SHRQ",
	"TESTQ", "CMPQ", "IMULQ", "IMUL3Q"}

// flags tells of each node whether it is the last to write flags that are read.
func (l *lowering) flags() []bool {
	read := make([]bool, len(l.fn.Nodes))
	wanted := false
	for k := len(l.fn.Nodes) - 1; k >= 0; k-- {
		i, ok := l.fn.Nodes[k].(*ir.Instruction)
		switch {
		case !ok:
		case slices.Contains(readsFlags, i.Opcode):
			wanted = true
		case slices.Contains(writesFlags, i.Opcode):
			read[k], wanted = wanted, false
		}
	}
	return read
}

// newReg returns a new register.
func (l *lowering) newReg(vector bool) int {
	l.regs = append(l.regs, register{vector: vector})
	return len(l.regs) - 1
}

func (l *lowering) gp() int  { return l.newReg(false) }
func (l *lowering) vec() int { return l.newReg(true) }

// constant returns the register of a constant, the same in all lanes.
func (l *lowering) constant(word uint32) int {
	r, ok := l.constants[word]
	if !ok {
		r = len(l.regs)
		l.regs = append(l.regs, register{vector: true, constant: true, word: word})
		l.constants[word] = r
	}
	return r
}

// add appends an instruction that writes the first of some registers.
func (l *lowering) add(n instr) {
	for _, d := range n.defs() {
		if !l.regs[d].vector {
			for s := range l.sums {
				if s.base == d || s.index == d || l.sums[s] == d {
					delete(l.sums, s)
				}
			}
		}
	}
	l.list = append(l.list, n)
}

// pure appends an instruction that does nothing but write its first register.
func (l *lowering) pure(text string, regs ...int) {
	l.add(instr{text: text, regs: regs, writes: 1, pure: true})
}

// update appends one that reads its first register and writes it.
func (l *lowering) update(text string, regs ...int) {
	l.add(instr{text: text, regs: regs, writes: 1, reads0: true, pure: true})
}

// effect appends one that reads all of its registers.
func (l *lowering) effect(text string, regs ...int) { l.add(instr{text: text, regs: regs}) }

// word appends an instruction that Go's assembler lacks.
func (l *lowering) encoded(word uint32, text string, regs ...int) {
	l.add(instr{text: text, word: word, regs: regs, writes: 1, pure: true})
}

// copy appends to = from.
func (l *lowering) copy(from, to int) {
	text := "MOVD R{1}, R{0}"
	if l.regs[to].vector {
		text = "VMOV V{1}.B16, V{0}.B16"
	}
	l.add(instr{text: text, regs: []int{to, from}, writes: 1, pure: true, move: true})
}

func (l *lowering) jump(text, label string, always bool, regs ...int) {
	clear(l.sums)
	l.list = append(l.list, instr{text: text + label, regs: regs, jump: label, ends: always})
}

func (l *lowering) newLabel() string {
	l.labels++
	return fmt.Sprintf("%s_lane%d", l.fn.Name, l.labels)
}

// word returns what a global holds in all words, if they are the same.
func (l *lowering) word(m operand.Mem) (uint32, bool) {
	g := l.globals[m.Symbol.Name]
	if m.Base != reg.StaticBase || m.Index != nil || g == nil {
		return 0, false
	}
	b := contents(g)
	for i := range b {
		if b[i] != b[i%4] {
			return 0, false
		}
	}
	return uint32(little(b[:4])), true
}

// generalOf returns the register for a general register of avo.
func (l *lowering) generalOf(r reg.Register) int {
	v, ok := l.general[r.ID()]
	if !ok {
		v = l.gp()
		l.general[r.ID()] = v
	}
	return v
}

// pairOf returns the registers for a vector register of avo.
func (l *lowering) pairOf(r reg.Register) pair {
	p, ok := l.vectors[r.ID()]
	if !ok {
		p[0] = l.vec()
		p[1] = p[0]
		if !l.uniform[r.ID()] {
			p[1] = l.vec()
		}
		l.vectors[r.ID()] = p
	}
	return p
}

// A place is an address in the text of an instruction: what stands for it, and the registers behind it.
type place struct {
	text string
	regs []int
}

// at returns the place of an operand in memory, for an instruction that has first registers before those of the place.
// scaled is the size of elements by which an index may be multiplied there, or 0.
func (l *lowering) at(m operand.Mem, first, scaled int) place {
	switch {
	case m.Base == reg.FramePointer:
		return place{text: fmt.Sprintf("%s+%d(FP)", m.Symbol.Name, m.Disp)}
	case m.Base == reg.StackPointer && m.Index == nil:
		return place{text: fmt.Sprintf("%d(RSP)", firstSlot+m.Disp)}
	case m.Base == reg.StaticBase && m.Index == nil:
		return place{fmt.Sprintf("(R{%d})", first), []int{l.address(m)}}
	case m.Index == nil:
		return place{strings.TrimPrefix(fmt.Sprintf("%d(R{%d})", m.Disp, first), "0("), []int{l.generalOf(m.Base)}}.open()
	case m.Disp == 0 && m.Scale == 1 && (scaled == 4 || scaled == 8): // Go has no such load of 16 bytes
		return place{fmt.Sprintf("(R{%d})(R{%d})", first, first+1), []int{l.generalOf(m.Base), l.generalOf(m.Index)}}
	case m.Disp == 0 && int(m.Scale) == scaled:
		return place{fmt.Sprintf("(R{%d})(R{%d}<<%d)", first, first+1, shift(m.Scale)),
			[]int{l.generalOf(m.Base), l.generalOf(m.Index)}}
	}
	disp := m.Disp
	m.Disp = 0
	return place{strings.TrimPrefix(fmt.Sprintf("%d(R{%d})", disp, first), "0("), []int{l.address(m)}}.open()
}

// open puts back the parenthesis that went with a displacement of 0.
func (p place) open() place {
	if strings.HasPrefix(p.text, "R") {
		p.text = "(" + p.text
	}
	return p
}

// shift returns the logarithm of a scale.
func shift(scale uint8) int { return map[uint8]int{1: 0, 2: 1, 4: 2, 8: 3}[scale] }

// address returns a register that holds an address; it must not be written.
func (l *lowering) address(m operand.Mem) int {
	s := sum{base: -1, index: -1, disp: m.Disp}
	switch m.Base {
	case reg.StaticBase:
		s.global = m.Symbol.Name
		l.addressed[s.global] = true
	case reg.StackPointer:
	default:
		s.base = l.generalOf(m.Base)
	}
	if m.Index != nil {
		s.index, s.shift = l.generalOf(m.Index), shift(m.Scale)
	}
	if s.index < 0 && s.base >= 0 && s.disp == 0 {
		return s.base
	}
	if r, ok := l.sums[s]; ok {
		return r
	}
	r := l.gp()
	l.addressInto(s, r)
	l.sums[s] = r
	return r
}

// addressInto computes an address.
func (l *lowering) addressInto(s sum, to int) {
	base, disp := s.base, s.disp
	switch {
	case s.global != "":
		base = to
		if s.index >= 0 {
			base = l.gp()
		}
		l.pure(fmt.Sprintf("MOVD $%s<>+%d(SB), R{0}", s.global, disp), base)
		disp = 0
	case base < 0:
		base = to
		l.pure(fmt.Sprintf("MOVD $%d(RSP), R{0}", firstSlot+disp), base)
		disp = 0
	}
	if s.index >= 0 {
		if s.shift == 0 {
			l.pure("ADD R{2}, R{1}, R{0}", to, base, s.index)
		} else {
			l.pure(fmt.Sprintf("ADD R{2}<<%d, R{1}, R{0}", s.shift), to, base, s.index)
		}
		base = to
	}
	switch {
	case disp > 0:
		l.pure(fmt.Sprintf("ADD $%d, R{1}, R{0}", disp), to, base)
	case disp < 0:
		l.pure(fmt.Sprintf("SUB $%d, R{1}, R{0}", -disp), to, base)
	case base != to:
		l.copy(base, to)
	}
}

// isPrefix tells whether all bits of the first lanes of four bytes are set, and none of the others.
func isPrefix(mask []byte) bool {
	set := bytes.Count(mask, []byte{0xff})
	return set%4 == 0 && bytes.Equal(mask, append(bytes.Repeat([]byte{0xff}, set), make([]byte, len(mask)-set)...))
}
