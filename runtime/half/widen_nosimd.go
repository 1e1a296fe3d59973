//go:build (!amd64 && !arm64) || purego

package half

// Never called: cpu.HasSIMD is false.

func widenFloat16SIMD(*float32, *uint16, int) {}

func widenBFloat16SIMD(*float32, *uint16, int) {}
