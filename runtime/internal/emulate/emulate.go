// Package emulate runs kernels in the assembly language of Go for amd64 instruction by instruction, so that those for
// instruction sets that a machine lacks are held to the bits of their twins on every machine.
//
// It reads the text that the assembler reads. An instruction is a row of a table: what it does to general registers and
// flags, to vectors of 16, 32 or 64 bytes, or to masks, from the manual of Intel. Memory is that of the process, so a
// kernel runs on the arguments of its test: see [Overlay], which puts this package in the place of the assembly of
// other packages. What is not in the table is an error when a file is read, not when the instruction is reached.
//
// The payload of a NaN is not modelled, nor are exceptions, nor the rounding of denormals to zero.
//
// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volumes 1 and 2.
package emulate

import (
	"encoding/binary"
	"fmt"
	"strings"
	"sync/atomic"
	"unsafe"
)

// A Program is what a file of assembly holds.
type Program struct {
	data  map[string][]byte
	funcs map[string]*function
}

// A function is one in assembly.
type function struct {
	name  string
	frame int // bytes of locals
	code  []step
	lines []string       // the text of each step
	at    map[string]int // labels to steps
	jumps []jump         // whose labels are set when all are known
}

type jump struct {
	label string
	to    *int
}

// A step does what an instruction does.
type step func(m *machine)

// vector is a register of vectors. Names that begin with X, Y and Z stand for the first 16, 32 and 64 bytes.
type vector [64]byte

func (v *vector) u16(i int) uint16           { return binary.LittleEndian.Uint16(v[2*i:]) }
func (v *vector) u32(i int) uint32           { return binary.LittleEndian.Uint32(v[4*i:]) }
func (v *vector) u64(i int) uint64           { return binary.LittleEndian.Uint64(v[8*i:]) }
func (v *vector) set16(i int, x uint16)      { binary.LittleEndian.PutUint16(v[2*i:], x) }
func (v *vector) set32(i int, x uint32)      { binary.LittleEndian.PutUint32(v[4*i:], x) }
func (v *vector) set64(i int, x uint64)      { binary.LittleEndian.PutUint64(v[8*i:], x) }
func (v *vector) element(i, size int) []byte { return v[i*size : (i+1)*size] }

// A machine is the state of a processor within a call.
type machine struct {
	r      [16]uint64 // in the order of their encoding: AX, CX, DX, BX, SP, BP, SI, DI, R8 to R15
	v      [32]vector
	k      [8]uint64
	zf, sf bool
	of, cf bool
	pc     int
	fp     uint64 // address of the arguments
	done   bool
}

const regSP = 4

// keep makes arguments escape, so that a stack that moves does not move them.
var keep atomic.Pointer[byte]

// Steps counts the instructions of all calls.
var Steps atomic.Int64

// mostSteps is how long a call may get: no kernel that holds the processor for a tenth of a millisecond has as many.
const mostSteps = 1 << 26

// Call runs a function. frame is the address of a struct whose fields are its parameters and results, laid out as
// Go's ABI0 does: in order, each at a multiple of its size, the results from a multiple of 8 on.
func (p *Program) Call(name string, frame unsafe.Pointer) {
	f := p.funcs[name]
	if f == nil {
		panic("emulate: no function " + name)
	}
	keep.Store((*byte)(frame))
	locals := make([]byte, f.frame+64)
	// What a register or a local holds that was not written is no zero.
	for i := range locals {
		locals[i] = 0xcd
	}
	m := &machine{fp: uint64(uintptr(frame))}
	for i := range m.r {
		m.r[i] = 0xcdcdcdcdcdcdcdcd
	}
	for i := range m.v {
		for j := range m.v[i] {
			m.v[i][j] = 0xcd
		}
	}
	for i := range m.k {
		m.k[i] = 0xcdcdcdcdcdcdcdcd
	}
	m.r[regSP] = uint64(uintptr(unsafe.Pointer(&locals[0])))
	n := int64(0)
	defer func() {
		Steps.Add(n)
		if e := recover(); e != nil {
			panic(fmt.Sprintf("emulate: %s: %s: %v", name, f.lines[min(m.pc-1, len(f.lines)-1)], e))
		}
	}()
	for !m.done {
		s := f.code[m.pc]
		m.pc++
		s(m)
		if n++; n > mostSteps {
			panic("does not end")
		}
	}
	keep.Store(&locals[0])
	keep.Store((*byte)(frame))
}

// at returns the bytes at an address.
func at(addr uint64, n int) []byte {
	a := uintptr(addr)
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&a)), n)
}

// Parse reads a file of assembly for amd64.
func Parse(text string) (*Program, error) {
	p := &Program{data: map[string][]byte{}, funcs: map[string]*function{}}
	lines := strings.Split(text, "\n")
	for n, line := range lines { // data may stand behind the code that reads it
		if err := p.readData(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	var f *function
	for n, line := range lines {
		if err := p.readLine(&f, line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	for _, f := range p.funcs {
		for _, j := range f.jumps {
			to, ok := f.at[j.label]
			if !ok {
				return nil, fmt.Errorf("%s: no label %s", f.name, j.label)
			}
			*j.to = to
		}
		f.code = append(f.code, func(*machine) { panic("runs past its end") })
		f.lines = append(f.lines, "end")
	}
	return p, nil
}

// readData reads a line that belongs to a datum.
func (p *Program) readData(line string) error {
	var name string
	var offset, size int
	var value uint64
	switch {
	case strings.HasPrefix(line, "DATA "):
		head, v, ok := strings.Cut(strings.TrimPrefix(line, "DATA "), ", $")
		i := strings.Index(head, "<>+")
		if !ok || i < 0 {
			return fmt.Errorf("cannot read %q", line)
		}
		name = head[:i]
		if _, err := fmt.Sscanf(head[i+3:], "%d(SB)/%d", &offset, &size); err != nil {
			return err
		}
		if _, err := fmt.Sscan(v, &value); err != nil {
			var signed int64
			if _, err := fmt.Sscan(v, &signed); err != nil {
				return err
			}
			value = uint64(signed)
		}
		b := p.data[name]
		for len(b) < offset+size {
			b = append(b, 0)
		}
		for i := range size {
			b[offset+i] = byte(value >> (8 * i))
		}
		p.data[name] = b
	case strings.HasPrefix(line, "GLOBL "):
		name, rest, ok := strings.Cut(strings.TrimPrefix(line, "GLOBL "), "<>(SB), ")
		i := strings.LastIndex(rest, "$")
		if !ok || i < 0 {
			return fmt.Errorf("cannot read %q", line)
		}
		if _, err := fmt.Sscan(rest[i+1:], &size); err != nil {
			return err
		}
		for len(p.data[name]) < size {
			p.data[name] = append(p.data[name], 0)
		}
	}
	return nil
}

// readLine reads a line of the function f, or the first of another, which f is set to.
func (p *Program) readLine(f **function, line string) error {
	line, _, _ = strings.Cut(line, "//")
	text := strings.TrimSpace(line)
	switch {
	case strings.HasPrefix(text, "TEXT ·"):
		name, rest, _ := strings.Cut(strings.TrimPrefix(text, "TEXT ·"), "(SB)")
		*f = &function{name: name, at: map[string]int{}}
		if i := strings.LastIndex(rest, "$"); i >= 0 {
			if _, err := fmt.Sscanf(rest[i:], "$%d", &(*f).frame); err != nil {
				return err
			}
		}
		p.funcs[name] = *f
		return nil
	case *f == nil || text == "" || strings.HasPrefix(line, "DATA ") || strings.HasPrefix(line, "GLOBL "):
		return nil
	case strings.HasSuffix(text, ":"):
		(*f).at[strings.TrimSuffix(text, ":")] = len((*f).code)
		return nil
	}
	for _, one := range strings.Split(text, ";") {
		s, err := p.compile(*f, strings.TrimSpace(one))
		if err != nil {
			return fmt.Errorf("%s: %s: %w", (*f).name, text, err)
		}
		(*f).code, (*f).lines = append((*f).code, s), append((*f).lines, text)
	}
	return nil
}
