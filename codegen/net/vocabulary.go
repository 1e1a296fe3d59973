package net

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/nngen/nngen/codegen/op"
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
		v.Texts, err = b.words(t.Vocabulary)
	default:
		v.Kind = "characters"
		for _, r := range t.Characters {
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

// words reads a file of words, one a line.
func (b *builder) words(file string) ([]string, error) {
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
	for i, line := range strings.Split(strings.TrimRight(string(src), "\r\n"), "\n") {
		w := strings.TrimSuffix(line, "\r")
		switch {
		case w == "" || strings.ContainsAny(w, " \t\v\f"):
			return nil, fmt.Errorf("%s:%d: %q is not one word", name, i+1, w)
		case !utf8.ValidString(w):
			return nil, fmt.Errorf("%s:%d: %q is not UTF-8", name, i+1, w)
		}
		words = append(words, w)
	}
	b.net.Contents[file] = spec.ContentsOf(fmt.Sprintf("words %q", words))
	return words, nil
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
