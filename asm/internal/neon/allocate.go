package neon

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
)

// generals are the general registers of kernels: the linker, the platform and Go keep the others.
var generals = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 19, 20, 21, 22, 23, 24, 25, 26}

// vectors is the number of vector registers.
const vectors = 32

// allocate gives each virtual register one of the machine. It tries to keep constants in registers, and keeps fewer of
// them if that is too many.
func (l *lowering) allocate() error {
	list, regs := l.list, len(l.regs)
	live := l.liveness()
	for _, try := range []struct {
		limit int  // of registers of vectors, for constants to stay in some
		all   bool // join whatever a move may join
	}{{vectors - 1, true}, {vectors - 4, true}, {vectors - 8, true}, {vectors - 1, false}, {vectors - 4, false},
		{vectors - 8, false}, {0, false}} {
		l.regs, l.pool, l.base = l.regs[:regs], nil, -1
		l.list = l.placeConstants(list, func(i int, n *instr) int { return l.taken(live[i], n) }, try.limit)
		l.loadPool()
		if l.paint(try.all) {
			l.dropMoves()
			return nil
		}
	}
	return ErrRegisters
}

// loadPool begins the list with the address of the constants in memory, if there are any.
func (l *lowering) loadPool() {
	if l.base >= 0 {
		l.list = slices.Insert(l.list, 0, instr{text: fmt.Sprintf("MOVD $%s<>(SB), R{0}", l.poolName()),
			regs: []int{l.base}, writes: 1, pure: true})
	}
}

// dropMoves leaves out moves of a register to itself.
func (l *lowering) dropMoves() {
	l.list = slices.DeleteFunc(l.list, func(n instr) bool { return n.move && l.color[n.regs[0]] == l.color[n.regs[1]] })
}

// A graph holds which registers may not be the same, where those that a move joins are one.
type graph struct {
	near  []bitset
	other []int // what a register was joined to, or itself
}

func (g *graph) find(r int) int {
	for g.other[r] != r {
		r = g.other[r]
	}
	return r
}

func (g *graph) connect(a, b int) {
	if a != b {
		g.near[a].add(b)
		g.near[b].add(a)
	}
}

// neighbours calls f for what a register that stands for itself may not be.
func (g *graph) neighbours(r int, f func(n int)) {
	for w, word := range g.near[r] {
		for ; word != 0; word &= word - 1 {
			f(64*w + bits.TrailingZeros64(word))
		}
	}
}

func (g *graph) degree(r int) (count int) {
	for _, w := range g.near[r] {
		count += bits.OnesCount64(w)
	}
	return count
}

// join makes two registers one: any two that may be the same, or those where what they may not be are so few that
// registers do not get scarce by it (Briggs, Cooper and Torczon, Improvements to graph coloring register allocation,
// TOPLAS 16(3), 1994).
func (g *graph) join(a, b, colors int, any bool) {
	a, b = g.find(a), g.find(b)
	if a == b || g.near[a].has(b) {
		return
	}
	all := append(bitset{}, g.near[a]...)
	all.join(g.near[b])
	if any || g.high(all, a, b, colors) < colors {
		g.merge(a, b, all)
	}
}

// high counts those of a set that would have at least as many neighbours as there are colours if a and b were one.
func (g *graph) high(all bitset, a, b, colors int) (count int) {
	for w, word := range all {
		for ; word != 0; word &= word - 1 {
			n := 64*w + bits.TrailingZeros64(word)
			d := g.degree(n)
			if g.near[n].has(a) && g.near[n].has(b) {
				d--
			}
			if d >= colors {
				count++
			}
		}
	}
	return count
}

// merge makes b stand for a, whose neighbours then are all.
func (g *graph) merge(a, b int, all bitset) {
	g.other[b] = a
	g.neighbours(b, func(n int) {
		g.near[n].remove(b)
		g.near[n].add(a)
	})
	g.near[a] = all
	g.near[b] = newBitset(len(g.near))
}

// interference returns the graph of the list.
func (l *lowering) interference() *graph {
	g := &graph{near: make([]bitset, len(l.regs)), other: make([]int, len(l.regs))}
	for r := range l.regs {
		g.near[r], g.other[r] = newBitset(len(l.regs)), r
	}
	var classes [2]bitset
	for c := range classes {
		classes[c] = newBitset(len(l.regs))
	}
	for r, x := range l.regs {
		classes[class(x)].add(r)
	}
	live := l.liveness()
	for i := range l.list {
		n := &l.list[i]
		for _, d := range n.defs() {
			same := classes[class(l.regs[d])]
			for w := range live[i] {
				for word := live[i][w] & same[w]; word != 0; word &= word - 1 {
					if r := 64*w + bits.TrailingZeros64(word); !n.move || r != n.regs[1] {
						g.connect(d, r)
					}
				}
			}
			for _, e := range n.defs() {
				if class(l.regs[d]) == class(l.regs[e]) {
					g.connect(d, e)
				}
			}
		}
	}
	return g
}

func class(r register) int {
	if r.vector {
		return 1
	}
	return 0
}

// paint colours the graph, and tells whether there are enough colours: registers with fewer neighbours than colours
// last, the others before in the hope that neighbours share some.
func (l *lowering) paint(joinAll bool) bool {
	g := l.interference()
	colors := [2]int{len(generals), vectors}
	for i := range l.list {
		if n := &l.list[i]; n.move {
			g.join(n.regs[0], n.regs[1], colors[class(l.regs[n.regs[0]])], joinAll)
		}
	}
	degree := make([]int, len(l.regs))
	var left []int
	for r := range l.regs {
		if g.find(r) == r {
			degree[r] = g.degree(r)
			left = append(left, r)
		}
	}
	gone := make([]bool, len(l.regs))
	var stack []int
	for len(left) > 0 {
		at := slices.IndexFunc(left, func(r int) bool { return degree[r] < colors[class(l.regs[r])] })
		if at < 0 {
			at = 0
			for i, r := range left {
				if degree[r] > degree[left[at]] {
					at = i
				}
			}
		}
		r := left[at]
		left = slices.Delete(left, at, at+1)
		gone[r] = true
		stack = append(stack, r)
		g.neighbours(r, func(n int) { degree[n]-- })
	}
	l.color = make([]int, len(l.regs))
	for r := range l.color {
		l.color[r] = -1
	}
	for _, r := range slices.Backward(stack) {
		var taken [vectors]bool
		g.neighbours(r, func(n int) {
			if l.color[n] >= 0 {
				taken[l.color[n]] = true
			}
		})
		names := generals
		if l.regs[r].vector {
			names = allVectors
		}
		at := slices.IndexFunc(names, func(c int) bool { return !taken[c] })
		if at < 0 {
			return false
		}
		l.color[r] = names[at]
	}
	for r := range l.color {
		l.color[r] = l.color[g.find(r)]
	}
	return true
}

var allVectors = func() (v []int) {
	for i := range vectors {
		v = append(v, i)
	}
	return v
}()

// floatText is the number of a constant as a disassembler says it.
func floatText(w uint32) string {
	return strconv.FormatFloat(float64(math.Float32frombits(w)), 'e', 18, 64)
}
