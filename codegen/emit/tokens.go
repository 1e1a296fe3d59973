package emit

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"
)

// checkTokens yields, for each input of tokens of a function, which is an array or a slice,
//
//	if !lookup.InTable(x[:], 27) {
//		panic("names: Predict: a token of x is not a whole number from 0 to 26")
//	}
func (net *Network) checkTokens(f *file, function string, array bool) (checks []jen.Code) {
	pkg := "lookup"
	if net.Tiny {
		pkg = "tiny"
	}
	for i, p := range net.Inputs {
		rows := net.Plan.Tokens(p.Name)
		if rows == 0 {
			continue
		}
		x := jen.Id(arg(net.Inputs, i, "x"))
		text := fmt.Sprintf("%s: a token of %s is not a whole number from 0 to %d", function, arg(net.Inputs, i, "x"), rows-1)
		if array {
			x = x.Index(jen.Op(":"))
		}
		checks = append(checks, jen.If(jen.Op("!").Add(f.qual(pkg, "InTable")).Call(x, jen.Lit(rows))).
			Block(jen.Panic(quoted(text))))
	}
	return checks
}

// orTokens says of a function that panics also at what is no token that it does; "" of a network without tokens.
func (net *Network) orTokens() string {
	for _, p := range net.Inputs {
		if net.Plan.Tokens(p.Name) > 0 {
			return ", or if a token is in no table"
		}
	}
	return ""
}

// panicsDoc says when a prediction panics; "" if it never does.
func (net *Network) panicsDoc() string {
	tokens := net.orTokens()
	switch {
	case !net.Tiny:
		return " It panics if m is nil or zero" + tokens + "."
	case tokens != "":
		return " It panics" + strings.TrimPrefix(tokens, ", or") + "."
	}
	return ""
}

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
		if v.Column {
			net.emitTextColumn(f, i, name)
			continue
		}
		f.variable(fmt.Sprintf("%s is what the tokens of %s stand for: 0 for the boundary before and behind a text, those "+
			"from 1 on "+
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

// emitSample writes EncodeText, DecodeText and Sample, which foretells after each step, by State.Step where there is
// one, or after the last.
func (net *Network) emitSample(f *file) {
	each, sample := "", ""
	if net.Steps > 1 {
		each, sample = "steps/", "steps/"
		if net.Plan.Step != nil && len(net.Inputs) == 1 {
			sample = "stepped/"
		}
	}
	f.fixed(each+"EncodeText", "DecodeText", "Sampling", sample+"Model.Sample")
}

// emitTextColumn writes what turns texts into the tokens of an input:
//
//	var Vocabulary = token.NewReader("words", true, 1000, "the", "a", …)
//
//	func EncodeText(text string, x *[InputSize]float32) {
//		Vocabulary.Read(x[:], text)
//	}
func (net *Network) emitTextColumn(f *file, input int, name string) {
	p, v := net.Inputs[input], net.Inputs[input].Vocabulary
	texts := v.Texts
	if v.Kind == "bytes" {
		texts = nil
	}
	var args []jen.Code
	args = append(args, quoted(v.Kind), jen.Lit(v.Lower), jen.Lit(v.Most))
	if texts != nil {
		args = append(args, jen.Index().String().Add(literals("{}", texts,
			lineLimit-len("var = token.NewReader(, true, 100000, []string{}...)")-len(name)-len(v.Kind))).Op("..."))
	}
	others, reader := "and one more for all others", f.qual("token", "NewReader").Call(args...)
	if v.Known {
		others, reader = "without others, of which no training row has one", reader.Dot("WithoutOthers").Call()
	}
	f.variable(fmt.Sprintf("%s turns texts into the tokens of %s: 0 for padding, those from 1 on for its %s, %s.",
		name, p.Name, v.Kind, others), name, p.origin(), reader)
	encode := "EncodeText"
	if len(net.Inputs) > 1 {
		encode = "Encode" + p.Ident
	}
	f.function(encode+" fills x with the first tokens of a text, and 0 behind them, as nngen reads it from a table.",
		function{name: encode, params: []field{vars(jen.String(), "text"), vars(pointer(net.inSize(input)), "x")},
			origin: p.origin()},
		jen.Id(name).Dot("Read").Call(all("x"), jen.Id("text")))
}
