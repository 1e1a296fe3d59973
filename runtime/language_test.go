package runtime_test

import (
	"io/fs"
	"os"
	"os/exec"
	"testing"
)

// TestTheRuntimeNeedsGo122 compiles the runtime in the language of the oldest go line of modules that may hold a copy.
func TestTheRuntimeNeedsGo122(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the runtime")
	}
	// go test sees what is read here, and so runs this again where a file of the runtime changed.
	if err := fs.WalkDir(os.DirFS("."), ".", func(_ string, _ fs.DirEntry, err error) error { return err }); err != nil {
		t.Fatal(err)
	}
	// The language is that of the source: the code may be the one that is made soonest.
	const flags = "-gcflags=github.com/nngen/nngen/runtime/...=-lang=go1.22 -N -l -dwarf=false"
	out, err := exec.Command("go", "build", flags, "./...").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
