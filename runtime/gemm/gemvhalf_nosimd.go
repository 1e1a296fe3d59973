//go:build (!amd64 && !arm64) || purego

package gemm

// Never called: cpu.HasSIMD is false.

func gemvFloat16SIMD(*rowArgs, *uint16, *float32, *float32) {}

func gemvSplit2Float16SIMD(*rowArgs, *uint16, *float32, *float32) {}

func gemvSplit4Float16SIMD(*rowArgs, *uint16, *float32, *float32) {}

func gemvBFloat16SIMD(*rowArgs, *uint16, *float32, *float32) {}

func gemvSplit2BFloat16SIMD(*rowArgs, *uint16, *float32, *float32) {}

func gemvSplit4BFloat16SIMD(*rowArgs, *uint16, *float32, *float32) {}
