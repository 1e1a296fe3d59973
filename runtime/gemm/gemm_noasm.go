//go:build !amd64 || purego

package gemm

// Never called: cpu.HasAVX2FMA is false.

func gemm6x16AVX2(*tileArgs) {}
