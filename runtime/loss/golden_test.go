package loss

import (
	"encoding/binary"
	"fmt"
	"hash"
	"hash/fnv"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

const goldenFile = "testdata/bits.txt"

// TestGoldenBits compares checksums of results with those on file, so that each platform
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

// goldenSums returns a line for each loss and size: FNV-1a over the bits of the gradient, and
// the bits of the value.
func goldenSums() string {
	var out strings.Builder
	for i := range rows {
		l := &rows[i]
		for _, s := range [][]int{{3, 3}, {70, 10}, {2, 77}} {
			n := s[0] * s[1]
			y, t, w, dy := goldenFloats(1, n), goldenFloats(2, n), goldenFloats(3, s[0]), make([]float32, n)
			for j := range t {
				if t[j] = min(max(t[j], -t[j]), 1); t[j] != t[j] {
					t[j] = 1
				}
				if l.targets == "binary" && t[j] < 0.5 {
					t[j] = 0
				}
			}
			for _, weights := range [][]float32{w, nil} {
				h := fnv.New64a()
				v := l.f(s[0], s[1], y, t, weights, 0.125, dy)
				hashFloats(h, dy)
				bits := math.Float64bits(v)
				if v != v {
					bits = 0x7ff8 << 48
				}
				fmt.Fprintf(&out, "%s %v weights=%t %016x %016x\n", l.name, s, weights != nil, h.Sum64(), bits)
			}
		}
	}
	return out.String()
}

// hashFloats adds the bits of x to h, those of all NaN alike.
func hashFloats(h hash.Hash64, x []float32) {
	var word [4]byte
	for _, v := range x {
		b := math.Float32bits(v)
		if v != v {
			b = 0x7fc00000
		}
		binary.LittleEndian.PutUint32(word[:], b)
		h.Write(word[:])
	}
}

// goldenFloats returns n values, functions of stream and index alone (Steele, Lea and Flood,
// Fast Splittable Pseudorandom Number Generators, OOPSLA 2014), between 2⁻⁵ and 8 in size, of
// both signs. All steps are exact.
func goldenFloats(stream uint64, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		z := goldenBits(stream, i)
		x[i] = math.Float32frombits(uint32(z)&0x807fffff | uint32(122+z>>32%8)<<23)
	}
	return x
}

func goldenBits(stream uint64, i int) uint64 {
	z := stream<<32 + uint64(i+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
