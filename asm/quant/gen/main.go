// Command gen writes the kernels of runtime/quant: run it with go generate.
package main

import (
	"flag"
	"fmt"
	"os"

	asm "github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/asm/quant"
)

var families = map[string]func(){"products": quant.EmitProducts, "elements": quant.EmitElements}

func main() {
	asm.Runtime("quant") // before the flags are parsed
	family := flag.String("kernels", "", "which `family` of kernels to write: products or elements")
	flag.Parse()
	emit, ok := families[*family]
	if !ok {
		fmt.Fprintf(os.Stderr, "gen: no family of kernels %q\n", *family)
		os.Exit(2)
	}
	emit()
	asm.Write("asm/quant")
}
