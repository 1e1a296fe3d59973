package pass

import (
	"cmp"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
)

// planBuffers gives each value a place in memory. Outputs and gradients of parameters go where the
// caller wants them; the others live in slots of the workspace, which values whose lifetimes do not
// meet share. A value may take the slot of an argument that it replaces.
var planBuffers = Pass{
	Name: "plan-buffers",
	Doc:  "places values in memory; last, since it needs to know who reads what and when",
	Run: func(g *ir.Graph, o *Options) {
		p := newPlanner(g, o)
		p.fixed()
		for i, n := range g.Nodes {
			p.node(i, n)
		}
		g.Slots = p.slots
	},
}

type planner struct {
	g     *ir.Graph
	plain bool
	last  map[*ir.Value]int // the last node that reads the storage of a value
	slots []*ir.Slot
	free  []*ir.Slot
	// phases are those of workers, nil for one; freed is the phase in which a slot became free.
	phases map[*ir.Node]int
	freed  map[*ir.Slot]int
}

func newPlanner(g *ir.Graph, o *Options) *planner {
	p := &planner{g: g, plain: o.Plain, last: map[*ir.Value]int{}, freed: map[*ir.Slot]int{}}
	if o.Workers {
		p.phases = g.Phases()
	}
	for i, n := range g.Nodes {
		for _, r := range n.Results {
			r.Place, r.Slot, r.Of, r.Grad = ir.Unplaced, nil, nil, nil
			if n.Prim.View {
				r.Of = root(n.Args[0])
			}
			p.last[root(r)] = i
		}
		for _, a := range n.Args {
			p.last[root(a)] = i
		}
	}
	if o.Joins != nil {
		p.joined(o.Joins)
	}
	for _, v := range g.Results() {
		p.last[root(v)] = len(g.Nodes)
	}
	return p
}

// joined keeps what nodes read that may be computed with their readers.
func (p *planner) joined(joins func(n, reader *ir.Node) bool) {
	users := p.g.Users()
	for i, reader := range p.g.Nodes {
		if len(reader.Args) == 0 || len(users[reader.Args[0]]) != 1 {
			continue
		}
		if n := reader.Args[0].Def; joins(n, reader) {
			for _, a := range n.Args {
				p.last[root(a)] = max(p.last[root(a)], i)
			}
		}
	}
}

// root returns the value whose storage v is in.
func root(v *ir.Value) *ir.Value {
	if v.Of != nil {
		return v.Of
	}
	return v
}

// fixed places the values whose memory is not the workspace's.
func (p *planner) fixed() {
	for _, n := range p.g.Nodes {
		for _, r := range n.Results {
			if n.Prim.Place != ir.Unplaced {
				r.Place = n.Prim.Place
			} else if n.Prim.View {
				r.Place = ir.InView
			} else if len(r.Shape) == 0 {
				r.Place = ir.InScalar
			}
		}
	}
	for _, o := range p.g.Outputs {
		if v := root(o.Value); v.Place == ir.Unplaced {
			v.Place = ir.InOutput
		}
	}
	for _, d := range p.g.Grads {
		p.gradient(d.Param, d.Value)
	}
}

// gradient places the gradient of a parameter, and with it the values that it replaces one after
// another.
func (p *planner) gradient(param *ir.Param, v *ir.Value) {
	users := p.g.Users()
	for v.Place == ir.Unplaced {
		v.Place, v.Grad = ir.InGrad, param
		n := v.Def
		if p.plain || len(n.Prim.InPlace) == 0 {
			return
		}
		arg := n.Args[n.Prim.InPlace[0]]
		if len(users[arg]) != 1 {
			return
		}
		v = arg
	}
}

// node places the results of node i and frees what is read for the last time.
func (p *planner) node(i int, n *ir.Node) {
	for _, r := range n.Results {
		if r.Place != ir.Unplaced || n.MayLack(r.Index) && p.last[r] == i {
			continue // placed, or not wanted
		}
		r.Place, r.Slot = ir.InSlot, p.inPlace(i, n, r)
		if r.Slot == nil {
			r.Slot = p.take(r)
		}
		r.Slot.Values = append(r.Slot.Values, r)
	}
	if p.plain {
		return
	}
	for _, v := range append(slices.Clone(n.Args), n.Results...) {
		v = root(v)
		if v.Place == ir.InSlot && p.last[v] == i && !slices.Contains(p.free, v.Slot) && !p.taken(i, n, v) {
			p.free = append(p.free, v.Slot)
			p.freed[v.Slot] = p.phases[n]
		}
	}
}

// taken tells whether a result of n that is read later lives in v's slot.
func (p *planner) taken(i int, n *ir.Node, v *ir.Value) bool {
	for _, r := range n.Results {
		if r != v && r.Slot == v.Slot && p.last[root(r)] > i {
			return true
		}
	}
	return false
}

// inPlace returns the slot of an argument that the first result of n may overwrite, or nil.
func (p *planner) inPlace(i int, n *ir.Node, r *ir.Value) *ir.Slot {
	if p.plain || r.Index != 0 || p.phases[n]%2 == 1 { // others of the phase may read the argument
		return nil
	}
	for _, k := range n.Prim.InPlace {
		a := root(n.Args[k])
		if a.Place == ir.InSlot && p.last[a] == i && a.Shape.Size() == r.Shape.Size() &&
			a.Shape.Batched() == r.Shape.Batched() && a.Slot.DType == r.DType() {
			return a.Slot
		}
	}
	return nil
}

// take returns a slot for v: the smallest free one that holds it, else the largest free one, grown,
// else a new one.
func (p *planner) take(v *ir.Value) *ir.Slot {
	perRow, size := v.Shape.Batched(), v.Shape.Size()
	best := -1
	for i, s := range p.free {
		if s.PerRow != perRow || s.DType != v.DType() || !p.vacant(s, v) {
			continue
		}
		if best < 0 || better(s.Size, p.free[best].Size, size) {
			best = i
		}
	}
	if best < 0 {
		s := &ir.Slot{ID: len(p.slots) + 1, PerRow: perRow, Size: size, DType: v.DType()}
		p.slots = append(p.slots, s)
		return s
	}
	s := p.free[best]
	p.free = slices.Delete(p.free, best, best+1)
	s.Size = max(s.Size, size)
	return s
}

// vacant tells whether a free slot is free for v too. Workers are at the same phase, but anywhere in it: in one that
// shares out examples a slot has the same examples for each worker as long as the values in it are of one size; in
// another nothing that is read in a phase may be replaced in it.
func (p *planner) vacant(s *ir.Slot, v *ir.Value) bool {
	at := p.phases[v.Def]
	if p.phases == nil || p.freed[s] < at {
		return true
	}
	return at%2 == 0 && s.Values[len(s.Values)-1].Shape.Size() == v.Shape.Size()
}

// better tells whether a slot of size a suits a value of size want better than one of size b.
func better(a, b, want int) bool {
	if fits := a >= want; fits != (b >= want) {
		return fits
	} else if fits {
		return cmp.Less(a, b)
	}
	return a > b
}
