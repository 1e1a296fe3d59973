// Command gen writes the kernels of runtime/pool: run it with go generate.
package main

import (
	"flag"

	asm "github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/asm/pool"
)

func main() {
	asm.Runtime("pool") // before the flags are parsed
	few := flag.Bool("few", false, "write the kernel for few channels, for AVX-512 alone")
	flag.Parse()
	if *few {
		pool.EmitFew()
	} else {
		pool.Emit()
	}
	asm.Write("asm/pool")
}
