// Gen writes the kernels of one runtime package into the current folder, for go generate.
package main

import (
	"flag"
	"log"

	"github.com/nngen/nngen/asm/vec"
)

func main() {
	pkg := flag.String("runtime", "vec", "name of the runtime package")
	flag.Parse()
	if err := vec.Write(".", *pkg); err != nil {
		log.Fatal(err)
	}
}
