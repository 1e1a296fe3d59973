// Package steps holds those declarations of package model that are others where a network foretells the next token
// after each step.
package steps

import "github.com/nngen/nngen/runtime/token"

// EncodeText fills x with the boundary, the tokens of a text, and boundaries: Predict then says after each of them
// which token comes next. It is an error if a part of the text is not in the vocabulary, or if the text is too long.
func EncodeText(text string, x *[InputSize]float32) error {
	tokens, err := Vocabulary.Tokens(text)
	if err != nil {
		return err
	}
	return token.Whole(x[:], tokens)
}

// Sample draws a text token by token from the probabilities of Predict. It ends where a boundary is drawn,
// after o.Most tokens, or where no step is left. The same seed gives the same text. It is an error if o.Start does not
// fit the network, or if o.Temperature is not from 0 on. It panics if m is nil or zero.
func (m *Model) Sample(o Sampling) (string, error) {
	return Vocabulary.Sample(o, make([]float32, InputSize), make([]float32, OutputSize), true, m.PredictBatch)
}

// ---

// Vocabulary is that of the one input.
var Vocabulary = token.Bytes()

// Sampling says how a text is drawn.
type Sampling = token.Sampling

// Sizes, in elements of one example.
const (
	InputSize  = 1
	OutputSize = 1
)

// Model is a network ready to predict.
type Model struct{}

// PredictBatch computes outputs.
func (m *Model) PredictBatch(x, y []float32) {}
