package emit

import (
	"slices"
	"testing"
)

// TestLongFunctionsAreCut counts the lines of the pieces of functions of growing length.
func TestLongFunctionsAreCut(t *testing.T) {
	for n := range 400 {
		groups := make([]int, n)
		for i := range groups {
			groups[i] = 3 // lines
		}
		all := pieces(groups, func(lines int) int { return lines })
		if 3*n <= wholeLines {
			if len(all) != 1 || len(all[0]) != n {
				t.Fatalf("%d groups are cut into %d pieces, or changed", n, len(all))
			}
			continue
		}
		for i, p := range all {
			if lines := 3 * len(p); lines > pieceLines || lines < pieceLines/2 && i < len(all)-1 {
				t.Fatalf("%d groups: a piece of %d lines", n, lines)
			}
		}
		if len(slices.Concat(all...)) != n {
			t.Fatalf("%d groups: the pieces have %d", n, len(slices.Concat(all...)))
		}
	}
}
