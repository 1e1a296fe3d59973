// Package vec computes on vectors and rows of float32: activation functions and their
// gradients, arithmetic, reductions, softmax and copies.
//
// Elementwise functions take slices of equal length and panic otherwise. The destination
// may be the same slice as an input, but must not overlap it in part. Functions on rows
// take n rows of f elements, one after another; their slices may be longer than needed.
// Nothing allocates, and no elements means that nothing is done.
//
// A gradient FGrad computes dx = dy·f′. It takes the saved output y of f where the
// derivative follows from it, else the saved input x; its parameter's name says which.
//
// Each function has a Go twin, xGeneric, that defines its bits; the kernel for AVX2 and for
// NEON, xSIMD, gives the same ones (NaN payloads aside). The elements of the twins are defined in
// package scalar, whose doc says how the functions are approximated.
//
// On amd64 a kernel has a second part for AVX-512, with registers of 16 elements and masks at the edges. It runs by
// cpu.HasSplitAVX512: on processors that have the full width, and where 512 bits are two halves, but not where they lower
// the clock. Sums keep their lanes there: 32 lanes are two registers, and to 8 lanes the halves of a
// register come one after the other. Kernels of rows of at most 16 elements have AVX2 alone.
//
// Sums over the elements of a vector run in a fixed number of lanes, element i belonging to
// lane i mod lanes, each lane in order from +0; then the upper half of the lanes is added to
// the lower, until one is left. Sums over rows (one for each column) are one chain in the
// order of the rows, so that they can be continued.
package vec

//go:generate go run ../../asm/vec/gen -runtime vec
