package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// column is the width in which a path need not go through each of its points, half of the least stroke.
const column = 0.5

// Path returns the attribute d of a path through n points. Of more than four after one another in a column it goes through
// the first, the lowest, the highest and the last: the stroke covers the same, and a million points are few bytes.
func Path(n int, at func(i int) (x, y float64)) string {
	var b strings.Builder
	for from := 0; from < n; {
		to, lowest, highest := from, from, from
		x, least := at(from)
		of, most := math.Floor(x/column), least
		for ; to < n; to++ {
			x, y := at(to)
			if math.Floor(x/column) != of {
				break
			}
			if y < least {
				least, lowest = y, to
			}
			if y > most {
				most, highest = y, to
			}
		}
		kept := []int{from, min(lowest, highest), max(lowest, highest), to - 1}
		if to-from <= len(kept) {
			kept = kept[:0]
			for i := from; i < to; i++ {
				kept = append(kept, i)
			}
		}
		for _, i := range slices.Compact(kept) {
			x, y := at(i)
			fmt.Fprintf(&b, "%c%.1f %.1f", "ML"[min(i, 1)], x, y)
		}
		from = to
	}
	return b.String()
}
