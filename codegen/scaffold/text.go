package scaffold

import (
	"fmt"
	"strings"
)

// text is a column of texts, which is an input of its own.
type text struct {
	*column
	name         string // of the input
	words, steps int
	cut          int // texts that seem to have more words than steps
}

// Sizes of texts: the words of a language that come often are some thousands, of few texts fewer; a text is cut off
// where it is twice as long as the others.
const (
	fewTexts  = 5000
	fewWords  = 1000
	manyWords = 8000
	maxSteps  = 200
	embedded  = 16 // numbers that stand for a word
)

// useText makes a column of texts an input.
func (d *draft) useText(c *column) {
	t := &text{column: c, name: "text", words: manyWords, steps: min(maxSteps, 2*(c.spaces/c.present()+1)+2)}
	if d.rows < fewTexts {
		t.words = fewWords
	}
	if n := len(d.texts); n > 0 {
		t.name = fmt.Sprintf("text%d", n+1)
	}
	d.texts = append(d.texts, t)
	for blanks, n := range c.lengths {
		if blanks >= t.steps { // and so more words
			t.cut += n
		}
	}
	c.used, c.use = true, fmt.Sprintf("its first %d words, of the %d most frequent", t.steps, t.words)
}

// inputsWithTexts writes an input for each column of texts, and one for all others.
func (d *draft) inputsWithTexts(b *strings.Builder) {
	b.WriteString("inputs:\n")
	if d.features != nil {
		fmt.Fprintf(b, "  - name: x\n    shape: [%d]\n    columns:\n", d.inputs)
		for _, f := range d.features {
			fmt.Fprintf(b, "      - %s\n", d.entry(f))
		}
	}
	for _, t := range d.texts {
		fmt.Fprintf(b, "  - {name: %s, shape: [%d], tokens: {column: %s, words: %d, lowercase: true}}\n", t.name,
			t.steps, yamlQuote(t.ref), t.words)
	}
}

// readTexts writes the layers that make of each text the mean of what stands for its words.
func (d *draft) readTexts(b *strings.Builder) {
	var read []string
	for _, t := range d.texts {
		fmt.Fprintf(b,
			"  - padding_mask: {name: %s_mask, from: %[1]s}\n  - embedding: {name: %[1]s_words, from: %[1]s, output_dim: %d}\n"+
				"  - global_average_pool1d: {name: %[1]s_mean, from: [%[1]s_words, %[1]s_mask]}\n", t.name, embedded)
		read = append(read, t.name+"_mean")
	}
	if d.features != nil {
		read = append(read, "x")
	}
	if len(read) > 1 {
		fmt.Fprintf(b, "  - concatenate: {name: all, from: [%s]}\n", strings.Join(read, ", "))
	}
}
