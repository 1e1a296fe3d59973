package neon

import (
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An element is one of four lanes of the halves of a register.
type element struct {
	of   reg.Register
	lane int
}

// findElements finds registers with copies of one number that are read as a factor of multiply-adds alone: FMLA takes
// the number from the lane where it is, and no copies are made. That is the first lane of a number from memory, and of a
// permutation one of what is permuted, which must stay as it is until the last of the multiply-adds.
func (l *lowering) findElements() {
	const barred = -1
	made, last := map[reg.ID]int{}, map[reg.ID]int{} // nodes that write a register and that read it last
	blocks := make([]int, len(l.fn.Nodes))           // labels before a node
	block := 0
	writes := map[reg.ID][]int{}
	for k, n := range l.fn.Nodes {
		if _, ok := n.(ir.Label); ok {
			block++
		}
		blocks[k] = block
		i, ok := n.(*ir.Instruction)
		if !ok {
			continue
		}
		for _, r := range i.InputRegisters() {
			last[r.ID()] = k
			is := func(k int) bool {
				x, ok := i.Operands[k].(reg.Register)
				return ok && x.ID() == r.ID()
			}
			if i.Opcode != "VFMADD231PS" || !is(1) || is(0) || is(2) {
				made[r.ID()] = barred
			}
		}
		for _, r := range i.OutputRegisters() {
			writes[r.ID()] = append(writes[r.ID()], k)
			if _, again := made[r.ID()]; again || !l.picks(i) {
				made[r.ID()] = barred
			} else {
				made[r.ID()] = k
			}
		}
	}
	for id, k := range made {
		if k == barred || blocks[k] != blocks[last[id]] {
			continue
		}
		i := l.fn.Nodes[k].(*ir.Instruction)
		to := i.Operands[len(i.Operands)-1].(reg.Register)
		if i.Opcode == "VBROADCASTSS" {
			l.elements[id] = element{to, 0}
			continue
		}
		from := i.Operands[1].(reg.Register)
		stays := true
		for _, w := range writes[from.ID()] {
			stays = stays && (w < k || w > last[id])
		}
		if stays {
			l.elements[id] = element{from, int(value(i.Operands[0]) & 3)}
		}
	}
}

// picks tells whether an instruction copies one number of each half to all lanes: from memory, or from a register.
func (l *lowering) picks(i *ir.Instruction) bool {
	switch i.Opcode {
	case "VBROADCASTSS":
		m, ok := i.Operands[0].(operand.Mem)
		_, constant := l.word(m)
		return ok && !constant
	case "VPERMILPS":
		_, ok := i.Operands[1].(reg.Register)
		return ok && value(i.Operands[0])%0x55 == 0
	}
	return false
}
