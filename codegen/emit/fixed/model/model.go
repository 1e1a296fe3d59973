// Package model holds those declarations of an inference package that are the same in each: package emit copies them by
// name. What stands below the line is made for each network, and here only so that the rest compiles.
package model

import (
	"os"

	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/runtime/token"
)

// Tensor is a named array: a view of one of the arrays of Weights.
type Tensor = safetensors.Tensor

// Save writes w to a safetensors file, which appears whole or not at all.
func (w *Weights) Save(path string) error {
	return safetensors.Save(path, map[string]string{"spec": SpecSum}, w.Tensors())
}

// Load fills w from the contents of a safetensors file. It is an error if the file belongs to
// another network, or if a tensor is missing or of another shape; w is then left as it was.
func (w *Weights) Load(b []byte) error {
	return safetensors.Load(b, "spec", SpecSum, w.Tensors())
}

// New returns a model with a copy of w.
func New(w *Weights) *Model { return build(w.Tensors()) }

// Decode returns the model in the contents of a safetensors file: see Weights.Load. The model takes the numbers from b,
// which it does not keep.
func Decode(b []byte) (*Model, error) {
	w := arrays
	if err := safetensors.View(b, "spec", SpecSum, w[:]); err != nil {
		return nil, err
	}
	return build(w[:]), nil
}

// Load returns the model in a safetensors file: see Weights.Load.
func Load(path string) (*Model, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m, err := Decode(b)
	if err != nil {
		return nil, safetensors.InFile(path, err)
	}
	return m, nil
}

// EncodeText fills x with the last tokens of a text, boundaries before them where it is short: Predict then says which
// token comes next. It is an error if a part of the text is not in the vocabulary.
func EncodeText(text string, x *[InputSize]float32) error {
	tokens, err := Vocabulary.Tokens(text)
	if err == nil {
		token.Last(x[:], tokens)
	}
	return err
}

// DecodeText returns the text of tokens, without the boundaries among them. It panics if one is not in the vocabulary.
func DecodeText(x []float32) string { return Vocabulary.Text(x) }

// Sampling says how a text is drawn: Start, with which it begins, the Most tokens that it has, the Temperature, to
// whose inverse power probabilities are raised (0 takes the most probable token), and the Seed.
type Sampling = token.Sampling

// Sample draws a text token by token from the probabilities of Predict. It ends where a boundary is drawn,
// or after o.Most tokens. The same seed gives the same text. It is an error if o.Start does not fit the network.
func (m *Model) Sample(o Sampling) (string, error) {
	return Vocabulary.Sample(o, make([]float32, InputSize), make([]float32, OutputSize), false, m.PredictBatch)
}

// Reset goes back to the start of a sequence.
func (s *State) Reset() { *s = State{} }

// MarshalBinary returns the state as the contents of a safetensors file.
func (s *State) MarshalBinary() ([]byte, error) {
	return safetensors.Encode(map[string]string{"state": SpecSum}, s.tensors(&[1]float32{float32(s.steps)}))
}

// ---

// SpecSum identifies the network.
const SpecSum = ""

// Vocabulary is that of the one input.
var Vocabulary = token.Bytes()

// Model is a network ready to predict.
type Model struct{}

// Weights are all numbers that make a model.
type Weights struct{}

// Sizes, in elements of one example.
const (
	InputSize  = 1
	OutputSize = 1
)

// PredictBatch computes outputs.
func (m *Model) PredictBatch(x, y []float32) {}

// arrays are those of Weights, without their numbers.
var arrays = [...]Tensor{}

func build([]Tensor) *Model { return new(Model) }

// Tensors lists the arrays of w.
func (w *Weights) Tensors() []Tensor { return nil }

// State is what the network remembers.
type State struct{ steps int32 }

func (s *State) tensors(*[1]float32) []Tensor { return nil }
