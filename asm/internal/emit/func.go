package emit

import (
	"fmt"
	"os"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Runtime makes the types of a package below runtime/ known to signatures. The package is
// loaded as a purego build, since without its stubs only that compiles; so the types
// must stand in files without build tags. It must be called before avo's flags are
// parsed, which creates the files that they name: it runs the program a second time, in
// which they are of a folder of their own, and does not return in the first.
func Runtime(name string) {
	divert()
	os.Setenv("GOFLAGS", os.Getenv("GOFLAGS")+" -tags=purego")
	Package("github.com/nngen/nngen/runtime/" + name)
	ConstraintExpr("amd64,!purego")
}

// An Args is the block of arguments of a kernel: a pointer to a struct.
type Args struct{ base reg.Register }

// ArgFunc starts a kernel that takes a pointer to a struct of the runtime package, and
// loads the pointer. More parameters may follow, as in Go source.
func ArgFunc(name, argType, more string, doc ...string) Args {
	const nosplit = 4
	if more != "" {
		more = ", " + more
	}
	TEXT(name, nosplit, fmt.Sprintf("func(args *%s%s)", argType, more))
	Pragma("noescape")
	Doc(doc...)
	return Args{Load(Param("args"), GP64())}
}

// FrameFunc starts a kernel as ArgFunc does, with locals of some bytes, whose content is undefined. Its stack grows if
// need be.
func FrameFunc(name, argType string, bytes int, doc ...string) (Args, Mem) {
	TEXT(name, 0, fmt.Sprintf("func(args *%s)", argType))
	Pragma("noescape")
	Doc(doc...)
	frame := AllocLocal(bytes)
	return Args{Load(Param("args"), GP64())}, frame
}

// Again loads the pointer once more, for code behind what needs all registers.
func (a Args) Again() Args { return Args{Load(Param("args"), GP64())} }

// Field returns the place of a field.
func (a Args) Field(name string) Mem {
	f, err := Param("args").Dereference(a.base).Field(name).Resolve()
	if err != nil {
		panic(err)
	}
	return Mem{Base: a.base, Disp: f.Addr.Disp}
}
