package emit

import (
	"strings"
	"testing"
)

// TestLongFunctionsAreCut counts the lines of the pieces of functions of growing length.
func TestLongFunctionsAreCut(t *testing.T) {
	for n := range 400 {
		var lines []string
		for range n {
			lines = append(lines, "// a layer", "f()", "g()", "")
		}
		lines = lines[:max(0, len(lines)-1)]
		bodies := pieces(paragraphs(lines))
		if 3*n <= wholeLines {
			if len(bodies) != 1 || text(bodies[0]) != strings.Join(lines, "\n") {
				t.Fatalf("%d paragraphs are cut into %d pieces, or changed", n, len(bodies))
			}
			continue
		}
		all := 0
		for i, b := range bodies {
			count := strings.Count(text(b), "()") + strings.Count(text(b), "//")
			if all += count; count > pieceLines || count < pieceLines/2 && i < len(bodies)-1 {
				t.Fatalf("%d paragraphs: a piece of %d lines", n, count)
			}
		}
		if all != 3*n {
			t.Fatalf("%d paragraphs: the pieces have %d lines, want %d", n, all, 3*n)
		}
	}
}
