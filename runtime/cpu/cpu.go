// Package cpu tells which instruction sets the kernels may use.
//
// The answer is found once, when the program starts. Kernels and their Go twins give the
// same bits, so it changes speed and nothing else. Two switches turn all assembly off:
// the build tag purego, and NNRT=generic in the environment of the process. NNRT=avx2 keeps to AVX2 where the machine
// has AVX-512, and NNRT=avx512 takes it for all kernels that have it, on machines that are no faster with it too. Without
// these each processor has the kernels that are the faster ones on it: where 512 bits are two halves, some of AVX-512 and
// some of AVX2.
package cpu

// Generic is the value of the environment variable NNRT that forces the Go twins.
const Generic = "generic"

// HasSIMD tells whether kernels may run that are there for several instruction sets, in that of this machine.
func HasSIMD() bool { return HasAVX2FMA || HasNEON }
