// Package quant turns a network into one of 8-bit integers.
//
// Divide cuts the layers of a network into units: products, recurrent layers, pools, sums and tables of int8 numbers,
// layers that stay in float32, and what leads from one to the other. Lower makes the graph of primitives of it, and
// Quantize the numbers, by the ranges that a calibration finds. Reference computes what the units are, in integers of
// any size, the plain way: it shares no code with the runtime. What the numbers mean is in package quant of the
// runtime.
//
// The floor exists so that code depends on a spec alone, and all that a calibration finds stands in a file of weights.
//
// A layer is put into a unit by the primitives that it lowers to, not by its kind, so that a new kind of layer which is
// a product or a function of single numbers needs nothing here.
package quant
