package plan

import (
	"cmp"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
)

// arena lays the slots of a function of one row out in one array, so that those overlap whose values are not needed at
// the same time. The largest come first, each to the lowest place that is free (Pisarchyk and Lee, Efficient Memory
// Management for Deep Neural Net Inference, 2020, section 4.2, Greedy by Size).
func (f *Func) arena() {
	f.places = map[*ir.Slot]int{}
	f.Arena = f.lay(f.Graph.Slots)
}

// arenasByType is arena with an array for slots of float32 numbers, and one for those of int8, as Go has it without
// package unsafe.
func (f *Func) arenasByType() {
	byType := map[ir.DType][]*ir.Slot{}
	for _, s := range f.Graph.Slots {
		byType[s.DType] = append(byType[s.DType], s)
	}
	f.places = map[*ir.Slot]int{}
	f.Arena, f.ArenaInt8 = f.lay(byType[ir.Float32]), f.lay(byType[ir.Int8])
}

// lay places slots in an array, and returns its bytes.
func (f *Func) lay(slots []*ir.Slot) (size int) {
	needed := lifetimes(f.Graph)
	bySize := slices.Clone(slots)
	slices.SortStableFunc(bySize, func(a, b *ir.Slot) int { return cmp.Compare(slotBytes(b), slotBytes(a)) })
	var placed []*ir.Slot // by place
	for _, s := range bySize {
		place := 0
		for _, other := range placed {
			if place+slotBytes(s) <= f.places[other] {
				break
			}
			if meet(needed[s], needed[other]) {
				place = max(place, f.places[other]+slotBytes(other))
			}
		}
		f.places[s] = place
		size = max(size, place+slotBytes(s))
		placed = append(placed, s)
		slices.SortStableFunc(placed, func(a, b *ir.Slot) int { return cmp.Compare(f.places[a], f.places[b]) })
	}
	return size
}

// lifetime is the nodes of a graph from which on and up to which a value is needed.
type lifetime struct{ first, last int }

// lifetimes returns those of the values in each slot.
func lifetimes(g *ir.Graph) map[*ir.Slot][]lifetime {
	values := map[*ir.Value]lifetime{}
	for i, n := range g.Nodes {
		for _, v := range append(slices.Clone(n.Args), n.Results...) {
			if v.Of != nil {
				v = v.Of
			}
			l, ok := values[v]
			if !ok {
				l.first = i
			}
			l.last = i
			values[v] = l
		}
	}
	slots := map[*ir.Slot][]lifetime{}
	for _, s := range g.Slots {
		for _, v := range s.Values {
			slots[s] = append(slots[s], values[v])
		}
	}
	for _, v := range g.Results() {
		if v.Of != nil {
			v = v.Of
		}
		if v.Place == ir.InSlot { // what comes out stays to the end of the function
			slots[v.Slot] = append(slots[v.Slot], lifetime{values[v].first, len(g.Nodes)})
		}
	}
	return slots
}

// meet tells whether some of the values in two slots are needed at the same time.
func meet(a, b []lifetime) bool {
	for _, x := range a {
		for _, y := range b {
			if x.first <= y.last && y.first <= x.last {
				return true
			}
		}
	}
	return false
}

// slotBytes returns the memory of a slot for one row, in whole numbers of float32.
func slotBytes(s *ir.Slot) int { return (s.Size*s.DType.Bytes() + 3) / 4 * 4 }

// Place returns where a slot begins in the Arena, or the ArenaInt8, in bytes; it is a multiple of 4.
func (f *Func) Place(s *ir.Slot) int { return f.places[s] }
