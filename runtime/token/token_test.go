package token

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/runtime/rng"
)

func TestTextComesBackFromItsTokens(t *testing.T) {
	for _, c := range []struct {
		name   string
		v      *Vocabulary
		size   int
		text   string
		tokens []float32
	}{
		{"characters", Characters("abcö"), 5, "böa", []float32{2, 4, 1}},
		{"bytes", Bytes(), 257, "a\x00\xff", []float32{98, 1, 256}},
		{"words", Words("the", "cat", "sat"), 4, "the cat sat the", []float32{1, 2, 3, 1}},
		{"nothing", Characters("a"), 2, "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.v.Tokens(c.text)
			if err != nil || !slices.Equal(got, c.tokens) || c.v.Size() != c.size {
				t.Errorf("%q: tokens %v of %d, %v, want %v of %d", c.text, got, c.v.Size(), err, c.tokens, c.size)
			}
			if text := c.v.Text(append([]float32{Boundary}, got...)); text != c.text {
				t.Errorf("%v: %q, want %q", got, text, c.text)
			}
		})
	}
	if got, err := Words("a", "b").Tokens(" a \t b\n"); err != nil || !slices.Equal(got, []float32{1, 2}) {
		t.Errorf("white space: %v, %v", got, err)
	}
}

func TestTextOutsideTheVocabularyIsAnError(t *testing.T) {
	for text, v := range map[string]*Vocabulary{"abX": Characters("abc"), "a\xff": Characters("a"), "the dog": Words("the")} {
		if _, err := v.Tokens(text); err == nil || !strings.Contains(err.Error(), "is not in the vocabulary") {
			t.Errorf("%q: %v", text, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a token outside the vocabulary has a text")
		}
	}()
	Characters("a").Text([]float32{2})
}

func TestNetworksReadTextsWholeOrTheirEnds(t *testing.T) {
	x := []float32{9, 9, 9, 9}
	if err := Whole(x, []float32{1, 2}); err != nil || !slices.Equal(x, []float32{0, 1, 2, 0}) {
		t.Errorf("whole: %v, %v", x, err)
	}
	if err := Whole(x, []float32{1, 2, 3, 4}); err == nil {
		t.Error("4 tokens and the boundary fit 4 steps")
	}
	for _, c := range []struct{ tokens, want []float32 }{
		{nil, []float32{0, 0, 0, 0}},
		{[]float32{1, 2}, []float32{0, 0, 1, 2}},
		{[]float32{1, 2, 3, 4, 5}, []float32{2, 3, 4, 5}},
	} {
		if Last(x, c.tokens); !slices.Equal(x, c.want) {
			t.Errorf("last of %v: %v, want %v", c.tokens, x, c.want)
		}
	}
}

func TestDrawsFollowTheProbabilities(t *testing.T) {
	p, room := []float32{0.1, 0, 0.6, 0.3}, make([]float32, 4)
	for temperature, want := range map[float64][]float64{1: {0.1, 0, 0.6, 0.3}, 0.5: {1. / 46, 0, 36. / 46, 9. / 46}, 0: {0, 0, 1, 0}} {
		const draws = 20000
		var count [4]float64
		for i := range draws {
			count[Draw(room, p, temperature, rng.Float64(1, SampleStream, 0, i))]++
		}
		for i, c := range count {
			if d := c/draws - want[i]; d > 0.01 || d < -0.01 || want[i] == 0 && c > 0 {
				t.Errorf("temperature %v: place %d has the share %v, want %v", temperature, i, c/draws, want[i])
			}
		}
	}
	for temperature := 1e-6; ; temperature /= 1e6 { // the most probable one, however cold
		if got := Draw(room, p, temperature, 0.05); got != 2 {
			t.Errorf("temperature %v: place %d, want 2", temperature, got)
		}
		if temperature == 0 {
			break
		}
	}
	if got := Draw(room, p, 1, 1-1e-16); got != 3 {
		t.Errorf("the last number of [0, 1) falls on %d, want 3", got)
	}
}

// TestTemperaturesAreFromZeroOn asks for texts at temperatures that are none.
func TestTemperaturesAreFromZeroOn(t *testing.T) {
	v := Characters("abc")
	for _, temperature := range []float64{-1, math.Inf(1), math.NaN()} {
		o := Sampling{Most: 3, Temperature: temperature}
		_, err := v.Sample(o, make([]float32, 2), make([]float32, 8), true, func(x, y []float32) {})
		_, blocks := v.SampleBlocks(o, 2, func(x, y []float32) {})
		for _, err := range []error{err, blocks} {
			if err == nil || !strings.Contains(err.Error(), "want one from 0 on") {
				t.Errorf("temperature %v: error %v", temperature, err)
			}
		}
	}
}

// TestSamplesEndAtABoundary draws from a network that says with certainty: one more token than the last, and after
// token 3 the end.
func TestSamplesEndAtABoundary(t *testing.T) {
	v := Characters("abc")
	after := func(last float32, y []float32) {
		clear(y)
		y[(int(last)+1)%4] = 1
	}
	whole := func(x, y []float32) {
		for i, last := range x {
			after(last, y[4*i:][:4])
		}
	}
	end := func(x, y []float32) { after(x[len(x)-1], y) }
	for _, c := range []struct {
		o     Sampling
		steps int
		want  string
	}{
		{Sampling{Most: 9, Temperature: 1}, 6, "abc"},
		{Sampling{Most: 9, Temperature: 1, Start: "b"}, 6, "bc"},
		{Sampling{Most: 2, Temperature: 1}, 6, "ab"},
		{Sampling{Most: 9, Temperature: 1}, 2, "ab"}, // no step is left
		{Sampling{Temperature: 1, Start: "ab"}, 6, "ab"},
	} {
		got, err := v.Sample(c.o, make([]float32, c.steps), make([]float32, 4*c.steps), true, whole)
		if err != nil || got != c.want {
			t.Errorf("%+v in %d steps: %q, %v, want %q", c.o, c.steps, got, err, c.want)
		}
		taken, calls := 0, 0
		got, err = v.SampleBlocks(c.o, c.steps, func(x, y []float32) {
			if first := len(c.o.Start) + 1; len(y) != 4*len(x) || calls == 0 && len(x) != first || calls > 0 && len(x) != 1 {
				t.Errorf("%+v in %d steps: call %d takes %d tokens for %d probabilities", c.o, c.steps, calls, len(x), len(y))
			}
			taken, calls = taken+len(x), calls+1
			whole(x, y)
		})
		if err != nil || got != c.want || taken > min(len(got)+1, c.steps) {
			t.Errorf("%+v in %d steps, by blocks: %q, %v, by %d steps, want %q", c.o, c.steps, got, err, taken, c.want)
		}
	}
	if got, err := v.Sample(Sampling{Most: 9}, make([]float32, 2), make([]float32, 4), false, end); err != nil || got != "abc" {
		t.Errorf("by the last two tokens: %q, %v", got, err)
	}
	for _, start := range []string{"x", "abcabc"} {
		for _, most := range []int{0, 2, 9} { // 0 is what a Sampling has that does not say it
			o := Sampling{Most: most, Start: start}
			if _, err := v.Sample(o, make([]float32, 3), make([]float32, 12), true, whole); err == nil {
				t.Errorf("no error for %+v in 3 steps", o)
			}
			if _, err := v.SampleBlocks(o, 3, func(_, _ []float32) {}); err == nil {
				t.Errorf("no error for %+v in 3 steps, by blocks", o)
			}
		}
	}
}
