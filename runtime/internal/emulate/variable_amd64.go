//go:build amd64 && !purego

package emulate

import "github.com/nngen/nngen/runtime/cpu"

// hasAVX512 is the variable of packages by which kernels choose their parts for AVX-512.
var hasAVX512 = &cpu.HasSplitAVX512
