//go:build !amd64 || purego

package gemm

// Never called: cpu.HasAVX2FMA is false.

func gemvAVX2(*rowArgs, *float32, *float32) {}

func gemvSplit2AVX2(*rowArgs, *float32, *float32) {}

func gemvSplit4AVX2(*rowArgs, *float32, *float32) {}
