package audit

import (
	"go/ast"
	"path"
	"slices"
	"strings"
)

// Unread are functions that an audit did not read, of one file or folder.
type Unread struct {
	// File is a slash-separated path below the folder of the inference package; of a folder, with a slash behind it.
	File      string
	Functions []string // State.Reset, Predict …; none for files that are no Go, and for folders
	Why       string   // why it is not read, and what runs it; "" for no more than the name says
}

// String is one line.
func (u Unread) String() string {
	if u.Why != "" {
		return u.File + ", " + u.Why
	}
	if len(u.Functions) == 0 {
		return u.File
	}
	return u.File + ": " + strings.Join(u.Functions, ", ")
}

// nameOf returns the name of a function, behind that of its receiver's type.
func nameOf(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) != 1 {
		return f.Name.Name
	}
	t := f.Recv.List[0].Type
	if s, ok := t.(*ast.StarExpr); ok {
		t = s.X
	}
	return text(t) + "." + f.Name.Name
}

// trusted says why files that are no code of the network are not read, and what tries them.
func trusted(name string) string {
	switch {
	case name == "internal/":
		return "copies of the runtime, kernels and the loop of Fit among it: nngen check compares them with its own"
	case strings.HasSuffix(name, ".s"):
		return "assembly: go test runs it, and nngen check compares it with what is compiled"
	}
	return ""
}

// unread lists what is in the files and was not read: functions of the packages, and what lies in other folders or is
// no Go. Tests are none of it.
func (a *auditor) unread(files map[string][]byte) (all []Unread) {
	read := map[string]bool{}
	for _, p := range []*pkg{a.model, a.train, a.whole} {
		if p == nil {
			continue
		}
		for _, f := range p.files {
			name := a.set.Position(f.Pos()).Filename
			read[name] = true
			u := Unread{File: name}
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && !a.seen[fn] {
					u.Functions = append(u.Functions, nameOf(fn))
				}
			}
			if len(u.Functions) > 0 {
				all = append(all, u)
			}
		}
	}
	folders := map[string]bool{}
	for name := range files {
		switch dir := path.Dir(name); {
		case read[name] || strings.HasSuffix(name, "_test.go"):
		case dir == "." || a.train != nil && dir == a.train.name:
			all = append(all, Unread{File: name, Why: trusted(name)})
		default:
			first, _, _ := strings.Cut(name, "/")
			if !folders[first] {
				folders[first] = true
				u := Unread{File: first + "/", Why: trusted(first + "/")}
				all = append(all, u)
			}
		}
	}
	slices.SortFunc(all, func(x, y Unread) int { return strings.Compare(x.File, y.File) })
	return all
}
