package data

import (
	"slices"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/runtime/fit"
)

// A weight learns nothing where what it multiplies is the same in all training rows: it stays what it was drawn as, and
// would speak in the first prediction for a row with something else there, such as a word that no training row has. So
// such a number is fixed: it stays the same in use, as scikit-learn's handle_unknown="ignore" has it for words. The
// rule is one for words, flags, numbers, the parts of dates and the indicators of missing values. An unknown word of a
// text is left out where no training text has one.

// fix notes which numbers of columns are the same in all training rows, and sets them in the other sets.
//
// Weights that were trained before may know more than the training rows hold: of them, before says what was fixed, and
// nothing else is.
func fix(network *net.Net, fitted net.Fitted, before *net.Fitted, train fit.Set, others ...fit.Set) {
	for i, in := range network.Spec.Inputs {
		switch size := network.Inputs[i].Shape.Size(); {
		case in.Tokens != nil && in.Tokens.Column != "" && network.Inputs[i].Vocabulary.Kind != "bytes":
			unknown := float32(network.Inputs[i].Vocabulary.Size() - 1)
			if slices.Contains(train.X[i], unknown) || before != nil &&
				!(before.KnowsAll(in.Name) && slices.Equal(before.Words(in.Name), fitted.Words(in.Name))) {
				continue
			}
			fitted.Of(in)[0].Known = true
			for _, s := range others {
				leaveOut(s, i, size, unknown)
			}
		case in.Columns != nil && in.Tokens == nil:
			fixColumns(network, fitted, before, i, train, others)
		}
	}
}

// fixColumns is fix for the columns of an input.
func fixColumns(network *net.Net, fitted net.Fitted, before *net.Fitted, input int, train fit.Set, others []fit.Set) {
	in, size := network.Spec.Inputs[input], network.Inputs[input].Shape.Size()
	columns, width := fitted.Columns(in), 0
	for _, c := range columns {
		width += c.Width()
	}
	if width != size { // which other means feed
		return
	}
	same := unvaried(train.X[input], size)
	at := 0
	for k, c := range columns {
		for _, place := range same {
			if place < at || place >= at+c.Width() || c.Kind == encode.Words && isUnused(&c, place-at) {
				continue
			}
			value := train.X[input][place]
			f, p := fitted.Of(in), net.Constant{At: place - at, Value: value}
			if before != nil {
				if fits := (*before)[in.Name]; k >= len(fits) || !slices.Contains(fits[k].Fixed, p) ||
					!slices.Equal(fits[k].Words, f[k].Words) {
					continue
				}
			}
			f[k].Fixed = append(f[k].Fixed, p)
			for _, s := range others {
				for r := range s.N {
					if x := &s.X[input][r*size+place]; *x != value {
						*x = value
					}
				}
			}
		}
		at += c.Width()
	}
}

// isUnused tells whether a place of a column of words is that of no word: there were fewer than it takes.
func isUnused(c *encode.Column, at int) bool { return at >= len(c.Values) && at < c.Most }

// unvaried returns the places of an example that hold the same in all.
func unvaried(x []float32, size int) []int {
	var same []int
	for at := range size {
		same = append(same, at)
	}
	for first := x[:size]; len(x) > 0 && len(same) > 0; x = x[size:] {
		same = slices.DeleteFunc(same, func(at int) bool { return x[at] != first[at] })
	}
	return same
}

// leaveOut takes a token out of the texts of a set.
func leaveOut(s fit.Set, input, steps int, token float32) {
	if s.N == 0 {
		return
	}
	for x := s.X[input]; len(x) > 0; x = x[steps:] {
		text := x[:steps]
		if !slices.Contains(text, token) {
			continue
		}
		kept := slices.DeleteFunc(text, func(v float32) bool { return v == token })
		clear(text[len(kept):])
	}
}
