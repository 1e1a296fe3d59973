// Command neon writes the kernels of runtime/gemm for arm64: run it with go generate.
package main

import (
	"fmt"
	"os"

	"github.com/nngen/nngen/asm/gemm"
	"github.com/nngen/nngen/asm/internal/arm64"
)

func main() {
	file := arm64.NewFile("go run ../../asm/gemm/neon", "gemm")
	gemm.EmitNEON(file)
	for name, text := range map[string][]byte{"tile_arm64.s": file.Assembly(), "ztile_arm64.go": file.Stubs()} {
		if err := os.WriteFile(name, text, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "neon:", err)
			os.Exit(1)
		}
	}
}
