package data

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSymbolsThatNoWordTakesAreSaid trains on texts by words and by characters: of the first the most frequent
// symbols are said, and no punctuation.
func TestSymbolsThatNoWordTakesAreSaid(t *testing.T) {
	const (
		words   = "words: 4"
		some    = "text,y\nso 😡 it is 😡,no\n\"fine, that's <it>… ~1|2 ´\",yes\n€ 5 for it 😀 👍🏽,yes\nas it was,no\n"
		one     = "text,y\nso it is,no\nas it was 😀,yes\n"
		nothing = "text,y\nso it is!,no\n„as“ it (was)?,yes\n"
	)
	for _, c := range []struct{ tokens, table, want string }{
		{words, some, "2 of 4 texts of t.csv hold symbols such as 😡 and € that no word takes: they count for nothing"},
		{words, one, "1 of 2 texts of t.csv holds symbols such as 😀 that no word takes: they count for nothing"},
		{words, nothing, ""},
		{"characters: aist", some, ""},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "t.csv"), []byte(c.table), 0o600); err != nil {
			t.Fatal(err)
		}
		s, network := network(t, "input: {name: x, shape: [4], tokens: {column: text, "+c.tokens+"}}\ntask: binary\n"+
			"classes: [\"no\", \"yes\"]\nlayers: [{embedding: {output_dim: 2}}, flatten, output]\n"+
			"data: {train: {csv: t.csv, label: y}}\n")
		sets, err := Load(s, dir, network, 1, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if c.want != "" && !slices.Contains(sets.Remarks, c.want) ||
			c.want == "" && strings.Contains(strings.Join(sets.Remarks, "\n"), "symbols") {
			t.Errorf("%s, %q: %q, want %q", c.tokens, c.table, sets.Remarks, c.want)
		}
	}
}
