// Command gen writes the kernels of runtime/quant: run it with go generate.
package main

import (
	"flag"

	"github.com/mmcloughlin/avo/build"

	asm "github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/asm/quant"
)

func main() {
	asm.Runtime("quant") // before the flags are parsed, which empties the stub file
	flag.Parse()
	quant.Emit()
	build.Generate()
}
