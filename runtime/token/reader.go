package token

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Reader turns whole texts into tokens: those from 1 on for the words or characters that it knows, the one behind them for
// all others, and 0 for the padding behind a text. Of bytes, byte b is token b + 1. It is immutable and safe for any number
// of goroutines.
type Reader struct {
	kind   string
	lower  bool
	most   int
	skips  bool // words that it does not know
	tokens map[string]int
}

// NewReader returns a reader of words, characters or bytes, in lower case if lower says so. It has tokens for as many as
// most, of which texts are those that are known, from token 1 on.
func NewReader(kind string, lower bool, most int, texts ...string) *Reader {
	r := &Reader{kind: kind, lower: lower, most: max(most, len(texts)), tokens: make(map[string]int, len(texts))}
	for i, t := range texts {
		r.tokens[t] = i + 1
	}
	return r
}

// WithoutOthers returns a reader that leaves out what it does not know, instead of giving it a token of which nothing was
// learned. Of a text that is too long it reads as many words as the other does, those left out among them.
func (r *Reader) WithoutOthers() *Reader {
	s := *r
	s.skips = true
	return &s
}

// Read fills x with the tokens of a text, the first ones if they are more, and 0 behind them.
func (r *Reader) Read(x []float32, text string) {
	n, seen := 0, 0
	r.Each(text, func(part string) bool {
		if seen == len(x) {
			return false
		}
		seen++
		t, known := r.tokens[part]
		switch {
		case r.kind == "bytes":
			t = int(part[0]) + 1
		case !known && r.skips:
			return true
		case !known:
			t = r.most + 1
		}
		x[n] = float32(t)
		n++
		return true
	})
	clear(x[n:])
}

// Kind returns what texts are read as: words, characters or bytes.
func (r *Reader) Kind() string { return r.kind }

// Known returns how many words or characters have a token of their own.
func (r *Reader) Known() int { return len(r.tokens) }

// LeavesOut tells whether the reader is one WithoutOthers.
func (r *Reader) LeavesOut() bool { return r.skips }

// Knows tells whether a part of a text, as Each gives it, has a token of its own.
func (r *Reader) Knows(part string) bool { return r.kind == "bytes" || r.tokens[part] > 0 }

// Each calls f for the words, characters or bytes of a text, until it returns false. A word is a run of letters and digits,
// apostrophes within it; what stands between words counts for nothing.
func (r *Reader) Each(text string, f func(part string) bool) {
	if r.lower {
		text = strings.ToLower(text)
	}
	for len(text) > 0 {
		size := 1
		if r.kind != "bytes" {
			_, size = utf8.DecodeRuneInString(text)
		}
		if r.kind == "words" {
			if size = wordLength(text); size == 0 {
				_, skip := utf8.DecodeRuneInString(text)
				text = text[skip:]
				continue
			}
		}
		if !f(text[:size]) {
			return
		}
		text = text[size:]
	}
}

// wordLength returns the bytes of the word that a text begins with; 0 if it begins with none.
func wordLength(text string) int {
	end := 0
	for i, c := range text {
		switch {
		case unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c):
			end = i + utf8.RuneLen(c)
		case (c == '\'' || c == '’') && end > 0 && end == i: // within a word
		default:
			return end
		}
	}
	return end
}
