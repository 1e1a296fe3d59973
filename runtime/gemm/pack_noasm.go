//go:build !amd64 || purego

package gemm

// Never called: cpu.HasAVX2FMA is false.

func packAVX2(*packArgs) {}

func packTAVX2(*packArgs) {}

func transposeAVX2(*transposeArgs) {}
