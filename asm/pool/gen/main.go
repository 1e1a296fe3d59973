// Command gen writes the kernels of runtime/pool: run it with go generate.
package main

import (
	"flag"

	asm "github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/asm/pool"
)

func main() {
	asm.Runtime("pool") // before the flags are parsed
	flag.Parse()
	pool.Emit()
	asm.Write("asm/pool")
}
