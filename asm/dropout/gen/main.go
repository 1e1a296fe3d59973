// Command gen writes the kernel of runtime/dropout: run it with go generate.
package main

import (
	"flag"

	"github.com/nngen/nngen/asm/dropout"
	asm "github.com/nngen/nngen/asm/internal/emit"
)

func main() {
	asm.Runtime("dropout") // before the flags are parsed
	flag.Parse()
	dropout.Emit()
	asm.Write("asm/dropout")
}
