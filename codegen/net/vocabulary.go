package net

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/token"
	"github.com/nngen/nngen/spec"
)

// maxWordBytes bounds a file of words.
const maxWordBytes = 64 << 20

// vocabulary returns the vocabulary of an input; nil if its numbers are no tokens.
func (b *builder) vocabulary(in spec.Input) (*op.Vocabulary, bool) {
	t := in.Tokens
	if t == nil {
		return nil, true
	}
	v := &op.Vocabulary{Column: t.Column, Lower: t.Lowercase, Most: t.Words}
	var err error
	switch {
	case t.Bytes:
		v.Kind = "bytes"
		for i := range 256 {
			v.Texts = append(v.Texts, string([]byte{byte(i)}))
		}
	case t.Words > 0:
		v.Kind = "words"
	case t.Vocabulary != "":
		v.Kind = "words"
		v.Texts, err = b.words(t)
	default:
		v.Kind = "characters"
		characters := t.Characters
		if t.Lowercase { // as the texts are read
			characters = strings.ToLower(characters)
		}
		for _, r := range characters {
			v.Texts = append(v.Texts, string(r))
		}
	}
	if err == nil {
		err = v.Check()
	}
	if err != nil {
		b.errs.Add("input", t.Pos, fmt.Sprintf("input %q", in.Name), "", "%v", err)
		return nil, false
	}
	return v, true
}

// words reads a file of words, one a line, in lower case if the texts are. It is an error if a text can never have one
// of them, or two are the same.
func (b *builder) words(t *spec.Tokens) ([]string, error) {
	file := t.Vocabulary
	if b.files == nil {
		return nil, fmt.Errorf("no folder to read %s from", file)
	}
	name := path.Clean(file)
	if info, err := fs.Stat(b.files, name); err == nil && info.Size() > maxWordBytes {
		return nil, fmt.Errorf("%s has %d bytes; a vocabulary has at most %d", name, info.Size(), maxWordBytes)
	}
	src, err := fs.ReadFile(b.files, name)
	if err != nil {
		return nil, err
	}
	var words []string
	lines := map[string]int{}
	text := strings.TrimPrefix(string(src), "\ufeff")
	for i, line := range strings.Split(strings.TrimRight(text, "\r\n"), "\n") {
		written := strings.TrimSuffix(line, "\r")
		w := written
		if t.Lowercase {
			w = strings.ToLower(w)
		}
		first, seen := lines[w]
		switch {
		case !utf8.ValidString(written):
			return nil, fmt.Errorf("%s:%d: %q is not UTF-8", name, i+1, written)
		case w == "" || strings.ContainsAny(w, " \t\v\f\r"):
			return nil, fmt.Errorf("%s:%d: %q is not one word", name, i+1, written)
		case t.Column != "" && !isWord(w):
			return nil,
				fmt.Errorf("%s:%d: no text has the word %q: words are runs of letters and digits, with apostrophes within "+
					"them; leave the line out: what pads texts, and unknown words, have tokens of their own", name, i+1, written)
		case seen && w != written:
			return nil, fmt.Errorf("%s:%d: %q is %q in lower case, as line %d is", name, i+1, written, w, first)
		case seen:
			return nil, fmt.Errorf("%s:%d: %q is in line %d too", name, i+1, written, first)
		}
		words, lines[w] = append(words, w), i+1
	}
	b.net.Contents[file] = spec.ContentsOf(fmt.Sprintf("words %q", words))
	return words, nil
}

// isWord tells whether a text that is a word, and nothing else, is read as that one word.
func isWord(w string) bool {
	same := false
	token.NewReader("words", false, 0).Each(w, func(part string) bool {
		same = part == w
		return false
	})
	return same
}

// text returns the vocabulary of the one input; nil if there are several, or it has none.
func (b *builder) text() *op.Vocabulary {
	if len(b.net.Inputs) != 1 || b.net.Inputs[0].Vocabulary == nil || b.net.Inputs[0].Vocabulary.Column != "" {
		return nil
	}
	return b.net.Inputs[0].Vocabulary
}

// NextToken returns the output that foretells the next token of the input; nil if there is none.
func (n *Net) NextToken() *Output {
	if len(n.Outputs) == 1 && n.Outputs[0].NextToken {
		return n.Outputs[0]
	}
	return nil
}

// Tokens returns the size of the vocabulary of an input: its numbers are whole and below; 0 for one that holds any
// numbers.
func (n *Net) Tokens(in *op.Layer) int {
	size := 0
	if in.Vocabulary != nil {
		size = in.Vocabulary.Size()
	}
	for _, l := range n.Layers {
		if l.Def.Tokens == nil || !slices.Contains(l.In, in) {
			continue
		}
		if t := l.Def.Tokens(l); size == 0 || t < size {
			size = t
		}
	}
	return size
}
