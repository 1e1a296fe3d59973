// Package model holds those declarations of an inference package that are the same in each: package emit copies them by
// name. What stands below the line is made for each network, and here only so that the rest compiles.
package model

import (
	"os"
	"sync/atomic"

	"github.com/nngen/nngen/runtime/guard"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/runtime/token"
)

// Tensor is a named array: a view of one of the arrays of Weights.
type Tensor = safetensors.Tensor

// Save writes w to a safetensors file, which appears whole or not at all. It is an error if the file can't be written.
func (w *Weights) Save(path string) error {
	return safetensors.Save(path, map[string]string{"spec": SpecSum}, w.Tensors())
}

// Load fills w from the contents of a safetensors file, NaN and infinities too. It is an error if the file belongs to
// another network, or if a tensor is missing or of another shape; w is then left as it was.
func (w *Weights) Load(b []byte) error {
	return safetensors.Load(b, "spec", SpecSum, w.Tensors())
}

// Round rounds the numbers of w that files and models have in 16 bits, as Save and New do, to nearest even. Those that
// are too large become infinite, which Save calls an error.
func (w *Weights) Round() { safetensors.Round(w.Tensors()) }

// Decode returns the model in the contents of a safetensors file. It takes the numbers from b, which it does not keep.
// What is an error is one of Weights.Load too.
func Decode(b []byte) (*Model, error) {
	w := arrays
	if err := safetensors.View(b, "spec", SpecSum, w[:]); err != nil {
		return nil, err
	}
	return build(w[:]), nil
}

// Load returns the model in a safetensors file. It is an error if that can't be read, and where Decode has one.
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
// or after o.Most tokens. The same seed gives the same text. It is an error if o.Start does not fit the network, or if
// o.Temperature is not from 0 on. It panics if m is nil or zero.
func (m *Model) Sample(o Sampling) (string, error) {
	return Vocabulary.Sample(o, make([]float32, InputSize), make([]float32, OutputSize), false, m.PredictBatch)
}

// Reset goes back to the start of a sequence.
func (s *State) Reset() { *s = State{} }

// MarshalBinary returns the state as the contents of a safetensors file. The error is always nil.
func (s *State) MarshalBinary() ([]byte, error) {
	return safetensors.Encode(map[string]string{"state": SpecSum}, s.tensors(&[1]float32{float32(s.steps)}))
}

// Verdict is what Check says of one example.
type Verdict = guard.Verdict

// FalseAlarms returns the share of examples like the training data that Check is expected to call unlike it, by the
// examples that its limits were fitted to; 1 if the weights were never fitted to any, and Check calls everything
// unlike.
func (m *Model) FalseAlarms() float32 { return m.guardRate[0] }

// Drift counts verdicts. The zero Drift is ready; any number of goroutines may use one, and nothing allocates.
type Drift struct {
	examples, unlike, far atomic.Uint64
	outside               [CheckedSize]atomic.Uint64
}

// Add counts a verdict.
func (d *Drift) Add(v Verdict) {
	d.examples.Add(1)
	if v.Unlike {
		d.unlike.Add(1)
	}
	if !(v.Distance <= v.Limit) {
		d.far.Add(1)
	}
	if v.Outside >= 0 {
		d.outside[v.Outside].Add(1)
	}
}

// Examples returns how many verdicts were counted.
func (d *Drift) Examples() uint64 { return d.examples.Load() }

// Unlike returns how many of them were of examples unlike the training data.
func (d *Drift) Unlike() uint64 { return d.unlike.Load() }

// Far returns how many were of examples whose distance was beyond the limit.
func (d *Drift) Far() uint64 { return d.far.Load() }

// Outside returns how many were of examples of whose numbers i was the farthest outside of its range. It panics unless
// i is from 0 to CheckedSize-1.
func (d *Drift) Outside(i int) uint64 { return d.outside[i].Load() }

// Drifted tells whether more examples are unlike the training data than the rate of false alarms of m explains: more
// than three standard deviations above it. It panics if m is nil.
func (d *Drift) Drifted(m *Model) bool {
	return !guard.Expected(d.Unlike(), d.Examples(), float64(m.FalseAlarms()))
}

// ---

// CheckedSize is the number of elements of all inputs.
const CheckedSize = 1

// SpecSum identifies the network.
const SpecSum = ""

// Vocabulary is that of the one input.
var Vocabulary = token.Bytes()

// Model is a network ready to predict.
type Model struct{ guardRate [1]float32 }

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
