package table

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/nngen/nngen/codegen/fuzzing"
)

// FuzzPacked: no bytes of a packed file make what unpacks it panic, nor give more than a packed file may hold.
func FuzzPacked(f *testing.F) {
	for _, text := range []string{"", "a,b\n1,2\n", string(make([]byte, 1<<12))} {
		var g, s bytes.Buffer
		z, err := zstd.NewWriter(&s)
		if err != nil {
			f.Fatal(err)
		}
		for w, b := range map[io.WriteCloser]*bytes.Buffer{gzip.NewWriter(&g): &g, z: &s} {
			if _, err := io.WriteString(w, text); err != nil {
				f.Fatal(err)
			}
			if err := w.Close(); err != nil {
				f.Fatal(err)
			}
			f.Add(b.Bytes())
			f.Add(append(bytes.Clone(b.Bytes()), b.Bytes()...)) // two members
			f.Add(b.Bytes()[:b.Len()/2])
		}
	}
	name := filepath.Join(f.TempDir(), "x")
	fuzzing.Fuzz(f, func(t *testing.T, b []byte) {
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
		in, err := OpenFile(name, "x")
		if err != nil {
			return
		}
		n, err := io.Copy(io.Discard, in)
		if n > base+ratio*int64(len(b))+(1<<20) {
			t.Errorf("%q: %d bytes", b, n)
		}
		if IsPlain(in) && (err != nil || n != int64(len(b))) {
			t.Errorf("%q: %d bytes, error %v", b, n, err)
		}
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	})
}
