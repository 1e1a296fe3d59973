package output

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"go/format"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/scratch"
)

// tensors returns a safetensors file without tensors.
func tensors(meta string) []byte {
	header := `{"__metadata__":{` + meta + `}}`
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...)
}

// embedding is what a Go file has that embeds weights.
const embedding = "\n//go:embed weights.safetensors\nvar weights []byte\n"

// trained is a package of a spec with the weights of a training; version tells trainings apart, code tells specs apart.
func trained(dir, code, version string) *Package {
	weights := tensors(fmt.Sprintf(`"spec":%q,"version":%q`, code, version))
	src := func(text string) []byte { return []byte(mark + "package a\n\n// " + code + "\n" + text) }
	return &Package{
		Dir: dir, Name: "a", Spec: filepath.Join(dir, "a.yaml"),
		Files: map[string][]byte{
			"a.go": src(""), "forward.go": src(""), "weights.go": src(embedding),
			"atrain/atrain.go":                   []byte(mark + "package atrain\n\n// " + code + "\n"),
			"testdata/golden.safetensors":        tensors(fmt.Sprintf(`"spec":%q,"weights":%q`, code, Sum(weights))),
			"atrain/testdata/golden.safetensors": tensors(fmt.Sprintf(`"spec":%q`, code)),
		},
		Trained: map[string][]byte{Weights: weights, History: []byte(version), "loss.svg": []byte(version)},
	}
}

// snapshot returns the files below dir, but for those where runs meet.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == WorkFolder {
			if err == nil {
				err = filepath.SkipDir
			}
			return err
		}
		if !d.IsDir() {
			b, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(dir, p)
			files[filepath.ToSlash(name)] = string(b)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// stopAfter makes the first moves of a package's commit, and leaves the folder as if the process had been killed then.
// It returns how many moves there are.
func stopAfter(t *testing.T, p *Package, moves int) int {
	t.Helper()
	l, err := p.plan()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(p.Dir, WorkFolder), 0o755); err != nil {
		t.Fatal(err)
	}
	folder, err := scratch.New(filepath.Join(p.Dir, WorkFolder), stagePrefix)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{dir: l.dir, folder: folder.Dir}
	if err := s.prepare(l); err != nil {
		t.Fatal(err)
	}
	if err := s.makeFolders(folder); err != nil {
		t.Fatal(err)
	}
	if err := s.decide(); err != nil {
		t.Fatal(err)
	}
	all := s.moves
	s.moves = all[:min(moves, len(all))]
	if err := s.apply(); err != nil {
		t.Fatal(err)
	}
	owner := filepath.Join(folder.Dir, ".owner") // a file that nobody holds takes its place
	if err := os.Remove(owner); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(owner, []byte("1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// TestAfterEachMoveWeightsAndWhatBelongsToThemFit stops after each move of putting a training in place. Where the code
// stays, the vectors that name the weights are there, and weights.go only beside weights of its spec; where it
// changes, no weights.go stands beside other weights. Then the next run makes the version whole.
func TestAfterEachMoveWeightsAndWhatBelongsToThemFit(t *testing.T) {
	for _, c := range []struct {
		name        string
		from        func(dir string) *Package
		code        string // of the version to come
		codeChanges bool
	}{
		{"trained again", func(dir string) *Package { return trained(dir, "c1", "1") }, "c1", false},
		{"another spec", func(dir string) *Package { return trained(dir, "c0", "1") }, "c1", true},
		{"trained for the first time", func(dir string) *Package {
			p := trained(dir, "c1", "1")
			p.Files["weights.go"] = bytes.ReplaceAll(p.Files["weights.go"], []byte(embedding), nil)
			p.Files["testdata/golden.safetensors"] = tensors(`"spec":"c1"`)
			p.Trained = nil
			return p
		}, "c1", false},
		{"a new folder", nil, "c1", true},
	} {
		for moves, total := 0, 1; moves <= total; moves++ {
			dir := filepath.Join(t.TempDir(), "a")
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if c.from != nil {
				if err := c.from(dir).Write(); err != nil {
					t.Fatal(err)
				}
			}
			before := snapshot(t, dir)
			next := trained(dir, c.code, "2")
			total = stopAfter(t, next, moves)
			now := snapshot(t, dir)
			where := fmt.Sprintf("%s, after %d of %d moves", c.name, moves, total)
			weights := metadata([]byte(now[Weights]))
			if moves == 0 && !maps.Equal(now, before) {
				t.Errorf("%s: something changed", where)
			}
			if src := now[embedFile]; embeds([]byte(src)) && !strings.Contains(src, "// "+weights["spec"]+"\n") {
				t.Errorf("%s: weights.go stands beside weights of %q", where, weights["spec"])
			}
			codes := map[string]bool{}
			for _, name := range []string{"a.go", "forward.go", "weights.go", "atrain/atrain.go"} {
				_, code, _ := strings.Cut(now[name], "// c")
				code, _, _ = strings.Cut(code, "\n")
				if code != "" {
					codes[code] = true
				} else if name != embedFile {
					codes["none"] = true
				}
			}
			if half := now[halfFile]; len(codes) > 1 && !strings.Contains(half, "run_nngen_compile_again") {
				t.Errorf("%s: Go files of several versions lie side by side, and compile", where)
			} else if half != "" && (moves == 0 || moves == total || !c.codeChanges) {
				t.Errorf("%s: %s is there", where, halfFile)
			}
			if !c.codeChanges {
				golden := metadata([]byte(now["testdata/golden.safetensors"]))
				if sum := golden["weights"]; sum != "" && sum != Sum([]byte(now[Weights])) {
					golden = metadata([]byte(now["testdata/golden.next.safetensors"]))
					if golden["weights"] != Sum([]byte(now[Weights])) {
						t.Errorf("%s: no vectors are of the weights", where)
					}
				}
			}
			if err := trained(dir, c.code, "2").Possible(); err != nil { // as the next run begins
				t.Fatalf("%s: %v", where, err)
			}
			status, err := next.Status()
			text := status.Diff
			if err != nil || text != "" {
				t.Errorf("%s: after the next run: %v\n%s", where, err, text)
			}
			after := snapshot(t, dir)
			if after["testdata/golden.next.safetensors"] != "" || c.name == "trained again" && after[Backup] != before[Weights] {
				t.Errorf("%s: vectors are left, or the last weights are not kept", where)
			}
			if _, err := os.Stat(filepath.Join(dir, WorkFolder)); err == nil {
				t.Errorf("%s: %s is left", where, WorkFolder)
			}
		}
	}
}

// TestAMoveThatFailsTakesTheOthersBack puts a folder in the way after everything was checked.
func TestAMoveThatFailsTakesTheOthersBack(t *testing.T) {
	for _, obstacle := range []string{"a.go", "atrain/atrain.go", Weights, embedFile, "loss.svg", Manifest} {
		dir := t.TempDir()
		if err := trained(dir, "c0", "1").Write(); err != nil {
			t.Fatal(err)
		}
		next := trained(dir, "c1", "2")
		l, err := next.plan()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(dir, WorkFolder), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(obstacle))); err != nil {
			t.Fatal(err)
		}
		put(t, dir, obstacle+"/x", "")
		before := snapshot(t, dir)
		if err := l.commit(func() {}); err == nil {
			t.Errorf("%s in the way: no error", obstacle)
		}
		if after := snapshot(t, dir); !maps.Equal(before, after) {
			t.Errorf("%s in the way: something changed", obstacle)
		}
	}
}

// TestAStageWithoutAJournalCountsForNothing leaves what a run leaves that is killed before it decides.
func TestAStageWithoutAJournalCountsForNothing(t *testing.T) {
	dir := t.TempDir()
	if err := trained(dir, "c0", "1").Write(); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, dir)
	stopAfter(t, trained(dir, "c1", "2"), 0)
	journals, err := filepath.Glob(filepath.Join(dir, WorkFolder, "*", journalFile))
	if err != nil || len(journals) != 1 {
		t.Fatalf("%v %v", journals, err)
	}
	put(t, filepath.Dir(journals[0]), journalFile, "[{\"from\":") // cut short
	if err := trained(dir, "c0", "1").Possible(); err != nil {
		t.Fatal(err)
	}
	if after := snapshot(t, dir); !maps.Equal(before, after) {
		t.Error("something changed")
	}
	stopAfter(t, trained(dir, "c1", "2"), 0)
	journals, _ = filepath.Glob(filepath.Join(dir, WorkFolder, "*", journalFile))
	put(t, filepath.Dir(journals[0]), journalFile, `[{"from":"x","to":"../../escaped"}]`)
	if err := trained(dir, "c0", "1").Possible(); err != nil {
		t.Fatal(err)
	}
	if after := snapshot(t, dir); !maps.Equal(before, after) {
		t.Error("a journal that leaves its folder was followed")
	}
}

// TestAHalfWrittenPackageSaysSoUntilTheNextRun removes the journal of a run that was killed, as those do who clean up.
func TestAHalfWrittenPackageSaysSoUntilTheNextRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a")
	if err := trained(dir, "c0", "1").Write(); err != nil {
		t.Fatal(err)
	}
	next := trained(dir, "c1", "2")
	stopAfter(t, next, 3)
	if err := os.RemoveAll(filepath.Join(dir, WorkFolder)); err != nil {
		t.Fatal(err)
	}
	if status, err := next.Status(); err != nil || !strings.Contains(status.Diff, halfFile) {
		t.Errorf("check says nothing of %s: %v\n%s", halfFile, err, status.Diff)
	}
	if err := next.Write(); err != nil {
		t.Fatal(err)
	}
	if src := snapshot(t, dir)[halfFile]; src != "" {
		t.Errorf("%s is left", halfFile)
	}
	src := string(halfSource("a"))
	if formatted, err := format.Source([]byte(src)); err != nil || string(formatted) != src {
		t.Errorf("it is no formatted Go: %v\n%s", err, src)
	}
}
