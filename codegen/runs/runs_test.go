package runs

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRunsAreKeptListedAndPruned saves runs of two networks, reads them, and removes the oldest.
func TestRunsAreKeptListedAndPruned(t *testing.T) {
	base := t.TempDir()
	files := map[string][]byte{"spec.yaml": []byte("version: 1\n"),
		"history.jsonl": []byte(`{"epoch":1,"lr":0.5,"loss":null}` + "\n"), "architecture.svg": []byte("<svg/>")}
	start := time.Date(2024, 2, 3, 4, 5, 6, 0, time.UTC)
	var dirs []string
	for i, name := range []string{"a", "a", "b", "a"} {
		r := &Run{Name: name, Seed: 3, Metrics: map[string]float64{"loss": 1}, Detail: &Detail{On: "test"},
			Times: Times{Start: start.Add(time.Duration(i/2) * time.Hour), Seconds: float64(i)}}
		dir, err := r.Save(base, files)
		if err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, dir)
	}
	// The second has the time and the inputs of the first: it stands a second later.
	if a, b := filepath.Base(dirs[0]), filepath.Base(dirs[1]); a[:15] != "20240203-040506" ||
		b[:15] != "20240203-040507" || a[15:] != b[15:] {
		t.Errorf("the folders are %s and %s", a, b)
	}
	for _, name := range []string{"run.json", "detail.json", "spec.yaml", "history.jsonl", "architecture.svg"} {
		a, err1 := os.ReadFile(filepath.Join(dirs[0], name))
		b, err2 := os.ReadFile(filepath.Join(dirs[3], name))
		if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs between runs of the same inputs: %v, %v", name, err1, err2)
		}
	}
	ignore, err := os.ReadFile(filepath.Join(base, Folder, ".gitignore"))
	if err != nil || !strings.HasPrefix(string(ignore), "times.json\n") {
		t.Errorf("git is told to ignore %q, %v", ignore, err)
	}
	r, err := Open(dirs[2])
	if err != nil || r.Name != "b" || r.Times.Seconds != 2 || r.Text != "version: 1\n" || r.Drawing != "<svg/>" ||
		r.History.Len() != 1 || r.History.At(0).Get("lr") != 0.5 || !math.IsNaN(r.History.At(0).Get("loss")) {
		t.Errorf("read %+v, %v", r, err)
	}
	if list, err := List(base, "a"); err != nil || len(list) != 3 || list[0] != dirs[0] {
		t.Errorf("the runs of a are %v, %v", list, err)
	}
	if left, err := filepath.Glob(filepath.Join(base, Folder, ".new-*")); err != nil || left != nil {
		t.Errorf("%v is left, %v", left, err)
	}
	// Each training lists the runs of its network, whose histories may be long: that one cannot be read does not
	// matter.
	history := filepath.Join(dirs[0], "history.jsonl")
	if err := errors.Join(os.Remove(history), os.Mkdir(history, 0o755)); err != nil {
		t.Fatal(err)
	}
	if list, err := List(base, "a"); err != nil || len(list) != 3 {
		t.Errorf("the runs of a are %v, %v", list, err)
	}
	gone, err := Prune(base, "a", 1, "")
	if err != nil || len(gone) != 2 {
		t.Errorf("removed %v, %v", gone, err)
	}
	if list, _ := List(base, ""); len(list) != 2 {
		t.Errorf("left are %v, want one of each network", list)
	}
	os.WriteFile(filepath.Join(dirs[3], "run.json"), []byte("{"), 0o644)
	if _, err := Open(dirs[3]); err == nil {
		t.Error("a torn record is no error")
	}
	if _, err := Open(base); err == nil || !strings.Contains(err.Error(), "is no run") {
		t.Errorf("a folder that is no run: %v", err)
	}
}

// TestARunIsKeptThoughTheClockWasPutBack saves a run whose time is before those of the runs that are there.
func TestARunIsKeptThoughTheClockWasPutBack(t *testing.T) {
	base := t.TempDir()
	now := time.Date(2024, 2, 3, 4, 5, 6, 0, time.UTC)
	latest := ""
	for _, ago := range []time.Duration{time.Hour, 0, 24 * time.Hour} {
		r := &Run{Name: "a", Metrics: map[string]float64{"loss": 1}, Detail: &Detail{On: "test"},
			Times: Times{Start: now.Add(-ago)}}
		dir, err := r.Save(base, map[string][]byte{"spec.yaml": []byte("version: 1\n"), "history.jsonl": []byte("{}\n"),
			"architecture.svg": []byte("<svg/>")})
		if err != nil {
			t.Fatal(err)
		}
		latest = dir
	}
	list, err := List(base, "a")
	if err != nil || len(list) != 3 || list[0] != latest {
		t.Fatalf("the runs are %v, %v, want that of before the others first: %s", list, err, latest)
	}
	gone, err := Prune(base, "a", 2, latest)
	if err != nil || len(gone) != 1 || gone[0] != list[1] {
		t.Errorf("removed %v, %v, want %s", gone, err, list[1])
	}
	if _, err := Open(latest); err != nil {
		t.Errorf("the run that was saved last is gone: %v", err)
	}
}

// TestAFileIsNoRun says where runs are found.
func TestAFileIsNoRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "net.yaml")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file); err == nil || !strings.Contains(err.Error(), "nngen runs lists them") {
		t.Errorf("%v, want what lists runs", err)
	}
}
