package scaffold

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nngen/nngen/codegen/output"
)

// TestAnImportGoesOnWhereAKillEndedOne has folders as kills leave them: before the package is put in place, and in that
// moment, with a journal of what is to be moved. What a user wrote, in place of a file of the import or beside them, is
// of no killed import unless a journal says that the rest is of the package.
func TestAnImportGoesOnWhereAKillEndedOne(t *testing.T) {
	names, contents := []string{"net.yaml", "weights.safetensors"}, [][]byte{[]byte("version: 1\n"), []byte("w")}
	stage := output.WorkFolder + "/stage-1-1/"
	for _, c := range []struct {
		what  string
		files map[string]string
		want  bool
	}{
		{"nothing", nil, true},
		{"the spec", map[string]string{"net.yaml": "version: 1\n", output.WorkFolder + "-1-1/new-0": ""}, true},
		{"another spec", map[string]string{"net.yaml": "version: 2\n"}, false},
		{"a package", map[string]string{"net.yaml": "version: 1\n", "net.go": "package net\n"}, false},
		{"a folder", map[string]string{"net.yaml": "version: 1\n", "nettrain/fit.go": "package nettrain\n"}, false},
		{"a package half in place", map[string]string{"net.yaml": "version: 1\n", "net.go": "package net\n",
			"nettrain/fit.go": "package nettrain\n", stage + "journal": "[]", stage + ".owner": "1\n"}, true},
		{"another spec and a package half in place", map[string]string{"net.yaml": "version: 2\n", "net.go": "package net\n",
			stage + "journal": "[]", stage + ".owner": "1\n"}, false},
		{"one that was not decided", map[string]string{"net.yaml": "version: 1\n", "net.go": "package net\n",
			stage + "journal.tmp": "[]", stage + ".owner": "1\n"}, false},
		{"a package of integers half in place", map[string]string{"net.yaml": "version: 1\n",
			"netint8/" + stage + "journal": "[]", "netint8/" + stage + ".owner": "1\n"}, true},
	} {
		dir := t.TempDir()
		for name, text := range c.files {
			name = filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got := leftByKill(dir, names, contents); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}
