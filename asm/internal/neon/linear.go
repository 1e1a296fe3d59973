package neon

import (
	"cmp"
	"fmt"
	"slices"
)

// allocateLinear does what eliminate and allocate do, in a time that grows with the instructions alone: for kernels
// that are made while a network is compiled, which have thousands of them, and no jumps but back to where a loop
// begins. Each value gets a register of its own, and those of the machine are given out in the order in which the
// values begin (Poletto and Sarkar, Linear Scan Register Allocation, ACM TOPLAS 21(5), 1999).
func (l *lowering) allocateLinear() error {
	l.findLoops()
	l.dropUnread()
	l.splitValues()
	l.joinCopies()
	list, regs := l.list, len(l.regs)
	taken := l.pressure()
	for _, limit := range []int{vectors - 1, vectors - 4, vectors - 8, vectors - 16, 0} {
		l.regs, l.pool, l.base = l.regs[:regs], slices.Clone(l.shared), -1
		l.list = l.placeConstants(list, func(i int, _ *instr) int { return taken[i] }, limit)
		l.loadPool()
		l.findLoops()
		if l.scan() {
			l.dropMoves()
			return nil
		}
	}
	return ErrRegisters
}

// A loop is from its label to the jump there; inward are the registers whose values it reads before it writes them.
type loop struct {
	begin, end int
	inward     map[int]bool
}

// findLoops finds the loops of the list, outer ones before inner ones.
func (l *lowering) findLoops() {
	l.loops = nil
	at := map[string]int{}
	for i := range l.list {
		n := &l.list[i]
		if n.label != "" {
			at[n.label] = i
		}
		if n.jump == "" {
			continue
		}
		begin, ok := at[n.jump]
		if !ok {
			panic(fmt.Sprintf("BUG: a jump ahead to %s", n.jump))
		}
		x := loop{begin, i, map[int]bool{}}
		written := map[int]bool{}
		for k := begin; k <= i; k++ {
			for _, r := range l.list[k].uses() {
				if !written[r] {
					x.inward[r] = true
				}
			}
			for _, r := range l.list[k].defs() {
				written[r] = true
			}
		}
		l.loops = append(l.loops, x)
	}
	slices.SortFunc(l.loops, func(a, b loop) int { return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(b.end, a.end)) })
}

// dropUnread leaves out instructions that compute what nothing reads.
func (l *lowering) dropUnread() {
	ends := map[int][]loop{}
	for _, x := range l.loops {
		ends[x.end] = append(ends[x.end], x)
	}
	live := make([]bool, len(l.regs))
	drop := make([]bool, len(l.list))
	for i := len(l.list) - 1; i >= 0; i-- {
		n := &l.list[i]
		for _, x := range ends[i] {
			for r := range x.inward {
				live[r] = true
			}
		}
		read := slices.ContainsFunc(n.defs(), func(r int) bool { return live[r] })
		if drop[i] = n.pure && n.writes > 0 && !read; drop[i] {
			continue
		}
		for _, r := range n.defs() {
			live[r] = false
		}
		for _, r := range n.uses() {
			live[r] = true
		}
	}
	kept := l.list[:0:0]
	for i, n := range l.list {
		if !drop[i] {
			kept = append(kept, n)
		}
	}
	l.list = kept
	l.findLoops()
}

// splitValues gives each value that is written without a look at the one before a register of its own, but where a loop
// hands it on to its next round.
func (l *lowering) splitValues() {
	now := map[int]int{}
	next := 0
	var open []loop
	for i := range l.list {
		for ; next < len(l.loops) && l.loops[next].begin == i; next++ {
			open = append(open, l.loops[next])
		}
		n := &l.list[i]
		n.regs = slices.Clone(n.regs)
		for k, r := range slices.Backward(n.regs) { // what is read first
			if k < n.writes && !n.reads0 && !slices.ContainsFunc(open, func(x loop) bool { return x.inward[r] }) {
				l.regs = append(l.regs, l.regs[r])
				now[r] = len(l.regs) - 1
			}
			if to, ok := now[r]; ok {
				n.regs[k] = to
			}
		}
		open = slices.DeleteFunc(open, func(x loop) bool { return x.end == i })
	}
	l.findLoops()
}

// joinCopies puts registers in place of their copies where neither is written after the copy.
func (l *lowering) joinCopies() {
	writes, last := make([]int, len(l.regs)), make([]int, len(l.regs))
	for i := range l.list {
		for _, r := range l.list[i].defs() {
			writes[r], last[r] = writes[r]+1, i
		}
	}
	of := make([]int, len(l.regs))
	for r := range of {
		of[r] = r
	}
	kept := l.list[:0:0]
	for i, n := range l.list {
		for k, r := range n.regs {
			n.regs[k] = of[r]
		}
		if n.move && writes[n.regs[0]] == 1 && last[n.regs[1]] < i {
			of[n.regs[0]] = n.regs[1]
			continue
		}
		kept = append(kept, n)
	}
	l.list = kept
	l.findLoops()
}

// An interval is where a register holds a value: from position 2i+1 if instruction i writes it, to 2i if it is the last to
// read it.
type interval struct{ reg, begin, end int }

// intervals returns those of the registers in the order in which they begin: from the first time that one is named to
// the last, and on to the end of each loop that needs it anew.
func (l *lowering) intervals() []interval {
	at := make([]int, len(l.regs)) // 1 more than the place in the list
	var list []interval
	note := func(r, position int) {
		if at[r] == 0 {
			list = append(list, interval{r, position, position})
			at[r] = len(list)
		}
		list[at[r]-1].end = position
	}
	for i := range l.list {
		for _, r := range l.list[i].uses() {
			note(r, 2*i)
		}
		for _, r := range l.list[i].defs() {
			note(r, 2*i+1)
		}
	}
	var live []int
	next := 0
	for _, x := range l.loops {
		for ; next < len(list) && list[next].begin < 2*x.begin; next++ {
			live = append(live, next)
		}
		live = slices.DeleteFunc(live, func(i int) bool { return list[i].end < 2*x.begin })
		for _, i := range live {
			list[i].end = max(list[i].end, 2*x.end+1)
		}
	}
	return list
}

// pressure returns how many registers of vectors, but for constants, each instruction needs with those that are needed
// behind it.
func (l *lowering) pressure() []int {
	change := make([]int, len(l.list)+1)
	for _, v := range l.intervals() {
		if r := l.regs[v.reg]; r.vector && !r.constant {
			change[v.begin/2]++
			change[v.end/2+1]--
		}
	}
	for i := 1; i < len(change); i++ {
		change[i] += change[i-1]
	}
	return change[:len(l.list)]
}

// scan gives each register one of the machine, and tells whether there are enough: that of what it is a copy of, if
// nothing reads this any more, or the first that is free.
func (l *lowering) scan() bool {
	from := map[int]int{}
	for i := range l.list {
		if n := &l.list[i]; n.move {
			from[n.regs[0]] = n.regs[1]
		}
	}
	var ends [2][vectors]int // of the last intervals of the registers
	for c := range ends {
		for r := range ends[c] {
			ends[c][r] = -1
		}
	}
	l.color = make([]int, len(l.regs))
	for r := range l.color {
		l.color[r] = -1
	}
	for _, v := range l.intervals() {
		names, ends := generals, &ends[class(l.regs[v.reg])]
		if l.regs[v.reg].vector {
			names = allVectors
		}
		free := func(c int) bool { return ends[c] < v.begin }
		color := -1
		if s, ok := from[v.reg]; ok && l.color[s] >= 0 && free(l.color[s]) {
			color = l.color[s]
		} else if i := slices.IndexFunc(names, free); i >= 0 {
			color = names[i]
		} else {
			return false
		}
		ends[color], l.color[v.reg] = v.end, color
	}
	return true
}
