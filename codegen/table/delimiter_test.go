package table

import "testing"

// TestKnownColumnsSayWhatCutsThem reads tables whose columns a spec names: marks within texts cut nothing.
func TestKnownColumnsSayWhatCutsThem(t *testing.T) {
	texts := Options{Columns: []string{"message", "topic"}, Texts: true, Other: true, Single: true}
	numbers := Options{Columns: []string{"a", "b", "y"}, Other: true}
	for _, c := range []struct {
		name, text, first string
		o                 Options
		columns, rows     int
	}{
		{"words apart by blanks", "message\nmy card failed\nthe box broke\nall is well\n", "my card failed", texts, 1, 3},
		{"commas in each", "message\nno, thanks\nyes, please\n", "no, thanks", texts, 1, 2},
		{"commas in some", "message\nno thanks\nyes, and more, please\n", "no thanks", texts, 1, 2},
		{"quotes around some", "message\n\"no, thanks\"\n\"He\" said yes; she: no\n", "no, thanks", texts, 1, 2},
		{"texts over lines", "message\n\"no,\nthanks\"\nyes, please\n", "no,\nthanks", texts, 1, 2},
		{"an identifier before", "id,message\n1,yes; please\n2,no; thanks\n3,well; well\n", "1", texts, 2, 3},
		{"bars before commas", "id|message\n1|yes, please\n2|no, thanks\n", "1", texts, 2, 2},
		{"labels behind", "message\ttopic\nyes, please\tpay\nno, thanks\tcare\n", "yes, please", texts, 2, 2},
		{"a title above", "Export of May\n\nid;message\n1;yes, please\n2;no, thanks\n", "1", texts, 2, 2},
		{"texts without a header", "yes please\nno, I do not\nwell, so be it, then\nyes\n", "yes please",
			Options{Columns: []string{"message"}, Texts: true, Single: true, Other: true, Header: new(bool)}, 1, 4},
		{"rows without a header", "yes please,pay\nno thanks,care\nwell so be it,pay\n", "yes please",
			Options{Columns: []string{"message"}, Texts: true, Single: true, Other: true, Header: new(bool)}, 2, 3},
		{"another delimiter than the spec's", "a,b\n\"1;2\",3\n\"4;5\",6\n", "1;2",
			Options{Columns: []string{"a", "b"}, Delimiter: ";", Other: true}, 2, 2},
		{"spaces", "a b\n1 2\n3 4\n", "1", numbers, 2, 2},
		{"words apart by blanks that are one column's", "a\nso it is\nas it was\n", "so it is",
			Options{Columns: []string{"a"}, Other: true}, 1, 2},
		{"names in the rows", "a,b\nx,y\nz,w\n", "x", numbers, 2, 2},
	} {
		in, rows := all(t, c.text, "t.csv", c.o)
		if in.Columns != c.columns || len(rows) != c.rows || rows[0].Err != nil || rows[0].Fields[0] != c.first {
			t.Errorf("%s: %d columns (%s), rows %v; want %d columns, %d rows, the first %q", c.name, in.Columns, in, rows,
				c.columns, c.rows, c.first)
		}
		for _, r := range rows {
			if r.Err != nil {
				t.Errorf("%s: line %d: %v", c.name, r.Line, r.Err)
			}
		}
	}
}

// TestDecimalCommasAreNoDelimiters tells numbers with one from texts and lists.
func TestDecimalCommasAreNoDelimiters(t *testing.T) {
	for field, want := range map[string]bool{
		"0,5": true, ",5": true, "-1,5e3": true, "1,5e99": true, "1.234,50": true, "1 234,50 €": true, "58,2 %": true,
		"5,3 kg": true, "12,": false, "5, and": false, "3, 4": false, "a,5": false, "1,2,3": false, "1,2;3": false,
		"12": false,
	} {
		if got := hasDecimalComma(field); got != want {
			t.Errorf("%q: %v, want %v", field, got, want)
		}
	}
}
