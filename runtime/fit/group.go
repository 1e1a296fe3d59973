package fit

import "fmt"

// A Reduce adds to sums and totals those of all other processes of a group, in place. Of size processes it is, for k = 1,
// 2, 4 … below size, in turn: exchange what there is with process rank xor k, and add what that had, element by element.
// All processes then have the same bits, those of one process that adds the chunks in a balanced tree. It does not return if
// it fails.
type Reduce func(sums []float32, totals []float64)

// Group is the place of a process among those that share a training. The zero Group is that of one alone.
type Group struct {
	Rank, Size int
	Reduce     Reduce
}

// NewGroup returns the place of process rank of size processes that share batches of some chunks, a power of two.
func NewGroup(rank, size, chunks int, reduce Reduce) (Group, error) {
	switch {
	case size < 1 || size&(size-1) != 0 || size > chunks:
		fits := "1"
		for n := 2; n <= chunks; n *= 2 {
			fits += fmt.Sprintf(", %d", n)
		}
		return Group{}, fmt.Errorf("fit: %d processes can't share batches of %d chunks: their number must be one of %s", size, chunks, fits)
	case rank < 0 || rank >= size:
		return Group{}, fmt.Errorf("fit: no process has the rank %d of %d: they count from 0", rank, size)
	case reduce == nil && size > 1:
		return Group{}, fmt.Errorf("fit: %d processes without a Reduce, which adds what they have", size)
	}
	return Group{rank, size, reduce}, nil
}

// Share returns the chunks of a batch, lo up to hi, that are the process's own.
func (g Group) Share(chunks int) (lo, hi int) {
	size := max(1, g.Size)
	return g.Rank * chunks / size, (g.Rank + 1) * chunks / size
}

// All adds to sums and totals those of all other processes.
func (g Group) All(sums []float32, totals []float64) {
	if g.Size > 1 {
		g.Reduce(sums, totals)
	}
}
