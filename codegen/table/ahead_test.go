package table

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestRowsReadAheadAreTheSame reads tables of several batches with fields in quotes, bad rows, comments, long rows and
// an error at the end, with reading ahead and without, and gives up one of them half-way.
func TestRowsReadAheadAreTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var text strings.Builder
	text.WriteString("a,b,c\n")
	for i := range 4000 {
		switch r.IntN(12) {
		case 0:
			fmt.Fprintf(&text, "%d,\"x, \"\"%d\"\"\",z\n", i, i)
		case 1:
			fmt.Fprintf(&text, "%d,\"over\nlines\",é\n", i)
		case 2:
			text.WriteString("1,2\n")
		case 3:
			text.WriteString("# a comment, that is long\n\n")
		case 4:
			fmt.Fprintf(&text, "%d,%s,\"\n", i, strings.Repeat("long ", r.IntN(2000)))
		default:
			fmt.Fprintf(&text, "%d,%d,%d\n", i, r.IntN(9), r.IntN(9))
		}
	}
	for _, end := range []string{"", "1,2,3", strings.Repeat("x", maxRow+1)} {
		open := func(ahead bool) *Table {
			tab, err := Read(strings.NewReader(text.String()+end), "t.csv", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if ahead {
				tab.ReadAhead()
			}
			return tab
		}
		plain, ahead, left := open(false), open(true), open(true)
		for n := 0; ; n++ {
			want, e1 := plain.Next()
			got, e2 := ahead.Next()
			if n == 1500 {
				if _, err := left.Next(); err != nil {
					t.Fatal(err)
				}
				left.Close()
				for k := 0; ; k++ { // what is left of rows that were read, then an error
					if _, err := left.Next(); err != nil {
						break
					} else if k > 4*batchRows {
						t.Fatal("a closed table has rows without end")
					}
				}
			} else if n < 1500 {
				_, _ = left.Next()
			}
			if got.Line != want.Line || !slices.Equal(got.Fields, want.Fields) ||
				fmt.Sprint(got.Err, e2) != fmt.Sprint(want.Err, e1) {
				t.Fatalf("row %d: %d %q %v %v, want %d %q %v %v", n, got.Line, got.Fields, got.Err, e2,
					want.Line, want.Fields, want.Err, e1)
			}
			if e1 != nil {
				if n < 3000 || errors.Is(e1, io.EOF) == (len(end) > maxRow) {
					t.Fatalf("%d rows, %v", n, e1)
				}
				break
			}
		}
		if _, err := ahead.Next(); err == nil {
			t.Fatal("a row behind the end")
		}
		ahead.Close()
		if ahead.Comments != plain.Comments || ahead.Comments == 0 {
			t.Errorf("%d comments, want %d", ahead.Comments, plain.Comments)
		}
	}
}
