package output

import (
	"os"
	"os/exec"
	"path/filepath"
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
