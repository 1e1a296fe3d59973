// Package loss computes losses and their gradients.
//
// A loss takes n examples of f outputs each, row by row: predictions or logits y as its doc
// says, targets t, and the weights w of the examples, nil meaning 1 for all. It returns
//
//	Σᵢ w[i]·lossᵢ
//
// in float64, the examples in order; lossᵢ is a mean or a sum over the f outputs as the
// function's doc says. If dy is not nil, it is set to scale·w[i]·∂lossᵢ/∂y[i,j]; a mean over
// a batch is scale = 1/n, done by the caller for the value. dy may be y.
//
// Slices may be longer than needed; a function panics if one is too short. No examples, or
// no outputs, give 0. Nothing allocates. Results are the same bits on every platform: terms
// are float32 functions of package scalar, products of float32 are exact in float64.
package loss

//go:generate go run ../../asm/vec/gen -runtime loss
