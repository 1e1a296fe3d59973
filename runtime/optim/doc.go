// Package optim updates parameters by their gradients: one pass over parameter, gradient and state
// for each optimizer.
//
// The definitions are those of torch.optim (PyTorch documentation). What is the same for all elements
// is computed in float64 and rounded once; what is done to an element is a chain of float32
// operations, each rounded by itself, so that the bits are the same on every machine.
//
// Each Step takes parameters w, gradients g, its states, all of one length, the number k of the step
// from 1, the learning rate, and the factor clip that g is multiplied by first. Coupled weight decay
// adds WeightDecay·w to the gradient after that. The states must be zero before the first step. A
// Step does not allocate; it panics if a slice is shorter than w.
//
// Running means and velocities below the smallest normal number, 2⁻¹²⁶, become 0. Those of a unit that
// gets no gradient shrink by a factor at each step and would stay among the denormal numbers for ever
// (0.9 times the fourth of them rounds to itself), with which processors are slow. What they would still
// do to w is nothing where Eps is above 10⁻¹⁸.
package optim
