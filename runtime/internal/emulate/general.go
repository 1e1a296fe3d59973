package emulate

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// conditions are those of jumps and conditional moves, by all names that they have.
var conditions = map[string]func(m *machine) bool{
	"Z": func(m *machine) bool { return m.zf }, "NZ": func(m *machine) bool { return !m.zf },
	"L": func(m *machine) bool { return m.sf != m.of }, "GE": func(m *machine) bool { return m.sf == m.of },
	"LE": func(m *machine) bool { return m.zf || m.sf != m.of },
	"G":  func(m *machine) bool { return !m.zf && m.sf == m.of },
	"CS": func(m *machine) bool { return m.cf }, "CC": func(m *machine) bool { return !m.cf },
	"LS": func(m *machine) bool { return m.cf || m.zf }, "HI": func(m *machine) bool { return !m.cf && !m.zf },
	"MI": func(m *machine) bool { return m.sf }, "PL": func(m *machine) bool { return !m.sf },
}

var aliases = map[string]string{
	"E": "Z", "EQ": "Z", "NE": "NZ", "LT": "L", "GT": "G", "B": "CS", "LO": "CS", "C": "CS", "AE": "CC", "HS": "CC",
	"NC": "CC", "BE": "LS", "A": "HI", "S": "MI", "NS": "PL",
}

func condition(name string) func(m *machine) bool {
	if a, ok := aliases[name]; ok {
		name = a
	}
	return conditions[name]
}

// An instruction is one as it was read.
type instruction struct {
	name     string
	suffixes []string
	ops      []operand
}

// compile reads an instruction of f.
func (p *Program) compile(f *function, text string) (step, error) {
	name, rest, _ := strings.Cut(strings.ReplaceAll(text, "\t", " "), " ")
	parts := strings.Split(name, ".")
	in := instruction{name: parts[0], suffixes: parts[1:]}
	if rest = strings.TrimSpace(rest); rest != "" {
		for _, s := range strings.Split(rest, ",") {
			o, err := p.operand(strings.TrimSpace(s))
			if err != nil {
				return nil, err
			}
			in.ops = append(in.ops, o)
		}
	}
	if s := f.branch(&in); s != nil {
		return s, nil
	}
	for _, read := range []func(*instruction) step{generalStep, maskStep, moveStep, vectorStep} {
		if s := read(&in); s != nil {
			return s, nil
		}
	}
	return nil, fmt.Errorf("no row for %s", name)
}

// branch reads what changes the order of instructions.
func (f *function) branch(in *instruction) step {
	switch in.name {
	case "RET":
		return func(m *machine) { m.done = true }
	case "INT", "UNDEF":
		return func(*machine) { panic("a trap") }
	}
	if in.name[0] != 'J' {
		return nil
	}
	to := new(int)
	f.jumps = append(f.jumps, jump{in.ops[0].text, to})
	if in.name == "JMP" {
		return func(m *machine) { m.pc = *to }
	}
	holds := condition(in.name[1:])
	if holds == nil {
		return nil
	}
	return func(m *machine) {
		if holds(m) {
			m.pc = *to
		}
	}
}

// arithmetic gives the result of an instruction with a destination and a source, and sets carry and overflow.
var arithmetic = map[string]func(m *machine, to, by uint64) uint64{
	"ADD": func(m *machine, to, by uint64) uint64 {
		x := to + by
		m.cf, m.of = x < to, int64((to^x)&(by^x)) < 0
		return x
	},
	"SUB": subtract,
	"AND": func(m *machine, to, by uint64) uint64 { m.cf, m.of = false, false; return to & by },
	"OR":  func(m *machine, to, by uint64) uint64 { m.cf, m.of = false, false; return to | by },
	"XOR": func(m *machine, to, by uint64) uint64 { m.cf, m.of = false, false; return to ^ by },
}

func subtract(m *machine, to, by uint64) uint64 {
	x := to - by
	m.cf, m.of = to < by, int64((to^by)&(to^x)) < 0
	return x
}

// shifts give the result of a shift by less than the size.
var shifts = map[string]func(x uint64, by uint64, size int) uint64{
	"SHL": func(x, by uint64, _ int) uint64 { return x << by },
	"SHR": func(x, by uint64, _ int) uint64 { return x >> by },
	"SAR": func(x, by uint64, size int) uint64 { return uint64(signed(x, size) >> by) },
}

// setZS sets the flags of a result.
func (m *machine) setZS(x uint64, size int) {
	x = truncate(x, size)
	m.zf, m.sf = x == 0, signed(x, size) < 0
}

// sizes are those that the last letter of a name stands for.
var sizes = map[byte]int{'B': 1, 'W': 2, 'L': 4, 'Q': 8}

// generalStep reads an instruction on general registers. Carry and overflow are those of 64 bits, which those of 32
// have in their upper half.
func generalStep(in *instruction) step {
	op := in.ops
	last := in.name[len(in.name)-1]
	size, root := sizes[last], in.name[:len(in.name)-1]
	wide := func(f func(m *machine, to, by uint64) uint64, m *machine, to, by uint64) uint64 {
		up := 64 - 8*size
		return f(m, to<<up, by<<up) >> up
	}
	switch {
	case in.name == "VZEROUPPER":
		return func(m *machine) {
			for i := range 16 {
				clear(m.v[i][16:])
			}
		}
	case strings.HasPrefix(in.name, "PREFETCH"), in.name == "NOP":
		return func(*machine) {}
	case in.name == "LEAQ":
		return func(m *machine) { op[1].put(m, 8, op[0].addr(m)) }
	case in.name == "MOVLQSX", in.name == "MOVWQSX", in.name == "MOVBQSX":
		from := sizes[in.name[3]]
		return func(m *machine) { op[1].put(m, 8, uint64(signed(op[0].get(m, from), from))) }
	case in.name == "MOVLQZX", in.name == "MOVWQZX", in.name == "MOVBQZX", in.name == "MOVWLZX", in.name == "MOVBLZX":
		from := sizes[in.name[3]]
		return func(m *machine) { op[1].put(m, 8, op[0].get(m, from)) }
	case strings.HasPrefix(in.name, "CMOVQ"), strings.HasPrefix(in.name, "CMOVL"):
		holds, size := condition(in.name[5:]), sizes[in.name[4]]
		if holds == nil {
			return nil
		}
		return func(m *machine) {
			x := op[0].get(m, size) // is read whether it is moved or not
			if holds(m) {
				op[1].put(m, size, x)
			}
		}
	case strings.HasPrefix(in.name, "SET") && condition(in.name[3:]) != nil:
		holds := condition(in.name[3:])
		return func(m *machine) {
			x := uint64(0)
			if holds(m) {
				x = 1
			}
			op[0].put(m, 1, x)
		}
	case size == 0:
		return nil
	case root == "MOV" && !slices.ContainsFunc(op, func(o operand) bool { return o.kind == vectorReg }):
		return func(m *machine) { op[1].put(m, size, op[0].get(m, size)) }
	case root == "CMP":
		return func(m *machine) {
			x := wide(subtract, m, op[0].get(m, size), op[1].get(m, size))
			m.setZS(x, size)
		}
	case root == "TEST":
		return func(m *machine) {
			m.cf, m.of = false, false
			m.setZS(op[0].get(m, size)&op[1].get(m, size), size)
		}
	case root == "INC", root == "DEC":
		by := uint64(1)
		f := arithmetic["ADD"]
		if root == "DEC" {
			f = subtract
		}
		return func(m *machine) {
			carry := m.cf
			x := wide(f, m, op[0].get(m, size), by)
			m.cf = carry
			m.setZS(x, size)
			op[0].put(m, size, x)
		}
	case root == "NEG":
		return func(m *machine) {
			x := wide(subtract, m, 0, op[0].get(m, size))
			m.setZS(x, size)
			op[0].put(m, size, x)
		}
	case root == "NOT":
		return func(m *machine) { op[0].put(m, size, ^op[0].get(m, size)) }
	case root == "POPCNT":
		return func(m *machine) { op[1].put(m, size, uint64(bits.OnesCount64(op[0].get(m, size)))) }
	case root == "TZCNT":
		return func(m *machine) {
			x := op[0].get(m, size)
			n := min(bits.TrailingZeros64(x), 8*size)
			m.cf, m.zf = x == 0, n == 0
			op[1].put(m, size, uint64(n))
		}
	case root == "IMUL" && len(op) == 2:
		return func(m *machine) { op[1].put(m, size, op[1].get(m, size)*op[0].get(m, size)) }
	case root == "BZHI": // BZHIQ index, source, to
		return func(m *machine) {
			x, n := op[1].get(m, size), op[0].get(m, 1)
			m.cf, m.of = n >= uint64(8*size), false
			if n < uint64(8*size) {
				x &= 1<<n - 1
			}
			m.setZS(x, size)
			op[2].put(m, size, x)
		}
	case in.name == "IMUL3Q" || in.name == "IMUL3L":
		return func(m *machine) { op[2].put(m, size, op[1].get(m, size)*op[0].get(m, size)) }
	case (root == "SHLX" || root == "SHRX" || root == "SARX") && len(op) == 3: // SHLXQ by, source, to
		f := shifts[root[:3]]
		return func(m *machine) {
			by := op[0].get(m, size) & uint64(8*size-1)
			op[2].put(m, size, f(op[1].get(m, size), by, size))
		}
	}
	if f := shifts[root]; f != nil && len(op) == 2 {
		return func(m *machine) {
			by := op[0].get(m, 1) & uint64(max(32, 8*size)-1)
			if by == 0 {
				return
			}
			x := f(op[1].get(m, size), by, size)
			m.setZS(x, size)
			op[1].put(m, size, x)
		}
	}
	f := arithmetic[root]
	if f == nil || len(op) != 2 {
		return nil
	}
	return func(m *machine) {
		by := op[0].get(m, size)
		x := wide(f, m, op[1].get(m, size), by)
		m.setZS(x, size)
		op[1].put(m, size, x)
	}
}

// maskSizes are the bytes of the masks that the last letter of a name stands for.
var maskSizes = map[byte]int{'B': 1, 'W': 2, 'D': 4, 'Q': 8}

// maskOps are those of two masks, where a is the first operand in the order of the manual.
var maskOps = map[string]func(a, b uint64) uint64{
	"KAND": func(a, b uint64) uint64 { return a & b }, "KANDN": func(a, b uint64) uint64 { return ^a & b },
	"KOR": func(a, b uint64) uint64 { return a | b }, "KXOR": func(a, b uint64) uint64 { return a ^ b },
	"KXNOR": func(a, b uint64) uint64 { return ^(a ^ b) }, "KADD": func(a, b uint64) uint64 { return a + b },
}

// maskStep reads an instruction on masks.
func maskStep(in *instruction) step {
	if in.name[0] != 'K' {
		return nil
	}
	op := in.ops
	size, root := maskSizes[in.name[len(in.name)-1]], in.name[:len(in.name)-1]
	switch f := maskOps[root]; {
	case in.name == "KUNPCKBW" || in.name == "KUNPCKWD" || in.name == "KUNPCKDQ":
		half := size / 2
		return func(m *machine) { op[2].put(m, size, op[0].get(m, half)|op[1].get(m, half)<<(8*half)) }
	case size == 0:
		return nil
	case f != nil && len(op) == 3:
		return func(m *machine) { op[2].put(m, size, f(op[1].get(m, size), op[0].get(m, size))) }
	case root == "KMOV":
		return func(m *machine) {
			x := op[0].get(m, size)
			if op[1].kind == memory {
				op[1].put(m, size, x)
			} else {
				op[1].put(m, 8, x) // the rest of a register is 0
			}
		}
	case root == "KNOT":
		return func(m *machine) { op[1].put(m, size, ^op[0].get(m, size)) }
	case root == "KSHIFTL":
		return func(m *machine) { op[2].put(m, size, op[1].get(m, size)<<op[0].value) }
	case root == "KSHIFTR":
		return func(m *machine) { op[2].put(m, size, op[1].get(m, size)>>op[0].value) }
	case root == "KORTEST":
		return func(m *machine) {
			x := op[0].get(m, size) | op[1].get(m, size)
			m.zf, m.cf, m.sf, m.of = x == 0, x == truncate(^uint64(0), size), false, false
		}
	case root == "KTEST": // the flags of a∧b and ¬a∧b
		return func(m *machine) {
			a, b := op[1].get(m, size), op[0].get(m, size)
			m.zf, m.cf, m.sf, m.of = a&b == 0, ^a&b == 0, false, false
		}
	}
	return nil
}
