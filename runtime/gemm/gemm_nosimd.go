//go:build (!amd64 && !arm64) || purego

package gemm

// Never called: cpu.HasSIMD is false.

func gemm6x16SIMD(*tileArgs) {}

func gatherSIMD(*gatherArgs) {}
