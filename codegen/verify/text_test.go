package verify

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/pass"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/spec"
)

// TestGraphsSurviveTheirText dumps each graph of the examples, of the cases of all kinds, and of random networks after
// each pass, and reads it back: the graph has the same text, and the next pass makes the same of it.
func TestGraphsSurviveTheirText(t *testing.T) {
	var specs []*spec.Spec
	files, err := filepath.Glob("../../generated/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		specs = append(specs, load(t, file, src))
	}
	for i := range 60 {
		specs = append(specs, load(t, "random.yaml", []byte(randomSpec(11, i))))
	}
	graphs := 0
	for _, s := range append(specs, caseSpecs(t, nil)...) {
		var dump bytes.Buffer
		_, problems := codegen.Compile(s, os.DirFS(filepath.Dir(s.File)), codegen.Options{
			ImportPath: "example.com/m", Runtime: "example.com/nnrt", Dump: &dump, DumpPass: "all", Workers: codegen.ManyWorkers,
			PlanOnly: true,
		})
		if problems.Err() != nil {
			t.Fatal(problems.Err())
		}
		graphs += survives(t, dump.String())
	}
	if graphs < 1000 {
		t.Errorf("%d graphs, want 1000 or more", graphs)
	}
}

// survives reads back the graphs of a dump, and returns their number.
func survives(t *testing.T, dump string) (graphs int) {
	t.Helper()
	last := map[string]string{} // the text of a graph after the pass before, by name
	for _, part := range strings.Split("\n"+dump, "\n; after ")[1:] {
		name, text, _ := strings.Cut(part, "\n")
		if !strings.HasPrefix(text, "graph ") {
			continue // the plan
		}
		graphs++
		text = strings.TrimSuffix(text, "\n") + "\n"
		g, err := ir.Parse(text)
		if err != nil {
			t.Errorf("after %s: %v\n%s", name, err, text)
			return graphs
		}
		if diff := cmp.Diff(text, g.String()); diff != "" {
			t.Errorf("after %s (-printed +read):\n%s", name, diff)
		}
		head, _, _ := strings.Cut(text, "\n")
		if before := last[head]; before != "" {
			g, err := ir.Parse(before)
			if err != nil {
				t.Fatal(err)
			}
			options := pass.Options{Joins: plan.Joins}
			if len(g.Losses) > 0 { // a graph of the training package
				options = pass.Options{Workers: true}
			}
			for _, p := range pass.All() {
				if p.Name == name {
					pass.Run(g, []pass.Pass{p}, options)
				}
			}
			if diff := cmp.Diff(text, g.String()); diff != "" {
				t.Errorf("%s of %s (-of the graph +of its text):\n%s", name, head, diff)
				return graphs
			}
		}
		if last[head] = text; name == "plan-buffers" {
			delete(last, head) // the last of the passes: another graph of the name follows
		}
	}
	return graphs
}
