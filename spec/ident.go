package spec

import (
	"go/token"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Ident returns the exported Go identifier for a name of the spec: its parts, split at every
// character that is no letter or digit, each with its first letter raised, joined. So h1 gives H1,
// fc_1 gives Fc1 and h1.relu gives H1Relu. Where that does not begin with an upper-case letter, as
// for a name of digits, X is put before it; so the result is a valid identifier for any name. No
// other function of nngen makes identifiers from the user's text.
func Ident(name string) string {
	var b strings.Builder
	up := true
	for _, r := range name {
		switch {
		case r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsDigit(r):
			up = true
			continue
		case up:
			r = unicode.ToUpper(r)
		}
		up = false
		b.WriteRune(r)
	}
	id := b.String()
	if r, _ := utf8.DecodeRuneInString(id); !unicode.IsUpper(r) {
		id = "X" + id
	}
	return id
}

const maxName = 64 // characters of a name

// imports are the packages whose names are in scope in generated files: those of the standard
// library, and those of the runtime.
var imports = []string{
	"atomic", "binary", "bufio", "bytes", "context", "errors", "fmt", "io", "json", "math", "os", "rand",
	"runtime", "slices", "strings", "sync", "testing", "time", "unsafe",
	"cpu", "fit", "gemm", "optim", "rng", "vec",
}

var predeclared = []string{
	"any", "append", "bool", "byte", "cap", "clear", "close", "comparable", "complex", "complex128",
	"complex64", "copy", "delete", "error", "false", "float32", "float64", "imag", "int", "int16", "int32",
	"int64", "int8", "iota", "len", "make", "max", "min", "new", "nil", "panic", "print", "println", "real",
	"recover", "rune", "string", "true", "uint", "uint16", "uint32", "uint64", "uint8", "uintptr",
}

// buildSuffixes are the endings of file names that the go command takes for a constraint.
var buildSuffixes = []string{
	"aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux", "nacl", "netbsd",
	"openbsd", "plan9", "solaris", "wasip1", "windows", "zos",
	"386", "amd64", "amd64p32", "arm", "arm64", "arm64be", "armbe", "loong64", "mips", "mips64", "mips64le",
	"mips64p32", "mips64p32le", "mipsle", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x", "sparc",
	"sparc64", "wasm",
}

// devices are names that no file may have on Windows, whatever its ending.
var devices = []string{
	"con", "prn", "aux", "nul", "com0", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
	"lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
}

var (
	isDevice      = set(devices)
	isImport      = set(imports)
	isPredeclared = set(predeclared)
	isBuildSuffix = set(buildSuffixes)
)

func set(words []string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// badName says what is wrong with a name of a layer or input; code is "" if nothing is.
func badName(name string) (code, what string) {
	switch {
	case name == "":
		return "name", "a name must not be empty"
	case !isASCIIName(name):
		return "name",
			"a name is made of the letters a to z and A to Z, digits and _, and begins with a letter, but this is " + quote(name)
	case len(name) > maxName:
		return "name", "a name has at most 64 characters, but " + quote(name) + " has more"
	case token.IsKeyword(name):
		return "reserved-name", quote(name) + " is a keyword of Go"
	case isPredeclared[name]:
		return "reserved-name", quote(name) + " is predeclared in Go"
	case isImport[name]:
		return "reserved-name", quote(name) + " is a package that generated code imports"
	}
	return "", ""
}

// ValidName tells whether a layer or input may have a name.
func ValidName(name string) bool {
	code, _ := badName(name)
	return code == ""
}

// badPackageName says what is wrong with the name of the output package; code is "" if nothing is.
func badPackageName(name string) (code, what string) {
	switch {
	case name == "":
		return "package-name", "a package name must not be empty"
	case !isASCIIName(name) || strings.ToLower(name) != name:
		return "package-name",
			"a package name is made of lower-case letters, digits and _, and begins with a letter, but this is " + quote(name)
	case len(name) > maxName:
		return "package-name", "a package name has at most 64 characters, but " + quote(name) + " has more"
	case name == "main" || name == "init" || name == "internal" || name == "vendor" || name == "testdata" ||
		name == "embed" || name == "documentation":
		return "package-name", quote(name) + " has a meaning of its own to Go"
	case isDevice[name]:
		return "package-name", "Windows takes a file " + name + ".go for a device"
	case name == "forward" || name == "weights" || name == "generate": // the last by nngen init
		return "package-name", "a package has a file " + name + ".go beside the one of its own name, which must be another"
	case strings.HasSuffix(name, "_test"):
		return "package-name", "the go command takes a file " + name + ".go for one of tests"
	case isBuildSuffix[name[strings.LastIndexByte(name, '_')+1:]] && strings.Contains(name, "_"):
		return "package-name", "the go command builds a file " + name + ".go only on some machines, for its ending"
	case token.IsKeyword(name):
		return "package-name", quote(name) + " is a keyword of Go"
	case isPredeclared[name]:
		return "package-name", quote(name) + " is predeclared in Go"
	case isImport[name]:
		return "package-name", quote(name) + " is a package that generated code imports"
	}
	return "", ""
}

// isASCIIName tells whether s matches [A-Za-z][A-Za-z0-9_]*.
func isASCIIName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}
