package gemm

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

const goldenFile = "testdata/bits.txt"

// TestGoldenBits compares checksums of products with those on file, so that each platform
// and each build that runs it computes the same bits as the one that wrote them.
// NNGEN_UPDATE=1 writes the file.
func TestGoldenBits(t *testing.T) {
	if os.Getenv("NNGEN_UPDATE") == "1" {
		if err := os.WriteFile(goldenFile, []byte(goldenSums()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(string(file), "\n")
	kerneltest.Modes(t, func(t *testing.T) {
		got := strings.Split(goldenSums(), "\n")
		if len(got) != len(want) {
			t.Fatalf("%d lines, want %d", len(got), len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("line %d:\ngot  %s\nwant %s", i+1, got[i], want[i])
			}
		}
	})
}

// goldenSums returns a line for each form and shape: FNV-1a over the bits of C with each
// epilogue in turn.
func goldenSums() string {
	shapes := [][]int{
		{1, 1, 1, 0}, {1, 3, 16, 0}, {1, 10, 130, 1}, {1, 32, 64, 0}, {1, 100, 37, 0}, {2, 7, 0, 1}, {3, 20, 50, 2},
		{6, 16, 16, 0}, {7, 9, 11, 1}, {13, 33, 29, 0}, {25, 130, 20, 3}, {30, 10, 128, 0}, {26, 24, 400, 1},
	}
	var out strings.Builder
	for i := range forms {
		f := &forms[i]
		for _, s := range shapes {
			h := fnv.New64a()
			x := f.shape(s)
			for _, ep := range epilogues {
				a, b := goldenFloats(1, x.lenA), goldenFloats(2, x.lenB)
				c, v := goldenFloats(3, x.lenC), goldenFloats(4, max(x.n, x.lenC))
				f.got(x.m, x.n, x.k, a, x.lda, b, x.ldb, c, x.ldc, ep.make(v, x.n))
				var word [4]byte
				for _, y := range c {
					binary.LittleEndian.PutUint32(word[:], math.Float32bits(y))
					h.Write(word[:])
				}
			}
			fmt.Fprintf(&out, "%s m=%d n=%d k=%d pad=%d %016x\n", f.name, s[0], s[1], s[2], s[3], h.Sum64())
		}
	}
	return out.String()
}

// goldenFloats returns n values in [−1, 1), functions of stream and index alone (Steele,
// Lea and Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014). All steps
// are exact.
func goldenFloats(stream uint64, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		z := stream<<32 + uint64(i+1)*0x9e3779b97f4a7c15
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		x[i] = float32(int32(z>>40)-1<<23) * 0x1p-23
	}
	return x
}
