package table

import (
	"strings"
	"testing"
)

// TestSecondLinesOfHeadersAreKnown reads tables of few rows behind a header of two lines, by what is known of another
// table of the kind, and tables that repeat the second line alone.
func TestSecondLinesOfHeadersAreKnown(t *testing.T) {
	merged := Options{Columns: []string{"Size max", "Size min", "Weight max", "Weight min"}, Other: true}
	units := Options{Columns: []string{"load", "size"}, Below: map[string]string{"load": "kg", "size": "mm"}, Other: true}
	for _, c := range []struct {
		text     string
		o        Options
		names    string
		rows     int
		repeated int
	}{
		{"Size,,Weight,\nmin,max,min,max\n1,2,3,4\n", merged, "Size min,Size max,Weight min,Weight max", 1, 0},
		{"size,load\nmm,kg\n1,2\n", units, "size,load", 1, 0},
		{"size,load\nkm,kg\n1,2\n", units, "size,load", 2, 0},
		{"size,load\n1,2\n", units, "size,load", 1, 0},
		{"size,load\nmm,kg\n1,2\n3,4\nmm,kg\n5,6\n", Options{}, "size,load", 3, 1},
	} {
		tab, err := Read(strings.NewReader(c.text), "t.csv", c.o)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		rows := 0
		for {
			if _, err := tab.Next(); err != nil {
				break
			}
			rows++
		}
		if got := strings.Join(tab.Names, ","); got != c.names || rows != c.rows || tab.Repeated != c.repeated {
			t.Errorf("%q: columns %s, %d rows, %d repeated; want %s, %d, %d", c.text, got, rows, tab.Repeated, c.names, c.rows,
				c.repeated)
		}
	}
}
