//go:build !arm64 || purego

package cpu

// HasNEON tells whether the kernels for arm64 may run. This build has none.
const HasNEON = false

// HasDotProducts tells whether kernels for arm64 may add products of bytes by SDOT. This build has none.
const HasDotProducts = false
