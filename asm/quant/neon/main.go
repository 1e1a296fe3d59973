// Command neon writes the products of runtime/quant for arm64: run it with go generate.
package main

import (
	"fmt"
	"os"

	"github.com/nngen/nngen/asm/internal/arm64"
	"github.com/nngen/nngen/asm/quant"
)

func main() {
	file := arm64.NewFile("go run ../../asm/quant/neon", "quant")
	quant.EmitNEON(file)
	for name, text := range map[string][]byte{"multiply_arm64.s": file.Assembly(), "zmultiply_arm64.go": file.Stubs()} {
		if err := os.WriteFile(name, text, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "neon:", err)
			os.Exit(1)
		}
	}
}
