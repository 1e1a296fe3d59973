//go:build !amd64 || purego

package cpu

// HasAVX2FMA tells whether AVX2 and FMA3 kernels may run. This build has none.
const HasAVX2FMA = false
