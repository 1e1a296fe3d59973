package emit

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"
)

// emitTokens writes the vocabulary of each input of tokens, and what draws texts from a network that foretells the next
// token.
func (net *Network) emitTokens(f *file) {
	for i, p := range net.Inputs {
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
			net.emitSample(f, net.inSize(i))
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

// emitSample writes EncodeText, DecodeText and Sample.
func (net *Network) emitSample(f *file, size string) {
	encode := `
// EncodeText fills x with the last tokens of a text, boundaries before them where it is short: Predict then says which
// token comes next. It is an error if a part of the text is not in the vocabulary.
func EncodeText(text string, x *[%[1]s]float32) error {
	tokens, err := Vocabulary.Tokens(text)
	if err == nil {
		@token.Last(x[:], tokens)
	}
	return err
}
`
	if net.Steps > 1 {
		encode = `
// EncodeText fills x with the boundary, the tokens of a text, and boundaries: Predict then says after each of them which
// token comes next. It is an error if a part of the text is not in the vocabulary, or if the text is too long.
func EncodeText(text string, x *[%[1]s]float32) error {
	tokens, err := Vocabulary.Tokens(text)
	if err != nil {
		return err
	}
	return @token.Whole(x[:], tokens)
}
`
	}
	f.decl(encode, size)
	f.fixed("DecodeText", "Sampling")
	end := "// or after o.Most tokens."
	if net.Steps > 1 {
		end = "// after o.Most tokens, or where no step is left."
	}
	f.decl(`
// Sample draws a text token by token from the probabilities of Predict. It ends where a boundary is drawn,
%[1]s The same seed gives the same text. It is an error if o.Start does not fit the network.
func (m *Model) Sample(o Sampling) (string, error) {
	return Vocabulary.Sample(o, make([]float32, %[2]s), make([]float32, OutputSize), %[3]t, m.PredictBatch)
}
`, end, size, net.Steps > 1)
}
