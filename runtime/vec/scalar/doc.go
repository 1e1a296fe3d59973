// Package scalar defines the functions of one float32 that the vector kernels compute.
//
// Each function here is the definition of its kernel: package vec's generic twins call it
// for every element, and a lane of the assembly does the same operations in the same
// order. So a scalar tail, a vector lane and a build without assembly give the same bits.
//
// How the functions are built: arguments are reduced with a round to the nearest integer
// (by adding 1.5·2²³), polynomials are minimax fits of the relative error found with
// Remez's exchange, their coefficients rounded to float32 one after another while the
// rest was fitted again, powers of two are made from exponent bits, and branches are
// selects. Nothing depends on the rounding of an intermediate float64.
//
// NaN gives NaN, infinities give their limits, denormals are neither read nor written as
// zero. Where a formula meets ∞·0, as in x·sigmoid(x) at −∞, the result is NaN, as it is in
// PyTorch.
//
// Errors are in units in the last place of the result, against the exact value, measured
// over all 2³² arguments by TestAllFloats of package vec.
package scalar
