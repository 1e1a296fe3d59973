// Package quant computes with 8-bit integers: predictions of networks whose weights and activations were quantised after
// training.
//
// A real number x stands as q with x ≈ scale·(q − zero), q an int8 from −128 to 127. Weights are symmetric, zero 0, with
// a scale for each output channel and numbers from −127 to 127; activations have one scale and one zero (Jacob and
// others, Quantization and training of neural networks for efficient integer-arithmetic-only inference, CVPR 2018; the
// choices are those of TensorFlow Lite's 8-bit quantisation specification).
//
// # Products
//
// Sums are exact: s[j] = bias[j] + Σ x[i]·w[i,j] in int32, where bias holds the bias in units of the product of both scales,
// and −zero·Σ w[i,j]. Who quantises sees to it that |s| stays below 2³⁰. [Dense], [Conv] and [Depthwise] turn them into
// int8 numbers:
//
//	y[j] = clamp(zero + ⌊s[j]·multiplier[j]/2^shift[j] + ½⌋, low, high)
//
// multiplier is in [2³⁰, 2³¹), or 0, and shift in [31, 62], so that the factor is the quotient of scales, below 1, to
// 31 bits. Halves are rounded up. This is MultiplyByQuantizedMultiplier of TensorFlow Lite with TFLITE_SINGLE_ROUNDING,
// and arm_nn_requantize of CMSIS-NN with CMSIS_NN_USE_SINGLE_ROUNDING; shift is 31 minus theirs. The rounding in two
// steps, which both have by default, differs by 1 where the first step makes a half. Rectifiers are in low and high.
//
// [DenseFloat], [ConvFloat] and [DepthwiseFloat] give float32(s[j])·scale[j], for what goes on in float32.
//
// A few rows of a Dense go through a kernel of a row, from x to y in one call: without VNNI, it splits numbers of x into
// four low and four high bits, whose products VPMADDUBSW adds in 16 bits without overflow, eight times before they are
// widened.
//
// # Borders
//
// [Quantize] is QuantizeLinear of ONNX: x/scale is rounded to even, and zero added. [Dequantize] is DequantizeLinear.
//
// # The same bits everywhere
//
// Integers are exact, so their order does not matter; what is left in float32 is a division, a product, and roundings
// that IEEE 754 fixes. The Go twins are the definition. Numbers that no quantisation writes, from a damaged file, wrap
// around alike in twins and kernels, and never panic.
package quant

// API1 is the level of this package's interface. Generated code that imports the package
// refers to it, so that it does not compile against another level by accident.
const API1 = 1
