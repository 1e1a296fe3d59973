// Package stepped holds those declarations of package steps that are others where the network runs step by step.
package stepped

import "github.com/nngen/nngen/runtime/token"

// Sample draws a text token by token from the probabilities of StepBlock, which takes o.Start at once, and then a step
// for each token. It ends where a boundary is drawn, after o.Most tokens, or after InputSize, as Predict has them. The
// same seed gives the same text. It is an error if o.Start does not fit the network, or if o.Temperature is not from 0
// on. It panics if m is nil or zero.
func (m *Model) Sample(o Sampling) (string, error) {
	var s State
	return Vocabulary.SampleBlocks(o, InputSize, func(x, y []float32) { s.StepBlock(m, x, y) })
}

// ---

// Vocabulary is that of the one input.
var Vocabulary = token.Bytes()

// Sampling says how a text is drawn.
type Sampling = token.Sampling

// InputSize is the size of one example, in elements.
const InputSize = 1

// Model is a network ready to predict.
type Model struct{}

// State is what the network remembers between steps.
type State struct{}

// StepBlock computes outputs.
func (s *State) StepBlock(m *Model, x, y []float32) {}
