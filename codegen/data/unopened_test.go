package data

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAFileThatIsNotThereIsNamedTwice names it as the spec does, and as it was looked for.
func TestAFileThatIsNotThereIsNamedTwice(t *testing.T) {
	base := t.TempDir()
	s, network := network(t,
		"input: {name: x, shape: [1]}\ntask: regression\nlayers: [output]\n"+
			"data: {train: {csv: ../nowhere/t.csv, label: y}}\n")
	_, err := Load(s, base, network, 1, Options{})
	want := "open ../nowhere/t.csv: no such file or directory; it was looked for at " +
		filepath.Join(filepath.Dir(base), "nowhere", "t.csv")
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
}

// TestAllFilesThatAreNotThereAreNamed has a spec that names three, two of which are not there.
func TestAllFilesThatAreNotThereAreNamed(t *testing.T) {
	base := t.TempDir()
	s, network := network(t, "input: {name: x, shape: [1]}\ntask: regression\nlayers: [output]\n"+
		"data: {train: {csv: t.csv, label: y}, validation: {csv: v.csv, label: y}, test: {csv: e.csv, label: y}}\n")
	if err := os.WriteFile(filepath.Join(base, "v.csv"), []byte("x,y\n1,2\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := Load(s, base, network, 1, Options{})
	if err == nil || !strings.Contains(err.Error(), "open t.csv") || !strings.Contains(err.Error(), "open e.csv") ||
		strings.Contains(err.Error(), "v.csv") {
		t.Errorf("%v, want t.csv and e.csv", err)
	}
}
