//go:build !amd64 || purego

package emulate

// hasAVX512 is the variable of packages by which kernels choose their parts for AVX-512.
var hasAVX512 = new(bool)
