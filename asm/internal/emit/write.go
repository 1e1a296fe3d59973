package emit

import (
	"flag"
	"os"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/buildtags"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/pass"

	"github.com/nngen/nngen/asm/internal/neon"
)

var arm64 = flag.String("arm64", "", "`file` of assembly for arm64, if the kernels are for both machines")

// Write writes what was emitted, to the files that flags name: avo's for amd64 and for the stubs, and that for arm64.
// command is the program, for the first line of the latter.
func Write(command string) {
	if *arm64 != "" {
		// The program is as it was emitted, on virtual registers, before the passes.
		pass.Compile = pass.Concat(pass.Func(func(f *ir.File) error {
			f.Constraints = buildtags.And(buildtags.Any(buildtags.Term("amd64"), buildtags.Term("arm64")),
				buildtags.Not("purego"))
			text, err := neon.Print(f, command)
			if err != nil {
				return err
			}
			return os.WriteFile(*arm64, text, 0o666)
		}), pass.Compile)
	}
	build.Generate()
}
