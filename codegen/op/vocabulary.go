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
}

// Size returns the number of tokens.
func (v *Vocabulary) Size() int { return len(v.Texts) + 1 }

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
