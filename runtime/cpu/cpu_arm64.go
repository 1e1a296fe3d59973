//go:build arm64 && !purego

package cpu

import "os"

// HasNEON tells whether the kernels for arm64 may run: each processor of ARMv8-A has their instructions, so they may
// unless NNRT says generic. It is a variable so that tests can switch the kernels off; nothing else may write it.
var HasNEON = os.Getenv("NNRT") != Generic
