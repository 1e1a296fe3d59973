package table

import (
	"strings"
	"testing"
)

// TestNamesOfColumnsAreNoFormats reads tables whose first column is called as files of other formats begin.
func TestNamesOfColumnsAreNoFormats(t *testing.T) {
	for _, name := range []string{"par1", "PAR1", "fea1", "orchid", "ORCID", "BZh_x", "Rar!", "arrow1", "ARROW1"} {
		tab, err := Read(strings.NewReader(name+",y\n1,2\n3,4\n"), "t.csv", Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if tab.Names[0] != name {
			t.Errorf("%s: the names are %q", name, tab.Names)
		}
	}
}
