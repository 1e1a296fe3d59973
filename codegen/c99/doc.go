// Package c99 prints the prediction of a network as C99: one source file and one header that need nothing but a C
// compiler and its memcpy, memmove, memset, sqrt, sqrtf and fmaf, for machines that Go does not reach.
//
// It is a second printer of plans beside package emit: plan.Portable gives the calls of one example, and each function
// of the runtime that one may name has a C function of the same name in lib/, such as vec_Softmax for vec.Softmax. A
// file holds those that its calls come to, and no other. Weights are constant arrays in the layout of weight files; the
// memory that a prediction works in, and the state of a stream, are the caller's. There is no heap, and no variable
// that changes.
//
// # The same bits
//
// The functions of lib/ do in float what the Go twins of the kernels do, operation by operation, so a prediction has
// the bits of the generated Go package: on any compiler that computes float as IEEE 754 says and does not fuse or
// reorder operations. The file turns fusing off where a compiler has a switch for it, and refuses to compile where the
// type or the switches (-ffast-math, x87 registers) cannot give these bits. What payload a NaN has is left open.
//
// The fused multiply-add is the processor's where it has one, and else done in double with the one repair that double
// rounding needs.
package c99
