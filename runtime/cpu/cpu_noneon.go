//go:build !arm64 || purego

package cpu

// HasNEON tells whether the kernels for arm64 may run. This build has none.
const HasNEON = false
