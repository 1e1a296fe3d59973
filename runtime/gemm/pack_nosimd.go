//go:build (!amd64 && !arm64) || purego

package gemm

// Never called: cpu.HasSIMD is false.

func packSIMD(*packArgs) {}

func packTSIMD(*packArgs) {}

func transposeSIMD(*transposeArgs) {}

func copyRowsSIMD(*transposeArgs) {}
