package table

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// TestLinesAreWholeWhateverTheirLength reads lines shorter and longer than the buffer and of its length, one at a time
// and looking ahead, with an end of the last one and without.
func TestLinesAreWholeWhateverTheirLength(t *testing.T) {
	var want []string
	for _, n := range []int{0, 1, 7, peeked - 2, peeked - 1, peeked, peeked + 1, 3, 2*peeked - 1, 2 * peeked,
		5*peeked + 3, 0, 2} {
		var line strings.Builder
		for line.Len() < n {
			line.WriteByte('a' + byte((line.Len()/97+len(want))%26))
		}
		want = append(want, line.String())
	}
	for _, end := range []string{"\n", "\r\n"} {
		for _, last := range []string{"", end} {
			for ahead := range 4 {
				l := newLines(strings.NewReader(strings.Join(want, end) + last))
				for i, w := range want {
					if k := min(ahead, len(want)-1-i); k > 0 {
						if s, err := l.look(k); err != nil || s != want[i+k] {
							t.Fatalf("line %d, %d ahead: %d bytes, %v, want %d", i, k, len(s), err, len(want[i+k]))
						}
					}
					if s, err := l.next(); err != nil || s != w || l.line != i+1 {
						t.Fatalf("line %d, counted %d: %d bytes, %v, want %d", i+1, l.line, len(s), err, len(w))
					}
				}
				if s, err := l.next(); !errors.Is(err, io.EOF) || l.line != len(want) {
					t.Fatalf("behind the end: %q, %v, line %d", s, err, l.line)
				}
			}
		}
	}
}
