package audit

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
)

// arrayOf finds the parameters of a kernel in its doc: w1  hiddenW.
var arrayOf = regexp.MustCompile(`(?m)^//\t(w[0-9]+)  (\w+)$`)

// wideOf finds the kernel that another is with AVX-512 in the doc of that.
var wideOf = regexp.MustCompile(`^// \w+ is (\w+) with AVX-512\.$`)

// readKernels holds the calls of kernels made for the network against their docs, which say what array of the model
// each parameter is: each array goes where its name is, and no kernel runs where the machine was not asked for its
// instructions.
func (a *auditor) readKernels() {
	arrays := map[string]map[string]string{} // of a kernel, by parameter
	wide := map[string]string{}              // kernels to those that they are with AVX-512
	for _, file := range a.model.files {
		var before map[string]string // of the kernel before, which one whose doc names no arrays takes too
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body != nil || f.Doc == nil { // builds without a kernel have a function of its name with a body
				continue
			}
			name := f.Name.Name
			arrays[name] = map[string]string{}
			for _, c := range f.Doc.List {
				if m := wideOf.FindStringSubmatch(c.Text); m != nil {
					wide[name] = m[1]
				}
				if m := arrayOf.FindStringSubmatch(c.Text); m != nil {
					arrays[name][m[1]] = m[2]
					if _, ok := a.fields[m[2]]; !ok {
						a.add(f.Pos(), "the kernel %s takes the array %s, which the Model does not have", name, m[2])
					}
				}
			}
			if len(arrays[name]) == 0 {
				arrays[name] = before
			}
			before = arrays[name]
		}
	}
	for name, other := range wide {
		arrays[name] = arrays[other]
	}
	for _, file := range a.model.files {
		var path []ast.Node
		ast.Inspect(file, func(n ast.Node) bool {
			if n == nil {
				path = path[:len(path)-1]
				return true
			}
			path = append(path, n)
			c, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if known, ok := arrays[text(c.Fun)]; ok {
				a.kernelCall(c, known, path)
			}
			return true
		})
	}
}

// needs are the instructions that the names of kernels end with, and what tells whether a machine has them.
var needs = map[string]string{"SIMD": "cpu.HasSIMD()", "AVX512": "cpu.HasAVX512"}

func (a *auditor) kernelCall(c *ast.CallExpr, arrays map[string]string, path []ast.Node) {
	name := text(c.Fun)
	var params []string
	for _, p := range a.model.funcs[name].Type.Params.List {
		for _, id := range p.Names {
			params = append(params, id.Name)
		}
	}
	if !a.hasArguments(c, len(params)) {
		return
	}
	for i, p := range params {
		want := "&" + p + "[0]"
		switch array, ok := arrays[p]; {
		case ok:
			want = "&m." + array + "[0]"
		case p == "n":
			continue
		}
		if got := text(c.Args[i]); got != want {
			a.add(c.Args[i].Pos(), "the kernel %s takes %s for %s, want %s", name, got, p, want)
		}
	}
	for suffix, has := range needs {
		if strings.HasSuffix(name, suffix) && !asked(path, has) {
			a.add(c.Pos(), "the kernel %s is called where %s is not asked", name, has)
		}
	}
}

// asked tells whether the last node of a path is in the body of an if or a for that is only run where has is true.
func asked(path []ast.Node, has string) bool {
	for i, n := range path[:len(path)-1] {
		switch n := n.(type) {
		case *ast.IfStmt:
			if path[i+1] == n.Body && implies(n.Cond, has) {
				return true
			}
		case *ast.ForStmt:
			if path[i+1] == n.Body && implies(n.Cond, has) {
				return true
			}
		}
	}
	return false
}

// implies tells whether a condition, nil for none, is has or a conjunction with it.
func implies(cond ast.Expr, has string) bool {
	if and, ok := cond.(*ast.BinaryExpr); ok && and.Op == token.LAND {
		return implies(and.X, has) || implies(and.Y, has)
	}
	return cond != nil && text(cond) == has
}
