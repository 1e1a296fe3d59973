package data

import (
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/spec"
)

// TestBlankLinesOfOneColumnAreSaid predicts for tables of texts alone, where a blank line may be meant as an empty one.
func TestBlankLinesOfOneColumnAreSaid(t *testing.T) {
	_, network := network(t, "input: {name: x, shape: [4], tokens: {column: text, characters: aist}}\ntask: binary\n"+
		"layers: [{embedding: {output_dim: 2}}, flatten, output]\n")
	for _, c := range []struct {
		table string
		rows  int
		want  string
	}{
		{"text\ngood\n\nbad\n\"\"\n  \nx y\n", 4, `2 blank lines of FILE left out, the first in line 3: an empty field is ""`},
		{"text\ngood\n\"\"\nbad\n", 3, ""},
		{"text,of\ngood,1\n\nbad,2\n", 2, ""},
	} {
		var remarks []string
		file := write(t, "new.csv", []byte(c.table))
		set, _, err := Read(&spec.Source{Format: "csv", Path: file}, "", network,
			Options{Other: true, Unlabeled: true, Remarks: &remarks})
		if err != nil {
			t.Fatal(err)
		}
		want := strings.ReplaceAll(c.want, "FILE", file)
		if set.N != c.rows || want != "" && !slices.Contains(remarks, want) ||
			want == "" && strings.Contains(strings.Join(remarks, "\n"), "blank") {
			t.Errorf("%q: %d rows, %q; want %d, %q", c.table, set.N, remarks, c.rows, want)
		}
	}
}
