package kerneltest

import (
	"encoding/binary"
	"hash"
	"math"
	"os"
	"strings"
	"testing"
)

const goldenFile = "testdata/bits.txt"

// Golden compares the lines that sums returns, checksums of results, with those in testdata/bits.txt, in each of the
// Modes: so each platform and each build that runs it computes the same bits as the one that wrote them.
// NNGEN_UPDATE=1 writes the file.
func Golden(t *testing.T, sums func() string) {
	if os.Getenv("NNGEN_UPDATE") == "1" {
		if err := os.WriteFile(goldenFile, []byte(sums()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(string(file), "\n")
	Modes(t, func(t *testing.T) {
		got := strings.Split(sums(), "\n")
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

// HashFloats adds the bits of x to h, those of all NaN alike.
func HashFloats(h hash.Hash64, x []float32) {
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

// Bits returns 64 bits that are a function of stream and index alone (Steele, Lea and Flood, Fast Splittable
// Pseudorandom Number Generators, OOPSLA 2014).
func Bits(stream uint64, i int) uint64 {
	z := stream<<32 + uint64(i+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Floats returns n numbers, most of them of both signs and a size of 2^low up to 2^(low+count), functions of stream and
// index alone, made by exact steps. With wild, every eighth is any bits.
func Floats(stream uint64, n, low, count int, wild bool) []float32 {
	x := make([]float32, n)
	for i := range x {
		z := Bits(stream, i)
		x[i] = math.Float32frombits(uint32(z))
		if !wild || i%8 != 7 {
			x[i] = math.Float32frombits(uint32(z)&0x807fffff | uint32(127+low+int(z>>32%uint64(count)))<<23)
		}
	}
	return x
}
