// Command gen writes a kernel of runtime/optim: run it with go generate.
package main

import (
	"flag"
	"fmt"
	"os"

	asm "github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/asm/optim"
)

func main() {
	asm.Runtime("optim") // before the flags are parsed
	name := flag.String("kernel", "", "which `kernel` to write")
	flag.Parse()
	if *name == "sumSquaresSIMD" {
		optim.EmitSumSquares()
		asm.Write("asm/optim")
		return
	}
	for _, k := range optim.Kernels {
		if k.Name == *name {
			optim.Emit(k)
			asm.Write("asm/optim")
			return
		}
	}
	fmt.Fprintf(os.Stderr, "gen: no kernel %q\n", *name)
	os.Exit(2)
}
