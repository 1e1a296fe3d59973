// Command gen writes the kernels of runtime/half: run it with go generate.
package main

import (
	"flag"

	"github.com/nngen/nngen/asm/half"
	asm "github.com/nngen/nngen/asm/internal/emit"
)

func main() {
	asm.Runtime("half") // before the flags are parsed
	flag.Parse()
	half.Emit()
	asm.Write("asm/half")
}
