package project

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/version"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// declared matches a line of the lists of Go's interface: pkg slices, func Sorted[$0 cmp.Ordered](iter.Seq[$0]) []$0
// #61899, and of a method: pkg sync, method (*Map) Clear().
var declared = regexp.MustCompile(`^pkg ([^, ]+)(?: \([^)]*\))?, (?:(func|var|const|type) (\w+)|method \(\*?(\w+)[^)]*\) (\w+))`)

// newer returns what the standard library has only since versions after leastGo, as package.Name and .Method.
func newer(t *testing.T) (names map[string]string, methods map[string]string) {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(root)), "api", "go1*.txt"))
	if err != nil || len(files) == 0 {
		t.Skipf("this Go has no lists of its interface: %v", err)
	}
	names, methods = map[string]string{}, map[string]string{}
	older := map[string]bool{} // an interface or struct that gets more is declared again
	for _, file := range files {
		since := strings.TrimSuffix(filepath.Base(file), ".txt")
		old := version.Compare(since, "go"+leastGo) <= 0
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			m := declared.FindStringSubmatch(s.Text())
			switch {
			case m == nil:
			case old:
				older[m[1]+"."+m[3]], older["."+m[5]] = true, true
			case m[3] != "":
				names[m[1]+"."+m[3]] = since
			default:
				methods[m[5]] = fmt.Sprintf("%s of %s.%s", since, m[1], m[4])
			}
		}
	}
	for name := range older {
		delete(names, name)
		delete(methods, strings.TrimPrefix(name, "."))
	}
	if names["slices.Sorted"] != "go1.23" {
		t.Fatalf("the lists were not read: %d names", len(names))
	}
	return names, methods
}

// TestGeneratedCodeNeedsNoNewerGo looks for parts of the standard library that came after the version that a user's
// go.mod must have, in the runtime and in packages of the examples with their self-tests. A method counts by its name
// alone, if no older type has one of that name, nor a type of the sources.
func TestGeneratedCodeNeedsNoNewerGo(t *testing.T) {
	names, methods := newer(t)
	own := map[string]bool{}
	type use struct{ at, name string }
	var uses []use
	files := 0
	for _, root := range []string{"../../runtime", "../emit/fixed", "../../generated"} {
		err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") {
				return err
			}
			shipped := strings.HasPrefix(p, "../../generated/") && strings.Count(filepath.ToSlash(p), "/") > 3
			if strings.HasSuffix(p, "_test.go") && !shipped {
				return nil
			}
			files++
			set := token.NewFileSet()
			f, err := parser.ParseFile(set, p, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			imported := map[string]string{}
			for _, s := range f.Imports {
				at, _ := strconv.Unquote(s.Path.Value)
				name := path.Base(at)
				if s.Name != nil {
					name = s.Name.Name
				}
				imported[name] = at
			}
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncDecl:
					own[n.Name.Name] = true
				case *ast.SelectorExpr:
					if x, ok := n.X.(*ast.Ident); ok && imported[x.Name] != "" {
						name := imported[x.Name] + "." + n.Sel.Name
						if since := names[name]; since != "" {
							t.Errorf("%s: %s is there since %s, but a go.mod may say go %s", set.Position(n.Pos()), name, since, leastGo)
						}
						return true
					}
					uses = append(uses, use{set.Position(n.Sel.Pos()).String(), n.Sel.Name})
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, u := range uses {
		if m := methods[u.name]; m != "" && !own[u.name] {
			t.Errorf("%s: a method %s is there since %s, but a go.mod may say go %s", u.at, u.name, m, leastGo)
		}
	}
	if files < 300 {
		t.Errorf("only %d files were read", files)
	}
}
