package project

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/proof"
)

// sameVerified tells of files of a compilation that are new, have changed or are gone whether all that a verification
// looked at is as it was: it looks at the package in float32, and not at that of 8-bit integers, which may want more
// declarations of the runtime beside it.
func (p *Project) sameVerified(s *proof.Statement, files map[string][]byte) func(name string) bool {
	return func(name string) bool {
		if strings.HasPrefix(name, codegen.Int8Package(p.Spec.Name)+"/") {
			return true
		}
		if !strings.HasPrefix(name, "internal/") {
			return false
		}
		old := s.Digest(name)
		if old == "" {
			return files[name] != nil
		}
		b, err := os.ReadFile(filepath.Join(p.Dir, filepath.FromSlash(name)))
		return err == nil && proof.Sum(name, b) == old && onlyGrown(name, b, files[name])
	}
}

// onlyGrown tells whether a file of Go or of assembly has all that it had, as it was.
func onlyGrown(name string, old, now []byte) bool {
	list := blocks
	if strings.HasSuffix(name, ".go") {
		list = declarations
	}
	was, ok := list(old)
	is, fine := list(now)
	have := map[string]bool{}
	for _, d := range is {
		have[d] = true
	}
	for _, d := range was {
		ok = ok && have[d]
	}
	return ok && fine
}

// declarations returns the text of each declaration of a file of Go but imports; false if it is not Go.
func declarations(src []byte) (all []string, ok bool) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, "", src, parser.ParseComments)
	if err != nil {
		return nil, false
	}
	text := func(n ast.Node) string { return string(src[set.Position(n.Pos()).Offset:set.Position(n.End()).Offset]) }
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			all = append(all, text(d))
			continue
		}
		whole := g.Tok == token.CONST // whose values may depend on those before
		for _, s := range g.Specs {
			if g.Tok != token.IMPORT && !whole {
				all = append(all, g.Tok.String()+" "+text(s))
			}
		}
		if whole {
			all = append(all, text(d))
		}
	}
	for _, c := range f.Comments {
		for _, line := range c.List {
			if strings.HasPrefix(line.Text, "//go:") {
				all = append(all, line.Text)
			}
		}
	}
	return all, true
}

// blocks returns the parts of a file of assembly that empty lines separate.
func blocks(src []byte) (all []string, ok bool) {
	for b := range strings.SplitSeq(strings.ReplaceAll(string(src), "\r\n", "\n"), "\n\n") {
		if b = strings.TrimSpace(b); b != "" {
			all = append(all, b)
		}
	}
	return all, src != nil
}
