//go:build !amd64 || purego

package gemm

// Never called: cpu.HasAVX2FMA is false.

func gemvTAVX2(*rowArgs, *float32, *float32) {}
