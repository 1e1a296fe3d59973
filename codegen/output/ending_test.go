package output

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nngen/nngen/codegen/scratch"
)

// TestAnEndDoesNotWaitForAnotherRun ends a process that waits for the lock of a folder, which another run may hold for
// long: that of the package, or that of the runtime that packages share. Nothing stays behind.
func TestAnEndDoesNotWaitForAnotherRun(t *testing.T) {
	const folder = "NNGEN_TEST_ENDS_IN"
	if dir := os.Getenv(folder); dir != "" {
		p := trained(filepath.Join(dir, "a"), "c0", "1")
		p.Runtime = &Runtime{Dir: filepath.Join(dir, SharedFolder),
			Files: map[string][]byte{"vec/vec.go": []byte(runtimeMark + "package vec\n")}}
		held := p.Dir
		if os.Getenv("NNGEN_TEST_HOLDS") == "runtime" {
			held = p.Runtime.Dir
		}
		if _, err := acquire(held); err != nil {
			t.Fatal(err)
		}
		begun := make(chan bool)
		go func() {
			close(begun)
			p.Write()
		}()
		<-begun
		time.Sleep(50 * time.Millisecond)
		scratch.End()
		os.Exit(0)
	}
	for _, held := range []string{"runtime", "package"} {
		dir := t.TempDir()
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), folder+"="+dir, "NNGEN_TEST_HOLDS="+held)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		late := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
		if err := cmd.Wait(); err != nil {
			t.Errorf("the lock of the %s is held: the process does not end: %v", held, err)
		}
		late.Stop()
		if held == "runtime" {
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("the lock of the %s is held: %v is left", held, left)
			}
		}
	}
}

// TestFilesAreTentativeUntilTheyAreKept ends a process that wrote files tentatively: those that it did not keep are gone,
// with the folders made for them, but not what it wrote for good or found there.
func TestFilesAreTentativeUntilTheyAreKept(t *testing.T) {
	const folder = "NNGEN_TEST_TENTATIVE_IN"
	names, contents := []string{"a.yaml", "b"}, [][]byte{{1}, {2}}
	if dir := os.Getenv(folder); dir != "" {
		for _, name := range []string{"kept", "new/deep", "found", "removed"} {
			files, err := CreateTentatively(filepath.Join(dir, name), names, contents)
			if err != nil {
				t.Fatal(err)
			}
			switch name {
			case "kept":
				files.Keep()
				files.Remove()
			case "removed":
				files.Remove()
				if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
					t.Fatal("what is removed is there")
				}
			}
		}
		if _, err := CreateTentatively(filepath.Join(dir, "found", "c"), []string{"d", "../mine"}, contents); err == nil {
			t.Fatal("a file that is there is written")
		}
		scratch.End()
		os.Exit(0)
	}
	dir := t.TempDir()
	put(t, dir, "found/mine", "3")
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), folder+"="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var left []string
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		left = append(left, filepath.ToSlash(rel))
		return err
	})
	if want := []string{".", "found", "found/mine", "kept", "kept/a.yaml", "kept/b"}; !slices.Equal(left, want) {
		t.Errorf("%q are left, want %q", left, want)
	}
}

// TestWhatIsPlacedIsSaid counts what a package says of being in place: once where it is, also if it was before, and not
// at all where an error leaves everything as it was.
func TestWhatIsPlacedIsSaid(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a")
	said := 0
	write := func(version string) error {
		p := trained(dir, "c0", version)
		p.OnPlaced = func() { said++ }
		return p.Write()
	}
	for i, version := range []string{"1", "1", "2"} {
		if err := write(version); err != nil || said != i+1 {
			t.Errorf("write %d: %v, said %d times", i, err, said)
		}
	}
	if err := os.Remove(filepath.Join(dir, "a.go")); err != nil {
		t.Fatal(err)
	}
	put(t, dir, "a.go/x", "in the way")
	if err := write("3"); err == nil || said != 3 {
		t.Errorf("a folder in the way: %v, said %d times", err, said)
	}
}
