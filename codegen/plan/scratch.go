package plan

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/runtime/rnn"
)

// Rooms are what functions of the runtime keep on the heap from one call to the next, in bytes of each part of the memory
// that all calls of a package share: what the largest of them needs.
type Rooms map[string][]int

// Add counts the calls of a function for a number of rows; none if it is nil.
func (r Rooms) Add(f *Func, rows int) {
	if f == nil {
		return
	}
	for _, p := range f.Paragraphs {
		for _, s := range p.Steps {
			if s.Kernel == nil || s.Kernel.Scratch == nil {
				continue
			}
			pkg := s.Kernel.Calls[0].Pkg
			for i, n := range s.Kernel.Scratch(f.b, s.Node, rows) {
				if i == len(r[pkg]) {
					r[pkg] = append(r[pkg], 0)
				}
				r[pkg][i] = max(r[pkg][i], n)
			}
		}
	}
}

// Bytes returns what all packages keep.
func (r Rooms) Bytes() int64 {
	total := int64(0)
	for _, parts := range r {
		for _, n := range parts {
			total += onHeap(int64(n))
		}
	}
	return total
}

// onHeap returns the bytes of the heap that an object of some bytes has: Go gives large ones whole pages.
func onHeap(n int64) int64 {
	const large, page = 32 << 10, 8 << 10
	if n <= large {
		return n
	}
	return (n + page - 1) / page * page
}

// withScratch adds to a row what its call keeps.
func withScratch(k Kernel, of func(b *builder, n *ir.Node, rows int) []int) Kernel {
	k.Scratch = of
	return k
}

// count returns the rows that v has for so many of the function when its last axes have width elements.
func (b *builder) count(v *ir.Value, width, rows int) int {
	if n, ok := b.rows(v, width).(Count); ok {
		return int(n) * rows
	}
	return int(b.rows(v, width).(Int))
}

// cellScratch returns what a function of the cell of a node keeps.
func cellScratch(n *ir.Node, rows int, of func(rnn.Scratch) int) []int {
	c := ir.CellOf(n)
	s := rnn.Shape{T: c.X.Shape[len(c.X.Shape)-2], F: last(c.X), U: c.V.Shape[0]}
	scratch := map[string]func(int, rnn.Shape) rnn.Scratch{"LSTM": rnn.LSTMScratch, "GRU": rnn.GRUScratch,
		"GRUBefore": rnn.GRUBeforeScratch, "Simple": rnn.SimpleScratch}[cellName(n)]
	return []int{of(scratch(rows, s))}
}
