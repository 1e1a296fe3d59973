package data

import (
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
