// Command gen writes the loops of runtime/hw: run it with go generate.
package main

import (
	"github.com/mmcloughlin/avo/build"

	"github.com/nngen/nngen/asm/hw"
)

func main() {
	hw.Emit()
	build.Generate()
}
