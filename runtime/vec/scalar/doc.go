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
// The largest errors over all 2³² arguments, in units in the last place of the exact value, as
// TestAllFloats of package vec measures them:
//
//	Exp        1.05
//	Expm1Neg   0.99  for x ≤ 0
//	Tanh       1.91
//	Sigmoid    1.67
//	Log        0.95
//	Softplus   1.78
//	SiLU       2.68  for x ≥ −87; below the sigmoid is subnormal
//	Erf        1.03
//	GELU       5.99  for x ≥ −13; below the normal distribution function is subnormal
//	GELUTanh   2.6   for x ≥ −1, then growing with the argument of tanh: 10 at −3, 23 at −5, 202 at −9.9
//	Mish       3.93  for x ≥ −87; below eˣ is subnormal
//	LogCosh    5.52
//	Sin        2.9  1.6 for |x| < 2¹⁸
//	Cos        2.9  1.6 for |x| < 2¹⁸
//
// Floor, Ceil, Round, Sqrt, Reciprocal, Abs, Step, Sign and ReLU are exact or correctly rounded.
package scalar
