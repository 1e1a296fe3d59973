//go:build amd64 && !purego

package rnn

import "github.com/nngen/nngen/runtime/cpu"

// avx512 is what kernels look at: whether their parts for AVX-512 may run. A step is a chain of operations, of which
// AVX-512 needs half as many, also where it does each in two halves.
//
//lint:ignore U1000 assembly reads it
var avx512 = &cpu.HasSplitAVX512
