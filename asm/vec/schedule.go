package vec

import "slices"

// latencies are the cycles after which a result may be used, of processors of today; of what isn't in the table, one.
var latencies = map[kind]int{
	kAdd: 4, kSub: 4, kMul: 4, kDiv: 12, kFMA: 4, kFNMA: 4, kFMS: 4, kSqrt: 18, kFromInt: 4,
}

// schedule puts the operations of an expression in another order, in which a core that takes them one after the other
// waits little, and no more values than a limit are in registers at a time, if that is possible. Operations that are of no
// use for outs go; outs are stored at once. It returns the new places of outs.
//
// That is list scheduling: of the operations whose arguments are there, the next is the one that has to wait least, and then
// the one with the longest way to the end. Where it would take a register too many, those that do not come first (Goodman and
// Hsu, Code scheduling and register allocation in large basic blocks, ICS 1988), and what does not need results of others
// begins only while some registers are free. How many of them is tried out.
func (e *Expr) schedule(outs []Val, limit int) []Val {
	var best *scheduler
	for free := range limit {
		s := e.newScheduler(outs, limit, free)
		s.run()
		if best == nil || max(s.most, limit) < max(best.most, limit) ||
			max(s.most, limit) == max(best.most, limit) && s.end < best.end {
			best = s
		}
	}
	return e.reorder(best.order, outs)
}

type scheduler struct {
	e           *Expr
	limit, free int
	live, most  int
	way         []int // cycles from the begin of an operation to the end of the last
	ready       []int // when a value may be used
	uses        []int // by operations that are still to be done
	done        []bool
	end         int
	order       []int
}

func (e *Expr) newScheduler(outs []Val, limit, free int) *scheduler {
	n := len(e.nodes)
	s := &scheduler{e: e, limit: limit, free: free, way: make([]int, n), ready: make([]int, n), uses: make([]int, n),
		done: make([]bool, n)}
	for i := n - 1; i >= 0; i-- {
		n := &e.nodes[i]
		used := s.uses[i] > 0 || slices.Contains(outs, Val(i))
		s.done[i] = !n.computed() || !used
		s.way[i] += latency(n)
		if !used {
			continue
		}
		for _, a := range n.args {
			s.uses[a]++
			s.way[a] = max(s.way[a], s.way[i])
		}
	}
	return s
}

// latency returns the cycles of an operation.
func latency(n *node) int { return max(1, latencies[n.kind]) }

// run sets the order: inputs and constants, then operations, each a cycle at least behind the one before.
func (s *scheduler) run() {
	for i := range s.e.nodes {
		if !s.e.nodes[i].computed() {
			s.order = append(s.order, i)
		}
	}
	for now := 0; ; now++ {
		i := s.next(now)
		if i < 0 {
			return
		}
		s.live += s.more(i)
		s.most = max(s.most, s.live)
		now = max(now, s.from(i))
		for _, a := range s.e.nodes[i].args {
			s.uses[a]--
		}
		s.done[i], s.ready[i] = true, now+latency(&s.e.nodes[i])
		s.end = max(s.end, s.ready[i])
		s.order = append(s.order, i)
	}
}

// from returns when the arguments of an operation are there.
func (s *scheduler) from(i int) (from int) {
	for _, a := range s.e.nodes[i].args {
		from = max(from, s.ready[a])
	}
	return from
}

// next returns the operation to be done at a time, −1 if all are.
func (s *scheduler) next(now int) int {
	best, key := -1, [3]int{}
	for i := range s.e.nodes {
		n := &s.e.nodes[i]
		if s.done[i] || slices.ContainsFunc(n.args, func(a Val) bool { return !s.done[a] }) {
			continue
		}
		k := [3]int{0, max(now, s.from(i)), -s.way[i]}
		begins := !slices.ContainsFunc(n.args, func(a Val) bool { return s.e.nodes[a].computed() })
		switch more := s.more(i); {
		case begins && s.live+more+s.free > s.limit:
			k[0] = 2
		case more > 0 && s.live+more > s.limit:
			k[0] = 1
		}
		if best < 0 || slices.Compare(k[:], key[:]) < 0 {
			best, key = i, k
		}
	}
	return best
}

// computed tells whether an operation gives a new value.
func (n *node) computed() bool { return n.kind > kCol }

// more is how many more values are in registers after an operation: one that nothing uses is stored.
func (s *scheduler) more(i int) int {
	more := min(1, s.uses[i])
	args := slices.Clone(s.e.nodes[i].args)
	slices.Sort(args)
	for k := 0; k < len(args); {
		count := 1
		for k+count < len(args) && args[k+count] == args[k] {
			count++
		}
		if s.e.nodes[args[k]].computed() && s.uses[args[k]] == count {
			more--
		}
		k += count
	}
	return more
}

// reorder makes the operations those of an order, which has all that they use before, and returns the new places of some.
func (e *Expr) reorder(order []int, vs []Val) []Val {
	old, moved := e.nodes, make([]Val, len(e.nodes))
	e.nodes = nil
	for at, i := range order {
		moved[i] = Val(at)
		n := old[i]
		n.args = slices.Clone(n.args)
		for k, a := range n.args {
			n.args[k] = moved[a]
		}
		e.nodes = append(e.nodes, n)
	}
	for _, list := range [][]Val{e.inputs, e.scalars, e.cols} {
		for k, v := range list {
			list[k] = moved[v]
		}
	}
	for b, v := range e.consts {
		e.consts[b] = moved[v]
	}
	var now []Val
	for _, v := range vs {
		now = append(now, moved[v])
	}
	return now
}
