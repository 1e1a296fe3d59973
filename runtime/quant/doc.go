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
// # Recurrence
//
// [LSTM], [GRU], [GRUBefore] and [Simple] take products of 8 bits, and keep what they remember in 16: the scheme of
// TensorFlow Lite's integer LSTM (8x8_16, lstm_eval.cc). A gate has two parts, of the sums a of the input and b of the
// outputs h before, which [Gates] brings to 12 fractional bits:
//
//	A = ⌊a·m/2^t + ½⌋, B = ⌊b·m′/2^t′ + ½⌋,  σ = sigmoid(sat(A + B)), τ = tanh(sat(A + B))
//
// sat keeps a number in 16 bits, and σ and τ have 15 fractional bits, by tables of 513 entries between which they are
// interpolated. With ⌊v⌉ₖ = ⌊v/2ᵏ + ½⌋, and cells c with n fractional bits, the steps are
//
//	LSTM       c ← sat(⌊f·c⌉₁₅ + ⌊i·g⌉₃₀₋ₙ),  h ← out(o·tanh(sat(⌊c⌉ₙ₋₁₂)))
//	GRU        g = tanh(sat(A + ⌊r·B⌉₁₅)),  s ← g + ⌊z·(s − g)⌉₁₅,  h ← out(s),  B of the candidate in 17 bits
//	GRUBefore  g likewise, from the products of out(⌊r·s⌉₁₅) in place of h
//	Simple     h ← out(τ)
//	           out(v) = clamp(zero + ⌊v·multiplier/2^shift + ½⌋, −128, 127)
//
// A GRU remembers s, in 15 fractional bits, since numbers of 8 bits would not move where z is near 1. Where TensorFlow
// Lite keeps each part of a gate in 16 bits, it is their sum here.
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
