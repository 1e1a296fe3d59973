package emit

import (
	"flag"
	"log"
	"os"
	"path/filepath"
	"slices"

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
	os.Args = given.args // which the first lines of the files hold
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
	build.Generate() // which exits if it fails
	for name, written := range given.files {
		if err := move(written, name); err != nil {
			log.Fatal(err)
		}
	}
	if err := os.RemoveAll(given.folder); err != nil {
		log.Fatal(err)
	}
}

// given holds the arguments that the program was given, and the files that they name, with the paths in folder that avo
// was told in their place.
var given struct {
	args   []string
	folder string
	files  map[string]string
}

// divert has avo write its files to a folder for temporary files.
func divert() {
	folder, err := os.MkdirTemp("", "nngen-asm-")
	if err != nil {
		log.Fatal(err)
	}
	given.args, given.folder, given.files = os.Args, folder, map[string]string{}
	os.Args = slices.Clone(os.Args)
	for i, arg := range os.Args[:len(os.Args)-1] {
		if arg == "-out" || arg == "-stubs" {
			name := os.Args[i+1]
			given.files[name] = filepath.Join(folder, filepath.Base(name))
			os.Args[i+1] = given.files[name]
		}
	}
}

// move puts what was written in its place.
func move(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o666)
}
