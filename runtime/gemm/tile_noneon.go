//go:build !arm64 || purego

package gemm

// Never called: cpu.HasNEON is false.

func tile6x16NEON(*neonArgs) {}

func tile6x8NEON(*neonArgs) {}

func tile6x4NEON(*neonArgs) {}

func tile6x1NEON(*neonArgs) {}
