package scaffold

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAFolderBesideIsWrittenTo writes a network to a folder that is not below the one at hand, with tables that are.
func TestAFolderBesideIsWrittenTo(t *testing.T) {
	dir := t.TempDir()
	at := filepath.Join(dir, "at")
	if err := os.MkdirAll(filepath.Join(at, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"t.csv", "sub/test.csv"} {
		text := "a,b,y\n" + strings.Repeat("1.5,2,3.25\n4,6.5,7\n2,1,8.5\n", 12)
		if err := os.WriteFile(filepath.Join(at, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(at)
	files, err := Write(Options{Folder: "../m", Data: "t.csv", Test: "sub/test.csv"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`csv: "../at/t.csv"`, `csv: "../at/sub/test.csv"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

// TestNetworksHaveNamesThatYAMLTakesForOthers writes specs of networks whose names are numbers or null to YAML.
func TestNetworksHaveNamesThatYAMLTakesForOthers(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"inf", "nan", "infinity", "null"} {
		if _, err := Write(Options{Folder: name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := Write(Options{Folder: "true"})
	if err == nil || !strings.Contains(err.Error(), `"true" is predeclared in Go`) {
		t.Errorf("true: %v", err)
	}
}
