package neon

import (
	"slices"
	"strings"
)

// An instr is an instruction for arm64, a label or a comment.
type instr struct {
	// text is the instruction, where {i} stands for the number of the i-th register; of a word it is what the comment
	// says.
	text string
	// encoding less the registers, if Go's assembler lacks the instruction; then the first three are Rd, Rn, Rm
	word uint32

	regs   []int // virtual registers, those that are written first
	writes int   // how many
	reads0 bool  // regs[0] is read too
	pure   bool  // may be left out if nothing reads what it writes
	move   bool  // copies regs[1] to regs[0]

	group   int // number of the instruction of AVX2 that it is for
	label   string
	comment string
	jump    string // label that it may go to
	ends    bool   // does not go on to the next
}

func (n *instr) defs() []int { return n.regs[:n.writes] }

func (n *instr) uses() []int {
	if n.reads0 {
		return n.regs
	}
	return n.regs[n.writes:]
}

// A bitset is a set of virtual registers.
type bitset []uint64

func newBitset(n int) bitset    { return make(bitset, (n+63)/64) }
func (b bitset) has(i int) bool { return b[i/64]>>(i%64)&1 != 0 }
func (b bitset) add(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bitset) remove(i int)   { b[i/64] &^= 1 << (i % 64) }
func (b bitset) join(c bitset) (more bool) {
	for i, w := range c {
		if w&^b[i] != 0 {
			b[i] |= w
			more = true
		}
	}
	return more
}

// liveness returns for each instruction the registers whose values are read behind it.
func (l *lowering) liveness() []bitset {
	at := map[string]int{}
	for i := range l.list {
		if l.list[i].label != "" {
			at[l.list[i].label] = i
		}
	}
	in := make([]bitset, len(l.list)+1)
	out := make([]bitset, len(l.list))
	for i := range in {
		in[i] = newBitset(len(l.regs))
	}
	for i := range out {
		out[i] = newBitset(len(l.regs))
	}
	for more := true; more; {
		more = false
		for i := len(l.list) - 1; i >= 0; i-- {
			n := &l.list[i]
			if !n.ends && out[i].join(in[i+1]) {
				more = true
			}
			if n.jump != "" && out[i].join(in[at[n.jump]]) {
				more = true
			}
			was := append(bitset{}, in[i]...)
			in[i].join(out[i])
			for _, d := range n.defs() {
				in[i].remove(d)
			}
			for _, u := range n.uses() {
				in[i].add(u)
			}
			for k := range was {
				if was[k] != in[i][k] {
					more = true
					break
				}
			}
		}
	}
	return out
}

// eliminate leaves out instructions that compute what nothing reads, moves of a register to itself, and the jumps and
// labels of masked loads of which nothing is left.
func (l *lowering) eliminate() {
	for {
		live := l.liveness()
		kept := l.list[:0:0]
		for i, n := range l.list {
			dead := n.pure && n.writes > 0
			for _, d := range n.defs() {
				dead = dead && !live[i].has(d)
			}
			if !dead && !(n.move && n.regs[0] == n.regs[1]) && !l.jumpsToNext(i) {
				kept = append(kept, n)
			}
		}
		kept = l.wantedLabels(kept)
		if len(kept) == len(l.list) {
			return
		}
		l.list = kept
	}
}

// jumpsToNext tells whether an instruction is a jump to where the program goes on anyhow.
func (l *lowering) jumpsToNext(i int) bool {
	to := l.list[i].jump
	for _, n := range l.list[i+1:] {
		if to == "" || n.label == "" && (n.comment == "" || border(n.comment)) {
			return false
		}
		if n.label == to {
			return true
		}
	}
	return false
}

// wantedLabels returns a list without the labels of newLabel to which nothing jumps.
func (l *lowering) wantedLabels(list []instr) []instr {
	wanted := map[string]bool{}
	for _, n := range list {
		wanted[n.jump] = true
	}
	return slices.DeleteFunc(list, func(n instr) bool {
		return strings.HasPrefix(n.label, l.fn.Name+"_lane") && !wanted[n.label]
	})
}
