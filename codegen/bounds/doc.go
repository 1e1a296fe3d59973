// Package bounds says what a trained network computes for all inputs of a box: between which numbers each output lies,
// how far float32 may be from exact arithmetic there, and whether an output rises or falls with an input.
//
// It exists because tests try points, and a range is a statement about all of them. Intervals go through every layer
// whose kind has a row in the table of rules; where layers are affine or are relu, sigmoid or tanh, linear functions of
// the input that lie above and below are carried back to the box, which is tighter (Zhang et al., Efficient neural
// network robustness certification with general activation functions, 2018; Singh et al., An abstract domain for
// certifying neural networks, 2019). What is computed in float64 is widened by a multiple of its own rounding.
//
// Errors are those of running error analysis (Higham, Accuracy and Stability of Numerical Algorithms, section 3.3): a
// layer passes on the errors of its inputs, times the absolute values of its weights or the largest slope of its
// function, and adds its own, op.Def.Bound, for the largest numbers that the box allows.
package bounds
