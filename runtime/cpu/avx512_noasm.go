//go:build !amd64 || purego

package cpu

// HasAVX512 tells whether AVX-512 kernels may run and are the faster ones. This build has none.
const HasAVX512 = false

// HasAVX512Halves tells whether AVX-512 kernels may run and are the faster ones also as two halves. This build has none.
const HasAVX512Halves = false

// HasVNNI tells whether kernels for AVX-512 VNNI may run. This build has none.
const HasVNNI = false
