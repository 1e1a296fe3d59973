package sweep

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
)

// FuzzOpen: no bytes of a plan make its reader panic; one that it takes has a spec and a value of each field for each
// trial, and no bytes of a result make what reads it panic.
func FuzzOpen(f *testing.F) {
	for _, o := range []Options{
		{Fields: []string{"layers.h.units=2,3"}, Seeds: 2, Metric: "loss"},
		{Folds: 2, Seeds: 1, Metric: "loss"},
		{Fields: []string{"optimizer.lr=1,2"}, Search: "halving", Trials: 2, Eta: 2, Seeds: 1, Metric: "loss"},
		{Fields: []string{"training.batch_size=8,16"}, Seeds: 1, Cases: []string{"a: layers.h.units=2"}, Metric: "loss"},
	} {
		p, err := New(projectOf(f), o)
		if err != nil {
			f.Fatal(err)
		}
		dir := f.TempDir()
		if err := p.Save(dir, p.specs[0].File); err != nil {
			f.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, planFile))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, []byte(`{"plan": "", "trial": 0, "scores": [{"loss": 1}]}`))
	}
	f.Add([]byte(`{"settings": [[1]], "seeds": [1], "fields": ["a"], "folds": -1}`), []byte("null"))
	file := projectOf(f).Spec.File
	dir := filepath.Join(filepath.Dir(file), "sweeps", "x")
	if err := os.MkdirAll(filepath.Join(dir, "trials"), 0o755); err != nil {
		f.Fatal(err)
	}
	fuzzing.Fuzz(f, func(t *testing.T, plan, result []byte) {
		if err := os.WriteFile(filepath.Join(dir, planFile), plan, 0o644); err != nil {
			t.Fatal(err)
		}
		p, _, err := Open(dir)
		if err != nil {
			return
		}
		if n := p.Len(); n < 1 || n > most || len(p.specs) != len(p.Settings) {
			t.Fatalf("%q: a plan of %d trials, with %d specs for %d settings", plan, n, len(p.specs), len(p.Settings))
		}
		if err := os.WriteFile(p.file(0, 0), result, 0o644); err != nil {
			t.Fatal(err)
		}
		p.result(0, 0)
		if table, err := p.Collect(); err == nil {
			_ = table.String()
		}
	})
}
