package codegen

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPagesOfAddingNameWhatIsThere reads the lists of places in the docs that say how something is added: each file is
// there, and declares the table that is named behind it, and each test that is named is one of its package.
func TestPagesOfAddingNameWhatIsThere(t *testing.T) {
	place := regexp.MustCompile(`(?m)^//\t((?:asm|codegen|runtime|spec|testdata)/[\w./]+) +(\w+)`)
	named := regexp.MustCompile(`(Test\w+) of (codegen/\w+)`)
	for page, least := range map[string]int{
		"codegen/op/doc.go": 6, "codegen/ir/doc.go": 7, "asm/doc.go": 6, "codegen/plan/doc.go": 0,
	} {
		src := read(t, page)
		rows := place.FindAllStringSubmatch(src, -1)
		for _, m := range rows {
			path, table := m[1], m[2]
			if info, err := os.Stat(filepath.Join("..", path)); err != nil {
				t.Errorf("%s: %v", page, err)
				continue
			} else if info.IsDir() || !strings.HasSuffix(path, ".go") || table == "the" || table == "a" {
				continue
			}
			declared := regexp.MustCompile(`(?m)^(?:var|const) ` + table + `\b|"` + table + `"`)
			if !declared.MatchString(read(t, path)) {
				t.Errorf("%s: %s declares no %s", page, path, table)
			}
		}
		if len(rows) < least {
			t.Errorf("%s: %d places, want at least %d", page, len(rows), least)
		}
		prose := regexp.MustCompile(`\s*\n//\s*`).ReplaceAllString(src, " ")
		for _, m := range named.FindAllStringSubmatch(prose, -1) {
			tests, err := filepath.Glob(filepath.Join("..", m[2], "*_test.go"))
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, name := range tests {
				b, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				found = found || strings.Contains(string(b), "func "+m[1]+"(")
			}
			if !found {
				t.Errorf("%s: %s has no %s", page, m[2], m[1])
			}
		}
	}
}

// read returns the text of a file of the module.
func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
