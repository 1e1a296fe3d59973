package made

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/reg"
)

// compile is avo's pass.Compile with another way to find out where registers are live, and to allocate them. Avo solves
// equations for any flow of control and colours a graph whose edges it goes through again for each register: seconds
// for a network, which a program that is run now and then may take and a compiler may not.
var compile = pass.Concat(
	pass.Verify,
	pass.FunctionPass(allocate),
	pass.FunctionPass(pass.BindRegisters),
	pass.FunctionPass(pass.VerifyAllocation),
	pass.Func(pass.IncludeTextFlagHeader),
	pass.FunctionPass(pass.RequiredISAExtensions),
)

// registerOrder lists the registers of a kind in the order in which they are taken. Missing are the stack pointer, the
// frame pointer, and what Go reserves.
var registerOrder = map[reg.Kind][]reg.Physical{
	reg.KindGP: {reg.RAX, reg.RCX, reg.RDX, reg.RBX, reg.RSI, reg.RDI, reg.R8, reg.R9, reg.R10, reg.R11, reg.R12, reg.R13},
	reg.KindVector: {reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
		reg.Y16, reg.Y17, reg.Y18, reg.Y19, reg.Y20, reg.Y21, reg.Y22, reg.Y23,
		reg.Y24, reg.Y25, reg.Y26, reg.Y27, reg.Y28, reg.Y29, reg.Y30, reg.Y31},
	reg.KindOpmask: {reg.K1, reg.K2, reg.K3, reg.K4, reg.K5, reg.K6, reg.K7},
}

// narrow is how many vector registers there are but for values that fill one of AVX-512.
const narrow = 16

// An interval is where a value is live: from position 2i+1 if instruction i writes it, to 2i if it is the last to read
// it.
type interval struct {
	id         reg.ID
	begin, end int
	wide       bool // whether some instruction takes it as a register of AVX-512
}

// A loop is from its label to the jump there.
type loop struct{ begin, end int }

// allocate gives each virtual register a physical one that no other has in its interval, in the order in which they
// begin (Poletto and Sarkar, Linear Scan Register Allocation, ACM TOPLAS 21(5), 1999). Code here is a row of loops, so
// that an interval has few gaps. It is an error if there are too few registers: nothing is spilled.
func allocate(fn *ir.Function) error {
	fn.Allocation = reg.NewEmptyAllocation()
	free := map[reg.Kind][]int{} // the ends of the last intervals of the registers
	for _, v := range intervals(fn) {
		kind := v.id.Kind()
		order := registerOrder[kind]
		if kind == reg.KindVector && !v.wide {
			order = order[:narrow]
		}
		if free[kind] == nil {
			free[kind] = slices.Repeat([]int{-1}, len(registerOrder[kind]))
		}
		i := slices.IndexFunc(free[kind][:len(order)], func(end int) bool { return end < v.begin })
		if i < 0 {
			return fmt.Errorf("%s needs more than %d registers of a kind", fn.Name, len(order))
		}
		free[kind][i] = v.end
		fn.Allocation[v.id] = order[i].ID()
	}
	return nil
}

// intervals returns those of the virtual registers of a function, in the order in which they begin: from the first time
// that one is named to the last, and on to the end of each loop that it is needed in anew. Jumps lead back, none ahead.
func intervals(fn *ir.Function) []interval {
	all := map[reg.ID]interval{}
	labels, loops := map[ir.Label]int{}, []loop{}
	note := func(rs []reg.Register, at int) {
		for _, r := range rs {
			if id := r.ID(); id.IsVirtual() {
				v, known := all[id]
				if !known {
					v = interval{id: id, begin: at}
				}
				v.end = at
				v.wide = v.wide || r.Size() > register
				all[id] = v
			}
		}
	}
	i := 0
	for _, n := range fn.Nodes {
		switch n := n.(type) {
		case ir.Label:
			labels[n] = 2 * i
		case *ir.Instruction:
			note(n.InputRegisters(), 2*i)
			note(n.OutputRegisters(), 2*i+1)
			if to := n.TargetLabel(); to != nil {
				loops = append(loops, loop{labels[*to], 2*i + 1})
			}
			i++
		}
	}
	list := slices.SortedFunc(maps.Values(all), func(a, b interval) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.id, b.id))
	})
	// A value that is live where a loop begins is so to its end. Outer loops begin before inner ones; of the values
	// that began before a loop the few that are live there are kept for the next.
	slices.SortFunc(loops, func(a, b loop) int { return cmp.Compare(a.begin, b.begin) })
	var live []int
	next := 0
	for _, l := range loops {
		for ; next < len(list) && list[next].begin < l.begin; next++ {
			live = append(live, next)
		}
		live = slices.DeleteFunc(live, func(i int) bool { return list[i].end < l.begin })
		for _, i := range live {
			list[i].end = max(list[i].end, l.end)
		}
	}
	return list
}
