//go:build amd64 && !purego

package gemm

import "github.com/nngen/nngen/runtime/cpu"

// impl names the kernels that products of this build run.
func impl() string {
	if cpu.HasAVX512 {
		return "gemm14x32AVX512"
	}
	if cpu.HasAVX2FMA {
		return "gemm6x16SIMD"
	}
	return "generic"
}
