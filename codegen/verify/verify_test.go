package verify

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// load reads a spec; it ends the test if there is an error.
func load(t *testing.T, file string, src []byte) *spec.Spec {
	t.Helper()
	s, problems := spec.Parse(file, src, op.Schema())
	if problems.Err() != nil {
		var b strings.Builder
		if err := problems.Format(&b, src, 0); err != nil {
			t.Fatal(err)
		}
		t.Fatalf("%s\n%s", b.String(), src)
	}
	return s
}

// check verifies subjects in one build and reports every tensor beyond its bound. NNGEN_VERIFY_FLAGS has flags for the
// build, such as -race.
func check(t *testing.T, subjects []*Subject, o Options) []*Report {
	t.Helper()
	o.flags = strings.Fields(os.Getenv("NNGEN_VERIFY_FLAGS"))
	reports, err := Run(t.Context(), subjects, o)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range reports {
		for _, n := range fitWorkers {
			if o.fits && r.tensor(Fits, fmt.Sprintf("%d workers", n)).Elements == 0 {
				t.Errorf("%s is not trained by %d workers", r.Name, n)
			}
		}
		for _, x := range r.Tensors {
			if x.Failure != "" {
				t.Errorf("%s: %s %s: %s", r.Name, x.Kind, x.Name, x.Failure)
			}
		}
		if !r.OK() {
			t.Logf("spec of %s:\n%s", r.Name, subjects[i].Spec.Source)
		}
	}
	return reports
}

func TestExampleModelsAgreeWithTheReference(t *testing.T) {
	files, err := filepath.Glob("../../generated/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no models: %v", err)
	}
	var subjects []*Subject
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		subjects = append(subjects, &Subject{Spec: load(t, file, src), Files: os.DirFS(filepath.Dir(file))})
	}
	for _, r := range check(t, subjects, Options{Seed: 1, Steps: 3}) {
		for _, x := range r.Tensors {
			t.Log(r.Name, fmt.Sprintf("%-10s %-24s %8d  ulp %8.2f  rel %9.2g  bound %9.2g  worst %.3f", x.Kind, x.Name,
				x.Elements, x.MaxULP, x.MaxRel, x.MaxBound, x.Worst))
		}
	}
}
