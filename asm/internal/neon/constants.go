package neon

import (
	"fmt"
	"slices"
	"strings"
)

// placeConstants returns the list with each use of a constant behind a load of it. A constant stays in its register
// until the next label, or until the registers that are taken would be more than limit: then the one goes that is read
// last. taken counts those that an instruction and those behind it need, but for constants.
func (l *lowering) placeConstants(list []instr, taken func(i int, n *instr) int, limit int) []instr {
	next := l.nextUses(list)
	var out []instr
	held := map[int]int{} // constants to registers
	for i, n := range list {
		if n.label != "" || border(n.comment) {
			clear(held)
		}
		n.regs = slices.Clone(n.regs)
		var mine []int
		for k, r := range n.regs {
			if !l.regs[r].constant {
				continue
			}
			to, ok := held[r]
			if !ok {
				to = l.vec()
				held[r] = to
				load := l.load(l.regs[r].word, to)
				load.group = n.group
				out = append(out, load)
			}
			n.regs[k] = to
			mine = append(mine, r)
		}
		if len(held) == 0 {
			out = append(out, n)
			continue
		}
		need := taken(i, &n)
		for len(held) > len(mine) && need+len(held) > limit {
			far, last := -1, -1
			for _, c := range sortedKeys(held) {
				if at := next[c].after(i); !slices.Contains(mine, c) && at > last {
					far, last = c, at
				}
			}
			if far < 0 {
				break
			}
			delete(held, far)
		}
		out = append(out, n)
	}
	return out
}

// border tells whether a comment is where a section begins or ends, the code of which a copy may lack.
func border(comment string) bool {
	return strings.HasPrefix(comment, "section ") || strings.HasPrefix(comment, "end ")
}

// uses are the places in a list where a constant is read.
type uses []int

func (u uses) after(i int) int {
	if k, _ := slices.BinarySearch(u, i+1); k < len(u) {
		return u[k]
	}
	return 1 << 30
}

func (l *lowering) nextUses(list []instr) map[int]uses {
	all := map[int]uses{}
	for i := range list {
		for _, r := range list[i].uses() {
			if l.regs[r].constant {
				all[r] = append(all[r], i)
			}
		}
	}
	return all
}

// taken counts the registers of vectors, but for constants, that an instruction and those behind it, live, need.
func (l *lowering) taken(live bitset, n *instr) (count int) {
	has := func(r int) bool { return r/64 < len(live) && live.has(r) }
	for r := range l.regs {
		if l.regs[r].vector && !l.regs[r].constant && has(r) {
			count++
		}
	}
	seen := map[int]bool{}
	for _, r := range n.regs {
		if l.regs[r].vector && !has(r) && !seen[r] && r/64 < len(live) {
			seen[r] = true
			count++
		}
	}
	return count
}

func sortedKeys(m map[int]int) []int {
	var keys []int
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// load returns the instruction that writes a constant to all lanes of a register: one with the constant in it if there
// is, else one that reads memory.
func (l *lowering) load(w uint32, to int) instr {
	n := instr{regs: []int{to}, writes: 1, pure: true}
	if w == 0 {
		n.text = "VEOR V{0}.B16, V{0}.B16, V{0}.B16"
		return n
	}
	if imm, ok := float8(w); ok {
		n.word, n.text = 0x4f00f400|spread(imm), fmt.Sprintf("FMOV V{0}.4S, #%s", floatText(w))
		return n
	}
	for k := range uint32(4) {
		if w&^(0xff<<(8*k)) == 0 {
			n.word = 0x4f000400 | k<<13 | spread(w>>(8*k))
			n.text = fmt.Sprintf("MOVI V{0}.4S, #%#x", w>>(8*k)) + shifted(8*k)
			return n
		}
		if ^w&^(0xff<<(8*k)) == 0 {
			n.word = 0x6f000400 | k<<13 | spread(^w>>(8*k))
			n.text = fmt.Sprintf("MVNI V{0}.4S, #%#x", ^w>>(8*k)) + shifted(8*k)
			return n
		}
	}
	at := slices.Index(l.pool, w)
	if at < 0 {
		at = len(l.pool)
		l.pool = append(l.pool, w)
	}
	if l.base < 0 {
		l.base = l.gp()
	}
	n.regs = append(n.regs, l.base)
	n.text = fmt.Sprintf("FMOVQ %d(R{1}), F{0}", 16*at)
	return n
}

// spread puts the 8 bits of a constant where the instructions have them: three from bit 16 on, five from bit 5 on.
func spread(imm uint32) uint32 { return imm>>5<<16 | imm&31<<5 }

// shifted is how the mnemonic of an immediate tells its shift to the left, which no disassembler shows where there is
// none.
func shifted(by uint32) string {
	if by == 0 {
		return ""
	}
	return fmt.Sprintf(", LSL #%d", by)
}

// float8 returns the 8 bits abcdefgh for a float32 of the bits a, not b, bbbbb, cdefgh and zeros.
func float8(w uint32) (uint32, bool) {
	b := w >> 29 & 1
	if w&(1<<19-1) != 0 || w>>25&31 != b*31 || w>>30&1 == b {
		return 0, false
	}
	return w>>31<<7 | b<<6 | w>>19&63, true
}
