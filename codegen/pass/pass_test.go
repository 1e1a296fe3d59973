package pass

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/nngen/nngen/codegen/ir"
)

// TestGoldens runs each testdata/pass/<pass>_<case>.txtar: the graph `before`, the pass, the graph
// `want`. NNGEN_UPDATE=1 writes what the pass gives.
func TestGoldens(t *testing.T) {
	files, err := filepath.Glob("../../testdata/pass/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		name, _, _ := strings.Cut(filepath.Base(file), "_")
		if name == "pick" {
			continue // no pass over a graph: the tests of package plan read it
		}
		seen[name] = true
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			g, err := ir.Parse(string(a.Files[0].Data))
			if err != nil {
				t.Fatal(err)
			}
			Run(g, []Pass{byName(t, name)}, Options{Workers: name == "phases" || strings.HasSuffix(file, "_workers.txtar")})
			got := "\n" + g.String()
			if os.Getenv("NNGEN_UPDATE") != "" {
				a.Files = append(a.Files[:1], txtar.File{Name: "want", Data: []byte(strings.TrimPrefix(got, "\n"))})
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(a.Files) < 2 {
				t.Fatal("no section want; run with NNGEN_UPDATE=1 and read what it writes")
			}
			if diff := cmp.Diff("\n"+string(a.Files[1].Data), got); diff != "" {
				t.Errorf("after %s (-want +got):\n%s", name, diff)
			}
			again, err := ir.Parse(g.String())
			if err != nil {
				t.Fatalf("the result does not parse back: %v", err)
			}
			if diff := cmp.Diff(g.String(), again.String()); diff != "" {
				t.Errorf("the text form does not survive parsing (-printed +parsed):\n%s", diff)
			}
		})
	}
	for _, p := range All() {
		if !seen[p.Name] {
			t.Errorf("pass %s has no testdata/pass/%s_<case>.txtar", p.Name, p.Name)
		}
	}
}

func byName(t *testing.T, name string) Pass {
	t.Helper()
	for _, p := range All() {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no pass %s", name)
	return Pass{}
}
