package main

import (
	"io"

	"github.com/nngen/nngen/spec"
)

// legible writes texts, which may hold names of files and columns, with escapes for what a terminal would obey: see
// spec.Message. No Write may end within a character.
type legible struct{ to io.Writer }

func (w legible) Write(text []byte) (int, error) {
	if _, err := io.WriteString(w.to, spec.Message(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}
