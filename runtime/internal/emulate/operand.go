package emulate

import (
	"fmt"
	"strconv"
	"strings"
	"unsafe"

	"github.com/nngen/nngen/runtime/abi"
)

// kind is what an operand is.
type kind int

const (
	immediate kind = iota
	general
	vectorReg
	maskReg
	memory
	label
)

// An operand is one of an instruction.
type operand struct {
	kind
	n     int    // number of the register
	width int    // bytes of a vector register
	value uint64 // of an immediate
	text  string // of a label

	base, index int  // registers of an address, −1 if none
	lanes       bool // index is a vector register, of a gather
	scale       uint64
	disp        uint64 // with the address of a datum, if it is relative to one
	arg         bool   // relative to the arguments
}

var generalNames = map[string]int{
	"AX": 0, "CX": 1, "DX": 2, "BX": 3, "SP": regSP, "BP": 5, "SI": 6, "DI": 7,
	"R8": 8, "R9": 9, "R10": 10, "R11": 11, "R12": 12, "R13": 13, "R14": 14, "R15": 15,
}

// register returns the register of a name.
func register(s string) (operand, bool) {
	if n, ok := generalNames[s]; ok {
		return operand{kind: general, n: n}, true
	}
	if len(s) < 2 {
		return operand{}, false
	}
	n, err := strconv.Atoi(s[1:])
	if err != nil {
		return operand{}, false
	}
	switch width, ok := map[byte]int{'X': 16, 'Y': 32, 'Z': 64}[s[0]]; {
	case ok && n < 32:
		return operand{kind: vectorReg, n: n, width: width}, true
	case s[0] == 'K' && n < 8:
		return operand{kind: maskReg, n: n}, true
	}
	return operand{}, false
}

// operand reads an operand.
func (p *Program) operand(s string) (operand, error) {
	if o, ok := register(s); ok {
		return o, nil
	}
	if v, ok := strings.CutPrefix(s, "$"); ok {
		u, err := strconv.ParseUint(v, 0, 64)
		if err != nil {
			i, err := strconv.ParseInt(v, 0, 64)
			if err != nil {
				return operand{}, err
			}
			u = uint64(i)
		}
		return operand{kind: immediate, value: u}, nil
	}
	i := strings.IndexByte(s, '(')
	if i < 0 {
		return operand{kind: label, text: s}, nil
	}
	return p.address(s[:i], s[i:])
}

// address reads an operand in memory: disp(base)(index*scale), name<>+disp(SB), ·name+disp(SB) or name+disp(FP).
func (p *Program) address(disp, registers string) (operand, error) {
	o := operand{kind: memory, base: -1, index: -1}
	if i := strings.LastIndexAny(disp, "+-"); i > 0 {
		name := disp[:i]
		disp = disp[i:]
		if datum, ok := strings.CutSuffix(name, "<>"); ok {
			b := p.data[datum]
			if b == nil {
				return o, fmt.Errorf("no datum %s", datum)
			}
			o.disp = uint64(uintptr(unsafe.Pointer(&b[0]))) // data is in the heap, which does not move
		} else if variable, ok := strings.CutPrefix(name, "·"); ok {
			if variable != abi.PartAVX512 {
				return o, fmt.Errorf("no variable %s", variable)
			}
			o.disp = uint64(uintptr(unsafe.Pointer(&hasAVX512)))
		}
	}
	if disp != "" {
		d, err := strconv.ParseInt(disp, 0, 64)
		if err != nil {
			return o, err
		}
		o.disp += uint64(d)
	}
	for i, part := range strings.Split(strings.Trim(registers, "()"), ")(") {
		name, scale, scaled := strings.Cut(part, "*")
		switch n, ok := generalNames[name]; {
		case name == "SB" && i == 0:
		case name == "FP" && i == 0:
			o.arg = true
		case !ok:
			v, isReg := register(name)
			if !isReg || v.kind != vectorReg || !scaled {
				return o, fmt.Errorf("no register %s", name)
			}
			u, err := strconv.ParseUint(scale, 10, 64)
			if err != nil {
				return o, err
			}
			o.index, o.lanes, o.scale = v.n, true, u
		case scaled || i == 1:
			o.index, o.scale = n, 1
			if scaled {
				u, err := strconv.ParseUint(scale, 10, 64)
				if err != nil {
					return o, err
				}
				o.scale = u
			}
		default:
			o.base = n
		}
	}
	return o, nil
}

// addr returns the address of an operand in memory.
func (o *operand) addr(m *machine) uint64 {
	a := o.disp
	if o.arg {
		a += m.fp
	}
	if o.base >= 0 {
		a += m.r[o.base]
	}
	if o.index >= 0 && !o.lanes {
		a += m.r[o.index] * o.scale
	}
	return a
}

// addrOf returns the address that a gather reads lane i of 32 bits from.
func (o *operand) addrOf(m *machine, i int) uint64 {
	return o.addr(m) + uint64(int64(int32(m.v[o.index].u32(i))))*o.scale
}

// get returns an operand of some bytes.
func (o *operand) get(m *machine, size int) uint64 {
	switch o.kind {
	case immediate:
		return truncate(o.value, size)
	case general:
		return truncate(m.r[o.n], size)
	case maskReg:
		return truncate(m.k[o.n], size)
	case vectorReg:
		return truncate(m.v[o.n].u64(0), size)
	}
	var x uint64
	for i, b := range at(o.addr(m), size) {
		x |= uint64(b) << (8 * i)
	}
	return x
}

// put sets an operand of some bytes. 4 bytes of a general register clear the others; less leave them as they are.
func (o *operand) put(m *machine, size int, x uint64) {
	x = truncate(x, size)
	switch o.kind {
	case general:
		if size < 4 {
			keep := m.r[o.n] &^ (1<<(8*size) - 1)
			x |= keep
		}
		m.r[o.n] = x
	case maskReg:
		m.k[o.n] = x
	case vectorReg:
		m.v[o.n] = vector{}
		m.v[o.n].set64(0, x)
	case memory:
		b := at(o.addr(m), size)
		for i := range b {
			b[i] = byte(x >> (8 * i))
		}
	}
}

func truncate(x uint64, size int) uint64 {
	if size == 8 {
		return x
	}
	return x & (1<<(8*size) - 1)
}

// signed extends the sign of a number of some bytes.
func signed(x uint64, size int) int64 {
	s := 64 - 8*size
	return int64(x<<s) >> s
}
