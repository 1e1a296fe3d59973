package bundle

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
)

// writer gathers the declarations of one file.
type writer struct {
	text    bytes.Buffer
	imports map[string]string // names to paths
	open    *ast.GenDecl      // group that is not closed yet
}

func (w *writer) empty() bool { return w.text.Len() == 0 }

// add appends a declaration with its comments, and notes what it imports. Specs that stood in one group stay in one.
func (w *writer) add(d *decl) error {
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
	w.text.WriteString(d.file.slice(from, to) + "\n")
	if d.group == nil {
		w.text.WriteString("\n")
	}
	var err error
	d.file.uses(d.node, func(string) {}, func(at, _ string) {
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

func lineComment(s ast.Spec) *ast.CommentGroup {
	switch s := s.(type) {
	case *ast.TypeSpec:
		return s.Comment
	case *ast.ValueSpec:
		return s.Comment
	}
	return nil
}

// file returns the text of the file, with the doc of the package if it is the first one.
func (w *writer) file(p *pkg, build string, first bool) ([]byte, error) {
	if w.open != nil {
		w.text.WriteString(")\n")
	}
	var b bytes.Buffer
	if build != "" {
		fmt.Fprintf(&b, "//go:build %s\n\n", build)
	}
	if first && p.doc != "" {
		fmt.Fprintln(&b, p.doc)
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
