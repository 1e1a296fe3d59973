package data

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/nngen/nngen/spec"
)

// symbols counts the texts of a source that hold symbols, which no word takes: see token.Reader.Each. An emoji may be
// all that tells the label of a text, and nothing else shows that the network does not see it.
type symbols struct {
	Texts, Some int          // all, and those with a symbol
	Of          map[rune]int // how often each stands in them
}

// add counts a text.
func (s *symbols) add(text string) {
	s.Texts++
	at := strings.IndexFunc(text, isSymbol)
	if at < 0 {
		return
	}
	s.Some++
	if s.Of == nil {
		s.Of = map[rune]int{}
	}
	for _, c := range text[at:] {
		if isSymbol(c) {
			s.Of[c]++
		}
	}
}

// isSymbol tells whether a character is a symbol that may carry meaning, as emoji and signs of currencies do. Unicode
// has the brackets of markup, bars and tildes among them too, which are as punctuation; modifiers (Sk), such as accents
// that stand alone and the colour of a skin, say nothing without what they belong to.
func isSymbol(c rune) bool {
	switch c {
	case '<', '>', '|', '~':
		return false
	}
	return unicode.In(c, unicode.So, unicode.Sm, unicode.Sc)
}

// of is a remark on the texts of a file, of which some hold a symbol, with the most frequent ones.
func (s *symbols) of(file string) string {
	const named = 2
	list := slices.SortedFunc(maps.Keys(s.Of), func(a, b rune) int { return cmp.Or(s.Of[b]-s.Of[a], int(a-b)) })
	var names []string
	for _, c := range list[:min(len(list), named)] {
		names = append(names, string(c))
	}
	hold := map[bool]string{true: "holds", false: "hold"}[s.Some == 1]
	return fmt.Sprintf("%d of %s of %s %s symbols such as %s that no word takes: they count for nothing", s.Some,
		spec.Count(s.Texts, "text"), file, hold, strings.Join(names, " and "))
}
