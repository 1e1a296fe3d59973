package emit

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
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
	os.Args = given // which the first lines of the files hold
	if *arm64 != "" {
		// The program is as it was emitted, on virtual registers, before the passes.
		pass.Compile = pass.Concat(pass.Func(func(f *ir.File) error {
			f.Constraints = buildtags.And(buildtags.Any(buildtags.Term("amd64"), buildtags.Term("arm64")),
				buildtags.Not("purego"))
			text, err := neon.Print(withoutWide(f), command)
			if err != nil {
				return err
			}
			return os.WriteFile(*arm64, text, 0o666)
		}), pass.Compile)
	}
	build.Generate() // which exits if it fails
}

// given holds the arguments that the program was given.
var given []string

// folderVariable is the variable of the environment that tells the second run of a program its folder.
const folderVariable = "NNGEN_ASM_FOLDER"

// divert has the program write its files to a folder for temporary files, by a second run. The first puts them in place
// when that has succeeded, so that a program that fails leaves the old ones, and removes the folder.
func divert() {
	folder := os.Getenv(folderVariable)
	if folder == "" {
		os.Exit(supervise())
	}
	given, os.Args = os.Args, slices.Clone(os.Args)
	for place, written := range files(given, folder) {
		os.Args[place] = written
	}
}

// files returns the paths in a folder of the files that arguments name, by the places of those.
func files(args []string, folder string) map[int]string {
	all := map[int]string{}
	for i, arg := range args[:len(args)-1] {
		if slices.Contains([]string{"-out", "-stubs", "-arm64"}, arg) {
			all[i+1] = filepath.Join(folder, arg[1:])
		}
	}
	return all
}

// supervise runs the program a second time, puts what it wrote in place, and returns the exit code.
func supervise() int {
	interrupts := make(chan os.Signal, 1) // which end the second run, and the first behind it
	signal.Notify(interrupts, os.Interrupt)
	folder, err := os.MkdirTemp("", "nngen-asm-")
	if err == nil {
		defer os.RemoveAll(folder)
		err = again(folder)
	}
	if err == nil {
		err = replace(files(os.Args, folder))
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		return exit.ExitCode() // it has said why
	}
	fmt.Fprintln(os.Stderr, "gen:", err)
	return 1
}

// again runs the program a second time.
func again(folder string) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	c := exec.Command(exe, os.Args[1:]...)
	c.Env = append(os.Environ(), folderVariable+"="+folder)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	return c.Run()
}

// replace puts files in the places that arguments name: all, or none if one cannot be written.
func replace(all map[int]string) error {
	const suffix = ".new"
	for place, written := range all {
		b, err := os.ReadFile(written)
		if err == nil {
			defer os.Remove(os.Args[place] + suffix)
			err = os.WriteFile(os.Args[place]+suffix, b, 0o666)
		}
		if err != nil {
			return err
		}
	}
	for place := range all {
		if err := os.Rename(os.Args[place]+suffix, os.Args[place]); err != nil {
			return err
		}
	}
	return nil
}
