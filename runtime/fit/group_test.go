package fit

import (
	"slices"
	"strings"
	"testing"
)

// TestGroupsShareChunks gives each chunk to one process.
func TestGroupsShareChunks(t *testing.T) {
	add := func([]float32, []float64) {}
	for _, c := range []struct{ size, chunks int }{{1, 1}, {1, 8}, {2, 8}, {4, 4}, {8, 8}} {
		var got []int
		for rank := range c.size {
			g, err := NewGroup(rank, c.size, c.chunks, add)
			if err != nil {
				t.Fatal(err)
			}
			lo, hi := g.Share(c.chunks)
			for i := lo; i < hi; i++ {
				got = append(got, i)
			}
		}
		if len(got) != c.chunks || !slices.IsSorted(got) || got[0] != 0 || got[c.chunks-1] != c.chunks-1 {
			t.Errorf("%d processes have the chunks %v of %d", c.size, got, c.chunks)
		}
	}
	for _, c := range []struct {
		rank, size, chunks int
		reduce             Reduce
		want               string
	}{
		{0, 3, 4, add, "3 processes can't share batches of 4 chunks: their number must be one of 1, 2, 4"},
		{0, 8, 4, add, "8 processes can't share batches of 4 chunks: their number must be one of 1, 2, 4"},
		{0, 0, 1, add, "0 processes can't share batches of 1 chunks: their number must be one of 1"},
		{2, 2, 4, add, "no process has the rank 2 of 2"},
		{-1, 2, 4, add, "no process has the rank -1 of 2"},
		{0, 2, 4, nil, "2 processes without a Reduce"},
	} {
		if _, err := NewGroup(c.rank, c.size, c.chunks, c.reduce); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("rank %d of %d, %d chunks: %v, want %q", c.rank, c.size, c.chunks, err, c.want)
		}
	}
}
