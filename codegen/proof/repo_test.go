package proof

import (
	"os"
	"path/filepath"
	"testing"
)

// TestStatementsOfTheExamplesAreRead reads each: they are in the form that is asked for.
func TestStatementsOfTheExamplesAreRead(t *testing.T) {
	files, err := filepath.Glob("../../generated/*/PROOF.json")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d statements: %v", len(files), err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
