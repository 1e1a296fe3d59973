package data

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/runtime/token"
)

// text reads texts, one a line; empty lines are none. A network whose output has steps reads each text whole, and the
// targets are its tokens and the boundary behind them; steps after that have the weight 0. Else there is an example for
// each token of a text and the boundary behind it, whose input is the tokens before. Without labels each text gives one
// example, for what comes after it. groups numbers the text of each example.
func (r *reader) text() (set fit.Set, groups []int32, err error) {
	o := r.net.NextToken()
	if o == nil {
		return set, nil,
			fmt.Errorf("%s: data in text is for networks that foretell the next token of an input of tokens: write tokens: "+
				"{…} at the one input, task: multiclass, and no classes", r.src.Path)
	}
	b, err := r.open(r.src.Path)
	if err != nil {
		return set, nil, err
	}
	in := r.net.Inputs[0]
	v := vocabulary(in.Vocabulary)
	set.X = make([][]float32, 1)
	if !r.o.Unlabeled {
		set.Y = make([][]float32, 1)
	}
	for i, line := range bytes.Split(bytes.TrimPrefix(b, []byte("\ufeff")), []byte("\n")) {
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 {
			continue
		}
		if in.Vocabulary.Kind != "bytes" && !utf8.Valid(line) {
			r.fail(r.src.Path, i+1, "the text is not UTF-8")
			continue
		}
		tokens, err := v.Tokens(string(line))
		if err == nil {
			err = appendText(&set, tokens, in.Shape[0], v.Size(), o.Steps(), r.o.Unlabeled)
		}
		if err != nil {
			r.fail(r.src.Path, i+1, "%s", strings.TrimPrefix(err.Error(), "token: "))
			continue
		}
		set.N = len(set.X[0]) / in.Shape[0]
		for len(groups) < set.N {
			groups = append(groups, int32(i))
		}
	}
	return set, groups, nil
}

// appendText appends the examples of one text to a set.
func appendText(set *fit.Set, tokens []float32, width, size, steps int, unlabeled bool) error {
	grow := func(x []float32, n int) ([]float32, []float32) {
		x = append(x, make([]float32, n)...)
		return x, x[len(x)-n:]
	}
	var x, y, w []float32
	next := func(at int) int {
		if at < len(tokens) {
			return int(tokens[at])
		}
		return token.Boundary
	}
	if steps > 1 {
		if len(tokens) >= width {
			return token.Whole(make([]float32, width), tokens)
		}
		set.X[0], x = grow(set.X[0], width)
		if err := token.Whole(x, tokens); err != nil || unlabeled {
			return err
		}
		set.Y[0], y = grow(set.Y[0], width*size)
		set.W, w = grow(set.W, width)
		for i := range len(tokens) + 1 {
			y[i*size+next(i)], w[i] = 1, 1
		}
		return nil
	}
	if unlabeled {
		set.X[0], x = grow(set.X[0], width)
		token.Last(x, tokens)
		return nil
	}
	for i := range len(tokens) + 1 {
		set.X[0], x = grow(set.X[0], width)
		token.Last(x, tokens[:i])
		set.Y[0], y = grow(set.Y[0], size)
		y[next(i)] = 1
	}
	return nil
}

// vocabulary returns what turns texts into the tokens of a vocabulary.
func vocabulary(v *op.Vocabulary) *token.Vocabulary {
	switch v.Kind {
	case "bytes":
		return token.Bytes()
	case "words":
		return token.Words(v.Texts...)
	}
	return token.Characters(strings.Join(v.Texts, ""))
}
