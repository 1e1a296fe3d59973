//go:build !amd64 || purego

package cpu

// HasF16C tells whether kernels may convert float16 numbers. This build has none.
const HasF16C = false
