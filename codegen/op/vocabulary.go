package op

import (
	"fmt"
	"slices"
)

// Vocabulary is what the tokens of an input stand for: token 0 for the boundary of a text, those from 1 on for its
// parts. Kind is characters, bytes or words.
type Vocabulary struct {
	Kind  string
	Texts []string // of the tokens from 1 on
	// Column says that the texts are those of a column: token 0 is padding, and parts that are not among Texts have a
	// token of their own, the last one. Most is the number of words, of which Texts holds those that are known.
	Column string
	Most   int
	Lower  bool // whether the texts are read in lower case
}

// Size returns the number of tokens.
func (v *Vocabulary) Size() int {
	size := max(len(v.Texts), v.Most) + 1
	if v.Column != "" && v.Kind != "bytes" {
		size++
	}
	return size
}

// Names returns the tokens as labels of classes.
func (v *Vocabulary) Names() []string { return append([]string{"<end>"}, v.Texts...) }

// maxWords bounds the words of a vocabulary.
const maxWords = 1 << 20

// Check finds parts that occur twice, or too many.
func (v *Vocabulary) Check() error {
	if len(v.Texts) > maxWords {
		return fmt.Errorf("its vocabulary has %d words; the most is %d", len(v.Texts), maxWords)
	}
	sorted := slices.Sorted(slices.Values(v.Texts))
	for i := range sorted {
		if i > 0 && sorted[i] == sorted[i-1] {
			return fmt.Errorf("its vocabulary has %q twice", sorted[i])
		}
	}
	return nil
}
