//go:build !amd64 || purego

package gemm

// Never called: cpu.HasAVX2FMA is false.

func gemvFloat16AVX2(*rowArgs, *uint16, *float32, *float32) {}

func gemvSplit2Float16AVX2(*rowArgs, *uint16, *float32, *float32) {}

func gemvSplit4Float16AVX2(*rowArgs, *uint16, *float32, *float32) {}

func gemvBFloat16AVX2(*rowArgs, *uint16, *float32, *float32) {}

func gemvSplit2BFloat16AVX2(*rowArgs, *uint16, *float32, *float32) {}

func gemvSplit4BFloat16AVX2(*rowArgs, *uint16, *float32, *float32) {}
