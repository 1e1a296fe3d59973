//go:build amd64 && !purego

package norm

import "github.com/nngen/nngen/runtime/cpu"

// avx512 is what kernels look at: whether their parts for AVX-512 may run.
//
//lint:ignore U1000 assembly reads it
var avx512 = &cpu.HasSplitAVX512
