//go:build (!amd64 && !arm64) || purego

package gemm

// Never called: cpu.HasSIMD is false.

func gemvSIMD(*rowArgs, *float32, *float32) {}

func gemvSplit2SIMD(*rowArgs, *float32, *float32) {}

func gemvSplit4SIMD(*rowArgs, *float32, *float32) {}
