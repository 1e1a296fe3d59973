//go:build !amd64 || purego

package half

// Never called: cpu.HasAVX2FMA is false.

func widenFloat16AVX2(*float32, *uint16, int) {}

func widenBFloat16AVX2(*float32, *uint16, int) {}
