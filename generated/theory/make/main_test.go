package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestTablesAreThoseThatAreMade makes the tables again.
func TestTablesAreThoseThatAreMade(t *testing.T) {
	files, err := tables("../../../testdata/data/digits.csv.gz")
	if err != nil || len(files) == 0 {
		t.Fatal(len(files), err)
	}
	for name, want := range files {
		if got, err := os.ReadFile(filepath.Join("..", name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what make writes: go run ./generated/theory/make: %v", name, err)
		}
	}
}
