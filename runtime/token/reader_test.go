package token

import (
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
)

func TestReaderReadsWordsCharactersAndBytes(t *testing.T) {
	for _, c := range []struct {
		r    *Reader
		text string
		want []float32
	}{
		{NewReader("words", true, 3, "don't", "panic"), "DON'T,  panic! Ever again", []float32{1, 2, 4, 4, 0}},
		{NewReader("words", false, 2, "Größe", "a"), "'a' größe Größe, a", []float32{2, 3, 1, 2, 0}},
		{NewReader("words", true, 2, "a"), "a a a a a a a", []float32{1, 1, 1, 1, 1}},
		{NewReader("words", true, 2, "a"), " \xff—… ", []float32{0, 0, 0, 0, 0}},
		{NewReader("characters", true, 0, "a", "é"), "AéÉx", []float32{1, 2, 2, 3, 0}},
		{NewReader("bytes", false, 0), "a\x00", []float32{98, 1, 0, 0, 0}},
		{NewReader("words", true, 2), "", []float32{0, 0, 0, 0, 0}},
	} {
		x := []float32{9, 9, 9, 9, 9}
		c.r.Read(x, c.text)
		if !slices.Equal(x, c.want) {
			t.Errorf("%q: %v, want %v", c.text, x, c.want)
		}
	}
	r, x := NewReader("words", false, 2, "a", "b"), make([]float32, 100)
	text := strings.Repeat("a b c ", 50)
	if n := testing.AllocsPerRun(10, func() { r.Read(x, text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzReader(f *testing.F) {
	f.Add("don't \xff panic")
	fuzzing.Fuzz(f, func(t *testing.T, text string) {
		for _, kind := range []string{"words", "characters", "bytes"} {
			x := make([]float32, 8)
			NewReader(kind, true, 4, "a").Read(x, text)
			most := map[string]float32{"words": 5, "characters": 5, "bytes": 256}[kind]
			for _, v := range x {
				if v < 0 || v > most {
					t.Fatalf("%s %q: %v", kind, text, x)
				}
			}
		}
	})
}

// TestReaderLeavesOutWhatItDoesNotKnow reads as many words of a text as it would otherwise, and no others.
func TestReaderLeavesOutWhatItDoesNotKnow(t *testing.T) {
	x := []float32{9, 9, 9, 9}
	NewReader("words", true, 3, "a", "b").WithoutOthers().Read(x, "a new b, old a b")
	if want := []float32{1, 2, 0, 0}; !slices.Equal(x, want) {
		t.Errorf("%v, want %v", x, want)
	}
}
