//go:build arm64 && !purego

package cpu

import (
	"encoding/binary"
	"os"
	"strings"
	"testing"
)

// TestDotProductsAreThoseOfLinux reads auxiliary vectors, and compares the answer with the features that Linux lists.
func TestDotProductsAreThoseOfLinux(t *testing.T) {
	vector := func(words ...uint64) (b []byte) {
		for _, w := range words {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
		return b
	}
	for _, c := range []struct {
		auxv []byte
		want bool
	}{
		{nil, false}, {vector(0, 0), false}, {vector(6, 4096, 16, 1<<20|1, 0, 0), true}, {vector(6, 1<<20, 16, 1<<19, 0, 0), false},
		{vector(26, 1<<20, 0, 0), false}, {vector(6, 4096, 16, 1<<20)[:30], false},
	} {
		if got := dotProducts(c.auxv); got != c.want {
			t.Errorf("%x: dot products %t, want %t", c.auxv, got, c.want)
		}
	}
	b, err := os.ReadFile("/proc/cpuinfo")
	_, features, found := strings.Cut(string(b), "Features")
	if err != nil || !found {
		t.Skip("no features in /proc/cpuinfo to compare with")
	}
	line, _, _ := strings.Cut(features, "\n")
	if want := strings.Contains(line+" ", " asimddp "); detectDotProducts() != want {
		t.Errorf("detectDotProducts() = %t, but Linux lists %q", !want, line)
	}
}
