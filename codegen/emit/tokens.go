package emit

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"
)

// emitTokens writes the vocabulary of each input of tokens, and what draws texts from a network that foretells the next
// token.
func (net *Network) emitTokens(f *file) {
	for _, p := range net.Inputs {
		v := p.Vocabulary
		if v == nil {
			continue
		}
		name := "Vocabulary"
		if len(net.Inputs) > 1 {
			name = p.Ident + name
		}
		f.variable(fmt.Sprintf("%s is what the tokens of %s stand for: 0 for the boundary before and behind a text, those from 1 on "+
			"for its %s.", name, p.Name, v.Kind), name, p.origin(), f.vocabulary(v))
		if len(net.Outputs) == 1 && net.Outputs[0].NextToken {
			net.emitSample(f)
		}
	}
}

// vocabulary yields token.Words("a", "the", "…"), token.Characters("abc") or token.Bytes().
func (f *file) vocabulary(v *Vocabulary) *jen.Statement {
	switch v.Kind {
	case "characters":
		return f.qual("token", "Characters").Call(longQuoted(strings.Join(v.Texts, "")))
	case "words":
		return f.qual("token", "Words").Add(literals("()", v.Texts, lineLimit-len("var Vocabulary = token.Words()")))
	}
	return f.qual("token", "Bytes").Call()
}

// emitSample writes EncodeText, DecodeText and Sample, which foretells after each step, or after the last.
func (net *Network) emitSample(f *file) {
	each := ""
	if net.Steps > 1 {
		each = "steps/"
	}
	f.fixed(each+"EncodeText", "DecodeText", "Sampling", each+"Model.Sample")
}
