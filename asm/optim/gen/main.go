// Command gen writes a kernel of runtime/optim: run it with go generate.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/mmcloughlin/avo/build"

	asm "github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/asm/optim"
)

func main() {
	asm.Runtime("optim") // before the flags are parsed, which empties the stub file
	name := flag.String("kernel", "", "which `kernel` to write")
	flag.Parse()
	if *name == "sumSquaresAVX2" {
		optim.EmitSumSquares()
		build.Generate()
		return
	}
	for _, k := range optim.Kernels {
		if k.Name == *name {
			optim.Emit(k)
			build.Generate()
			return
		}
	}
	fmt.Fprintf(os.Stderr, "gen: no kernel %q\n", *name)
	os.Exit(2)
}
