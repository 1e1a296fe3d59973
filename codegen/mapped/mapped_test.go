package mapped

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestRoomKeepsNumbersWhereverItIs(t *testing.T) {
	var x []float32
	for i := range 3 * least / 1024 {
		x = Extend(x, 1024)
		x[len(x)-1] = float32(i)
		if x[len(x)-1024] != 0 {
			t.Fatalf("room for number %d is %v, not 0", len(x)-1024, x[len(x)-1024])
		}
	}
	for i := range 3 * least / 1024 {
		if x[i*1024+1023] != float32(i) {
			t.Fatalf("number %d is %v", i*1024+1023, x[i*1024+1023])
		}
	}
	x = Extend(x[:1], 1)
	if len(x) != 2 || x[1] != 0 {
		t.Fatalf("got %v", x)
	}
	Free(x)
	Free(nil)
	Free([]float32{1})
}

func TestChangesOfAMappedFileAreNotWritten(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	content := bytes.Repeat([]byte("a"), leastFile)
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	b := File(name)
	if b == nil {
		t.Skip("the system maps no files")
	}
	b[0] = 'x'
	if got, err := os.ReadFile(name); !bytes.Equal(got, content) || err != nil {
		t.Fatalf("the file holds other bytes, error %v", err)
	}
	if File(filepath.Join(t.TempDir(), "none")) != nil {
		t.Fatal("a file that does not exist is mapped")
	}
}

// TestSmallFilesAreNotMapped: a mapping stays, and a process that reads many files would run out of them.
func TestSmallFilesAreNotMapped(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, make([]byte, leastFile-1), 0o600); err != nil {
		t.Fatal(err)
	}
	if File(name) != nil {
		t.Error("a small file is mapped")
	}
}
