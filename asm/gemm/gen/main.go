// Command gen writes the kernels of runtime/gemm: run it with go generate.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/nngen/nngen/asm/gemm"
	asm "github.com/nngen/nngen/asm/internal/emit"
)

var families = map[string]func(){
	"tiles":      gemm.EmitTiles,
	"small":      gemm.EmitSmall,
	"wide":       gemm.EmitWideTiles,
	"rows":       gemm.EmitRows,
	"half":       gemm.EmitHalfRows,
	"widerow":    gemm.EmitWideRow,
	"rowt":       gemm.EmitRowT,
	"pack":       gemm.EmitPack,
	"gather":     gemm.EmitGather,
	"widegather": gemm.EmitWideGather,
	"slide":      gemm.EmitSlide,
	"slim":       gemm.EmitSlim,
	"sweep":      gemm.EmitSweep,
	"nonzero":    gemm.EmitNonzero,
}

func main() {
	asm.Runtime("gemm") // before the flags are parsed
	family := flag.String("kernels", "",
		"which `family` of kernels to write: tiles, small, wide, rows, widerow, half, rowt, pack, gather, widegather, "+
			"slide, slim, sweep or nonzero")
	flag.BoolVar(&asm.Debug, "debug", false, "emit traps for arguments that break the contract of a kernel")
	flag.Parse()
	emit, ok := families[*family]
	if !ok {
		fmt.Fprintf(os.Stderr, "gen: no family of kernels %q\n", *family)
		os.Exit(2)
	}
	emit()
	asm.Write("asm/gemm")
}
