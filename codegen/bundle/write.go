package bundle

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
)

// writer gathers the declarations of one file.
type writer struct {
	*bundler // which it writes for
	text     bytes.Buffer
	imports  map[string]string // names to paths
	open     *ast.GenDecl      // group that is not closed yet
}

func (w *writer) empty() bool { return w.text.Len() == 0 }

// add appends a declaration with its comments, and notes what it imports. Specs that stood in one group stay in one.
// Of comments on declarations that are not documented, there is the first sentence of the doc, and directives; of stubs
// directives alone.
func (w *writer) add(d *decl, documented bool) error {
	if w.open != nil && w.open != d.group {
		w.text.WriteString(")\n\n")
		w.open = nil
	}
	if d.group != nil && w.open == nil {
		w.open = d.group
		if doc := d.group.Doc; doc != nil {
			fmt.Fprintln(&w.text, d.file.slice(doc.Pos(), doc.End()))
		}
		fmt.Fprintf(&w.text, "%s (\n", d.group.Tok)
	}
	var doc, trailing *ast.CommentGroup
	switch n := d.node.(type) {
	case *ast.FuncDecl:
		doc = n.Doc
	case *ast.GenDecl:
		doc = n.Doc
		if n.Lparen == token.NoPos {
			trailing = lineComment(n.Specs[0])
		}
	case *ast.TypeSpec:
		doc, trailing = n.Doc, n.Comment
	case *ast.ValueSpec:
		doc, trailing = n.Doc, n.Comment
	}
	from, to := d.node.Pos(), d.node.End()
	if doc != nil {
		from = doc.Pos()
	}
	if trailing != nil {
		to = trailing.End()
	}
	w.text.WriteString(w.shortened(d, from, to, doc, documented) + "\n")
	if d.group == nil {
		w.text.WriteString("\n")
	}
	var err error
	d.file.uses(d.node, func(string) {}, func(at, _ string) {
		if w.given[strings.TrimPrefix(at, w.From+"/")] != nil {
			return
		}
		for local, p := range d.file.imports {
			if p != at {
				continue
			}
			if w.imports == nil {
				w.imports = map[string]string{}
			}
			if other, ok := w.imports[local]; ok && other != at {
				err = fmt.Errorf("%s stands for %s and for %s", local, other, at)
			}
			if _, ok := d.pkg.names[local]; ok {
				err = fmt.Errorf("%s stands for %s and for a declaration", local, at)
			}
			w.imports[local] = at
		}
	}, func(string) {})
	return err
}

// shortened returns the text of a declaration. Unless it is documented, its doc is cut to the first sentence, and
// comments on lines of their own are left out.
func (w *writer) shortened(d *decl, from, to token.Pos, doc *ast.CommentGroup, documented bool) string {
	s := d.file
	if documented {
		return w.plainly(s, d.node, from, to)
	}
	var text strings.Builder
	for _, g := range s.syntax.Comments {
		if g.Pos() < from || g.End() > to {
			continue
		}
		switch line := s.slice(s.lineStart(g.Pos()), g.Pos()); {
		case g == doc:
			text.WriteString(firstSentence(g, isStub(d)))
			from = g.End()
		case strings.TrimSpace(line) == "" && !isDirective(g):
			text.WriteString(w.plainly(s, d.node, from, max(from, s.lineStart(g.Pos()))))
			from = g.End() + 1 // and the end of the line
		}
	}
	text.WriteString(w.plainly(s, d.node, from, to))
	return text.String()
}

// lineStart returns where the line of a position starts.
func (s *source) lineStart(p token.Pos) token.Pos {
	f := s.fset.File(p)
	return f.LineStart(f.Line(p))
}

// isDirective tells whether comments hold one for a tool, such as //go:noinline.
func isDirective(g *ast.CommentGroup) bool {
	return slices.ContainsFunc(g.List, func(c *ast.Comment) bool { return directive.MatchString(c.Text) })
}

var directive = regexp.MustCompile(`^//[a-z]+:[a-z]`)

// isStub tells whether a declaration is that of a function in assembly, which does what its Go twin is documented to
// do.
func isStub(d *decl) bool {
	fn, ok := d.node.(*ast.FuncDecl)
	return ok && fn.Body == nil
}

// firstSentence returns the first sentence of a doc comment, to the end of its line, and the directives; those alone of
// a stub that has some.
func firstSentence(g *ast.CommentGroup, stub bool) string {
	var lines []string
	done := stub && isDirective(g)
	for _, c := range g.List {
		switch {
		case directive.MatchString(c.Text):
			if done && len(lines) > 0 {
				lines = append(lines, "//")
			}
			lines = append(lines, c.Text)
		case !done && strings.TrimSpace(c.Text) == "//":
			done = true
		case !done:
			sentence, _, more := strings.Cut(c.Text, ". ")
			if more {
				sentence += "."
			}
			lines = append(lines, sentence)
			done = more || strings.HasSuffix(c.Text, ".")
		}
	}
	return strings.Join(lines, "\n")
}

func lineComment(s ast.Spec) *ast.CommentGroup {
	switch s := s.(type) {
	case *ast.TypeSpec:
		return s.Comment
	case *ast.ValueSpec:
		return s.Comment
	}
	return nil
}

// file returns the text of the file, with the doc of the package if it is the first one, of that the first paragraph if
// brief.
func (w *writer) file(p *pkg, build string, first, brief bool) ([]byte, error) {
	if w.open != nil {
		w.text.WriteString(")\n")
	}
	var b bytes.Buffer
	if build != "" {
		fmt.Fprintf(&b, "//go:build %s\n\n", build)
	}
	if first && p.doc != "" {
		doc := p.doc
		if brief {
			doc, _, _ = strings.Cut(doc, "\n//\n")
		}
		fmt.Fprintln(&b, doc)
	}
	fmt.Fprintf(&b, "package %s\n\n", path.Base(p.dir))
	var std, ours []string
	for local, at := range w.imports {
		line := fmt.Sprintf("\t%q\n", at)
		if local != path.Base(at) {
			line = fmt.Sprintf("\t%s %q\n", local, at)
		}
		if strings.Contains(strings.SplitN(at, "/", 2)[0], ".") {
			ours = append(ours, line)
		} else {
			std = append(std, line)
		}
	}
	slices.Sort(std)
	slices.Sort(ours)
	if len(std) > 0 && len(ours) > 0 {
		std = append(std, "\n")
	}
	switch lines := append(std, ours...); len(lines) {
	case 0:
	case 1:
		fmt.Fprintf(&b, "import %s\n", strings.TrimSpace(lines[0]))
	default:
		fmt.Fprintf(&b, "import (\n%s)\n\n", strings.Join(lines, ""))
	}
	b.Write(w.text.Bytes())
	return b.Bytes(), nil
}
