package onnx

import (
	"fmt"
	"slices"
	"strings"
)

// atom is an indivisible piece of an axis: an extent that the graph never splits, as far as is known yet.
type atom struct {
	size  int
	batch bool
}

// axes are the axes of an array, each made of atoms in row-major order; an axis of extent 1 may have none.
type axes [][]*atom

// extents returns the extent of each axis.
func (x axes) extents() []int {
	dims := make([]int, len(x))
	for i, atoms := range x {
		dims[i] = 1
		for _, a := range atoms {
			dims[i] *= a.size
		}
	}
	return dims
}

// atoms returns all atoms in order.
func (x axes) atoms() []*atom { return slices.Concat(x...) }

// features returns the axes without the batch and without those of extent 1 that hold nothing.
func (x axes) features() axes {
	var out axes
	for _, atoms := range x {
		atoms = slices.DeleteFunc(slices.Clone(atoms), func(a *atom) bool { return a.batch })
		if len(atoms) > 0 {
			out = append(out, atoms)
		}
	}
	return out
}

func (x axes) String() string {
	parts := make([]string, len(x))
	for i, atoms := range x {
		var s []string
		for _, a := range atoms {
			if a.batch {
				s = append(s, "n")
			} else {
				s = append(s, fmt.Sprint(a.size))
			}
		}
		if parts[i] = strings.Join(s, "·"); parts[i] == "" {
			parts[i] = "1"
		}
	}
	return strings.Join(parts, "×")
}

// replaced returns axes in which some atoms are others.
func (x axes) replaced(with map[*atom][]*atom) axes {
	out := make(axes, len(x))
	for i, atoms := range x {
		for _, a := range atoms {
			if list, ok := with[a]; ok {
				out[i] = append(out[i], list...)
			} else {
				out[i] = append(out[i], a)
			}
		}
	}
	return out
}

// without returns axes of which one has no atoms: those that a reduction or a choice took away.
func (x axes) without(axis int) axes {
	out := slices.Clone(x)
	out[axis] = nil
	return out
}

// regroup returns the atoms of x in axes of other extents, splitting atoms where an extent asks for it: what was split
// into what is in splits. The order of the elements does not change. An atom of extent 1 stays where there is an axis
// of that extent for it; it is split into nothing elsewhere.
func regroup(x axes, dims []int) (out axes, splits map[*atom][]*atom, err error) {
	fail := func() (axes, map[*atom][]*atom, error) {
		return nil, nil, fmt.Errorf("a reshape from %s to %v does not keep axes or parts of them together", x, dims)
	}
	splits = map[*atom][]*atom{}
	queue := slices.Clone(x.atoms())
	// dropUnits takes the first of the leading atoms of extent 1, down to so many as are kept, out of the queue.
	dropUnits := func(kept int) {
		units := 0
		for units < len(queue) && queue[units].size == 1 {
			units++
		}
		for i := 0; i < units && units > kept; {
			if queue[i].batch {
				i++
				continue
			}
			splits[queue[i]] = nil
			queue = slices.Delete(queue, i, i+1)
			units--
		}
	}
	for i, want := range dims {
		var axis []*atom
		have := 1
		if want == 1 {
			ones := 1
			for i+ones < len(dims) && dims[i+ones] == 1 {
				ones++
			}
			dropUnits(ones)
			if len(queue) > 0 && queue[0].size == 1 {
				axis, queue = append(axis, queue[0]), queue[1:]
			}
		}
		for have < want {
			if dropUnits(0); len(queue) == 0 {
				return fail()
			}
			a := queue[0]
			switch {
			case want%(have*a.size) == 0:
				axis, have, queue = append(axis, a), have*a.size, queue[1:]
			case !a.batch && want%have == 0 && a.size%(want/have) == 0:
				first, rest := &atom{size: want / have}, &atom{size: a.size / (want / have)}
				splits[a] = []*atom{first, rest}
				axis, have, queue[0] = append(axis, first), want, rest
			default:
				return fail()
			}
		}
		if have != want {
			return fail()
		}
		if i == len(dims)-1 { // a batch of one that no axis is left for
			dropUnits(0)
			for len(queue) > 0 && queue[0].size == 1 {
				axis, queue = append(axis, queue[0]), queue[1:]
			}
		}
		out = append(out, axis)
	}
	if dropUnits(0); len(queue) > 0 {
		return fail()
	}
	return out, flattened(splits), nil
}

// flattened follows splits of what was split already.
func flattened(splits map[*atom][]*atom) map[*atom][]*atom {
	var follow func(a *atom) []*atom
	follow = func(a *atom) []*atom {
		parts, ok := splits[a]
		if !ok {
			return []*atom{a}
		}
		var all []*atom
		for _, p := range parts {
			all = append(all, follow(p)...)
		}
		return all
	}
	out := map[*atom][]*atom{}
	for a := range splits {
		out[a] = follow(a)
	}
	return out
}

// match makes the atoms of two arrays of equal extents agree: it returns the axes of both with atoms split until those
// at the same places have the same sizes, and the splits.
func match(x, y axes) (splitX, splitY map[*atom][]*atom, err error) {
	splitX, splitY = map[*atom][]*atom{}, map[*atom][]*atom{}
	for i := range x {
		a, b := slices.Clone(x[i]), slices.Clone(y[i])
		for len(a) > 0 && len(b) > 0 {
			p, q := a[0], b[0]
			switch {
			case p.size == q.size:
				a, b = a[1:], b[1:]
			case p.size%q.size == 0 && !p.batch:
				parts := []*atom{{size: q.size}, {size: p.size / q.size}}
				splitX[p], a, b = parts, append([]*atom{parts[1]}, a[1:]...), b[1:]
			case q.size%p.size == 0 && !q.batch:
				parts := []*atom{{size: p.size}, {size: q.size / p.size}}
				splitY[q], b, a = parts, append([]*atom{parts[1]}, b[1:]...), a[1:]
			default:
				return nil, nil, fmt.Errorf("axes %s and %s are made of different parts", x, y)
			}
		}
	}
	return flattened(splitX), flattened(splitY), nil
}

// order returns for each element of the atoms of to, in row-major order, its index among those of from, which has the
// same atoms in another order.
func order(from, to []*atom) []int {
	stride := map[*atom]int{}
	step := 1
	for i := len(from) - 1; i >= 0; i-- {
		stride[from[i]] = step
		step *= from[i].size
	}
	index := make([]int, 0, step)
	at := make([]int, len(to))
	for range step {
		k := 0
		for i, a := range to {
			k += at[i] * stride[a]
		}
		index = append(index, k)
		for i := len(to) - 1; i >= 0; i-- {
			if at[i]++; at[i] < to[i].size {
				break
			}
			at[i] = 0
		}
	}
	return index
}

// sameAtoms tells whether two lists hold the same atoms, in any order.
func sameAtoms(a, b []*atom) bool {
	if len(a) != len(b) {
		return false
	}
	for _, v := range a {
		if !slices.Contains(b, v) {
			return false
		}
	}
	return true
}
