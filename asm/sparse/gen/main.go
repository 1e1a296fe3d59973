// Command gen writes the kernels of runtime/sparse: run it with go generate.
package main

import (
	"flag"

	asm "github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/asm/sparse"
)

func main() {
	asm.Runtime("sparse") // before the flags are parsed
	flag.Parse()
	sparse.Emit()
	for _, w := range sparse.Widths {
		sparse.EmitTiles(w)
	}
	asm.Write("asm/sparse")
}
