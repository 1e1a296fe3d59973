//go:build !amd64 || purego

package cpu

// HasAVX512 tells whether AVX-512 kernels may run and are the faster ones. This build has none.
const HasAVX512 = false

// HasSplitAVX512 tells whether AVX-512 kernels may run that are the faster ones also at half width. This build has none.
const HasSplitAVX512 = false

// KeepsClock tells whether the processor keeps its clock under AVX-512, of which this build has none.
const KeepsClock = false

// HasVNNI tells whether kernels for AVX-512 VNNI may run. This build has none.
const HasVNNI = false
