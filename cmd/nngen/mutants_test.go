package main

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"maps"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nngen/nngen/codegen/audit"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/verify"
)

// mutated are the networks of the examples whose code is changed: dense layers with a skip, convolutions, recurrence,
// attention.
var mutated = []string{"skip", "lenet_digits", "sunspots_lstm", "names_transformer"}

const (
	mutants      = 100 // that build
	mostMissed   = 1
	mutantsSeed  = 1
	mutantsLimit = time.Minute // of one self-test
)

// bodies are the functions that do the network's work, by place: its passes, that of evaluations, and what sets up and
// updates parameters.
var bodies = map[string]*regexp.Regexp{
	passes:     regexp.MustCompile(`^(build|forward1?|gradient(Phase[0-9]+)?)$`),
	evaluation: regexp.MustCompile(`^evaluate(Phase[0-9]+)?$`),
	updates:    regexp.MustCompile(`^(New|Apply|update)$`),
}

const (
	passes     = "passes"
	evaluation = "evaluation"
	updates    = "updates"
)

// mutant is one change of a generated file.
type mutant struct {
	file, place, kind, where, what string
	src                            []byte
}

// mutantFiles are the files of a network that are changed.
func mutantFiles(name string) []string {
	return []string{name + ".go", "forward.go", name + "train/gradient.go", name + "train/evaluate.go",
		name + "train/" + name + "train.go"}
}

// spread returns mutants in another order: every second is of the passes, of which there are most, and the others are
// of evaluations and updates, until one of the places has no more.
func spread(random *rand.Rand, all []mutant) (list []mutant) {
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	of := map[string][]mutant{}
	for _, m := range all {
		of[m.place] = append(of[m.place], m)
	}
	for len(list) < len(all) {
		for _, place := range []string{passes, evaluation, passes, updates} {
			if len(of[place]) > 0 {
				list, of[place] = append(list, of[place][0]), of[place][1:]
			}
		}
	}
	return list
}

// sampled returns the number of mutants that are asked for: NNGEN_MUTANTS if that is more than 1.
func sampled() int {
	if n, _ := strconv.Atoi(os.Getenv("NNGEN_MUTANTS")); n > 1 {
		return n
	}
	return mutants
}

// TestMutants changes generated code at random, one place at a time (an index, a size, a sign, an order, a constant),
// and counts how many of the changes the self-test of the package finds. A change that does not compile is none. It
// takes minutes: NNGEN_MUTANTS=1 go test ./cmd/nngen -run Mutants -v prints the figures; NNGEN_MUTANTS=8 tries 8.
func TestMutants(t *testing.T) {
	if os.Getenv("NNGEN_MUTANTS") == "" {
		t.Skip("NNGEN_MUTANTS is not set: a hundred self-tests take minutes; .ci/run mutants runs them")
	}
	dir, all := allMutants(t)
	write := func(name string, b []byte) { writeMutant(t, dir, name, b) }
	all = spread(rand.New(rand.NewSource(mutantsSeed)), all)
	t.Logf("%d places where %d networks can be changed", len(all), len(mutated))
	kinds, found, built, stillborn, audited := map[string][2]int{}, 0, 0, 0, 0
	wanted := sampled()
	for _, m := range all {
		if built == wanted {
			break
		}
		kept, err := os.ReadFile(filepath.Join(dir, m.file))
		if err != nil {
			t.Fatal(err)
		}
		write(m.file, m.src)
		seen := auditFinds(t, dir, m)
		pkg := "./" + filepath.ToSlash(filepath.Dir(m.file))
		ctx, cancel := context.WithTimeout(t.Context(), mutantsLimit)
		cmd := exec.CommandContext(ctx, "go", "test", "-short", "-vet=off", pkg)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
		out, err := cmd.CombinedOutput()
		cancel()
		write(m.file, kept)
		if bytes.Contains(out, []byte("[build failed]")) {
			stillborn++
			continue
		}
		built++
		if seen {
			audited++
		} else {
			t.Logf("not found by audit: %s: %s: %s", m.where, m.kind, m.what)
		}
		for _, of := range []string{m.kind, m.place} {
			k := kinds[of]
			k[1]++
			if err != nil {
				k[0]++
			}
			kinds[of] = k
		}
		if err != nil {
			found++
		} else {
			t.Logf("NOT FOUND: %s: %s: %s", m.where, m.kind, m.what)
		}
	}
	for kind, k := range kinds {
		t.Logf("%-9s %d of %d found", kind, k[0], k[1])
	}
	t.Logf("%d of %d mutants found by the package's own self-test; %d more did not compile", found, built, stillborn)
	t.Logf("%d of %d mutants found by nngen audit, which runs nothing", audited, built)
	if built < wanted || built-found > mostMissed {
		t.Errorf("%d of %d mutants found, want all but %d of %d", found, built, mostMissed, wanted)
	}
}

// verifyLimit is the time that nngen verify may take for one mutant: a change of a loop may make it endless.
const verifyLimit = 3 * time.Minute

// TestVerifyFindsAllMutants has nngen verify look at changes of the code that it builds: all that change a result are
// to be found. Buffers that overlap may change none, as the kernel of today goes through them: those nngen audit is
// to find, which reads the same files.
func TestVerifyFindsAllMutants(t *testing.T) {
	if os.Getenv("NNGEN_MUTANTS") == "" {
		t.Skip("NNGEN_MUTANTS is not set: a hundred verifications take minutes; .ci/run mutants runs them")
	}
	dir, _ := allMutants(t)
	random := rand.New(rand.NewSource(mutantsSeed))
	verified := sampled()
	found, read, built, stillborn := 0, 0, 0, 0
	for i, name := range mutated {
		p, err := project.Open(filepath.Join(dir, name+".yaml"), "")
		if err != nil {
			t.Fatal(err)
		}
		subject := []*verify.Subject{{Spec: p.Spec, Files: p.Files()}}
		var all []mutant
		var compiled map[string][]byte
		look := func(_ int, files map[string][]byte) {
			compiled = maps.Clone(files)
			for _, file := range mutantFiles(name) {
				all = append(all, changesOf(t, file, files[file])...)
			}
		}
		if _, err := verify.Run(t.Context(), subject, verify.Options{Seed: 1, Steps: 2, Edit: look}); err != nil {
			t.Fatal(err)
		}
		all = spread(random, all)
		for wanted := verified * (i + 1) / len(mutated); built < wanted && len(all) > 0; all = all[1:] {
			m := all[0]
			ctx, cancel := context.WithTimeout(t.Context(), verifyLimit)
			reports, err := verify.Run(ctx, subject, verify.Options{Seed: 1, Steps: 2,
				Edit: func(_ int, files map[string][]byte) { files[m.file] = m.src }})
			cancel()
			if err != nil && strings.Contains(err.Error(), m.file+":") && !strings.Contains(err.Error(), "goroutine ") {
				stillborn++ // it does not compile
				continue
			}
			built++
			switch {
			case err != nil || !reports[0].OK():
				found++
			case auditFindsIn(t, p, compiled, m):
				read++
				t.Logf("changes no result, but found by nngen audit: %s: %s: %s: %s", name, m.where, m.kind, m.what)
			default:
				t.Errorf("NOT FOUND: %s: %s: %s: %s", name, m.where, m.kind, m.what)
			}
		}
	}
	t.Logf("%d of %d mutants found by nngen verify, %d that change no result by nngen audit; %d more did not compile",
		found, built, read, stillborn)
	if built < verified {
		t.Errorf("%d mutants compile, want %d", built, verified)
	}
}

// leastAudited is the share of mutants in percent that the audit is to find by itself.
const leastAudited = 99

// TestAuditFindsMutants counts how many of the changes of passes and evaluations nngen audit finds, which runs nothing:
// some of them change nothing, or do not compile. It does not read how parameters begin.
func TestAuditFindsMutants(t *testing.T) {
	dir, all := allMutants(t)
	all = slices.DeleteFunc(all, func(m mutant) bool { return m.place == updates })
	all = spread(rand.New(rand.NewSource(mutantsSeed)), all)
	if os.Getenv("NNGEN_MUTANTS") == "" {
		all = all[:mutants*3/5]
	}
	kinds, found := map[string][2]int{}, 0
	for _, m := range all {
		kept, err := os.ReadFile(filepath.Join(dir, m.file))
		if err != nil {
			t.Fatal(err)
		}
		writeMutant(t, dir, m.file, m.src)
		k := kinds[m.kind]
		k[1]++
		if auditFinds(t, dir, m) {
			found++
			k[0]++
		} else {
			t.Logf("not found: %s: %s: %s", m.where, m.kind, m.what)
		}
		kinds[m.kind] = k
		writeMutant(t, dir, m.file, kept)
	}
	for kind, k := range kinds {
		t.Logf("%-9s %d of %d found", kind, k[0], k[1])
	}
	t.Logf("%d of %d mutants found by nngen audit", found, len(all))
	if 100*found < leastAudited*len(all) {
		t.Errorf("%d of %d mutants found, want %d %%", found, len(all), leastAudited)
	}
}

// auditFinds tells whether the audit finds something in a package as it now is.
func auditFinds(t *testing.T, dir string, m mutant) bool {
	t.Helper()
	name, _, _ := strings.Cut(m.file, "/")
	p, err := project.Open(filepath.Join(dir, name+".yaml"), "")
	if err != nil {
		t.Fatal(err)
	}
	r, err := auditProject(p)
	if err != nil {
		return true // that is no Go
	}
	return len(r.Findings) > 0
}

// auditFindsIn tells whether the audit finds a mutant of the files that nngen verify compiles, without which it finds
// nothing in them.
func auditFindsIn(t *testing.T, p *project.Project, files map[string][]byte, m mutant) bool {
	t.Helper()
	n, err := p.Network()
	if err != nil {
		t.Fatal(err)
	}
	r, err := audit.Run(n, files)
	if err != nil || len(r.Findings) > 0 {
		t.Errorf("%s: the audit finds something in what is not changed: %v, %v", p.Spec.Name, err, r)
		return false
	}
	files = maps.Clone(files)
	files[m.file] = m.src
	r, err = audit.Run(n, files)
	return err != nil || len(r.Findings) > 0
}

func writeMutant(t *testing.T, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// allMutants compiles the networks into a module, and returns its folder and all changes of their code.
func allMutants(t *testing.T) (dir string, all []mutant) {
	t.Helper()
	dir = t.TempDir()
	write := func(name string, b []byte) { writeMutant(t, dir, name, b) }
	write("go.mod", []byte("module example.com/mutants\n\ngo 1.22\n"))
	for _, name := range mutated {
		spec, err := os.ReadFile("../../generated/" + name + "/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		spec = regexp.MustCompile(`(?ms)^(data|generate):.*?(^[a-z#]|\z)`).ReplaceAll(spec, []byte("$2"))
		for _, vocabulary := range regexp.MustCompile(`[a-z_]+\.txt`).FindAll(spec, -1) {
			if b, err := os.ReadFile("../../generated/" + name + "/" + string(vocabulary)); err == nil {
				write(string(vocabulary), b)
			}
		}
		write(name+".yaml", spec)
		var out bytes.Buffer
		if code := run([]string{"compile", filepath.Join(dir, name+".yaml")}, nil, &out, &out); code != 0 {
			t.Fatalf("%s: %s", name, &out)
		}
		for _, file := range mutantFiles(name) {
			all = append(all, changes(t, dir, name+"/"+file)...)
		}
	}
	return dir, all
}

// changes returns the changes of a generated file.
func changes(t *testing.T, dir, file string) (list []mutant) {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return changesOf(t, file, src)
}

// changesOf returns the changes of the text of a generated file.
func changesOf(t *testing.T, file string, src []byte) (list []mutant) {
	t.Helper()
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	place := ""
	add := func(at ast.Node, kind, what string, change, restore func()) {
		var b bytes.Buffer
		change()
		err := printer.Fprint(&b, set, f)
		restore()
		if err != nil {
			t.Fatal(err)
		}
		where := fmt.Sprintf("%s:%d", file, set.Position(at.Pos()).Line)
		list = append(list, mutant{file, place, kind, where, what, b.Bytes()})
	}
	without := map[ast.Node]bool{} // places whose change leaves what is computed as it is
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		place = placeOf(fn.Name.Name)
		if place == "" || place == updates && fn.Name.Name == "New" && !strings.HasSuffix(file, "train.go") {
			continue // New of a model only looks whether something has filled its weights
		}
		slots := slotsOf(fn.Body)
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			if without[n] {
				return false
			}
			switch n := n.(type) {
			case *ast.ValueSpec: // the factor of gradients, of which an evaluation has none
				return n.Names[0].Name != "scale" || place != evaluation
			case *ast.KeyValueExpr:
				if v, ok := n.Value.(*ast.BasicLit); ok && v.Value == "0" && place == updates {
					add(n, "constant", "0 becomes 0.01", func() { v.Value = "0.01" }, func() { v.Value = "0" })
				}
			case *ast.BinaryExpr: // where the share of the first worker begins
				return !(place == evaluation && alone(src) && text(set, n.X) == "lo")
			case *ast.CallExpr:
				for _, i := range noEffect(set, fn.Name.Name, n) {
					without[n.Args[i]] = true
				}
				if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "See" { // what watches for NaN computes nothing
					return false
				}
				for i := 1; i < len(n.Args); i++ { // two arrays of a call
					_, first := n.Args[i-1].(*ast.SliceExpr)
					_, second := n.Args[i].(*ast.SliceExpr)
					if first && second && !commutes(set, n, i) && !(without[n.Args[i-1]] && without[n.Args[i]]) {
						swap := func() { n.Args[i-1], n.Args[i] = n.Args[i], n.Args[i-1] }
						add(n, "order", "two arguments swapped", swap, swap)
					}
				}
			case *ast.BasicLit:
				old := n.Value
				set := func(v string) func() { return func() { n.Value = v } }
				switch n.Kind {
				case token.INT: // a longer end of a slice would change nothing where a size is an argument of its own
					v, err := strconv.Atoi(old)
					if err != nil || v == 0 {
						break
					}
					add(n, "size", old+" becomes "+strconv.Itoa(v-1), set(strconv.Itoa(v-1)), set(old))
				case token.FLOAT:
					add(n, "constant", old+" becomes 1.5 times it", set("1.5*"+old), set(old))
				}
			case *ast.SelectorExpr:
				old := n.Sel.Name
				set := func(v string) func() { return func() { n.Sel.Name = v } }
				if other := slots[old]; other != "" {
					add(n, "index", old+" becomes "+other, set(other), set(old))
				}
				if other, ok := map[string]string{"ReLU": "Tanh", "Tanh": "ReLU", "NT": "NN", "NN": "NT",
					"Add": "Sub", "Mul": "Add"}[old]; ok {
					add(n, "constant", old+" becomes "+other, set(other), set(old))
				}
			case *ast.Ident:
				if n.Name == "scale" {
					add(n, "sign", "scale becomes -scale", func() { n.Name = "-scale" }, func() { n.Name = "scale" })
				}
			case *ast.BlockStmt:
				for i, s := range n.List {
					e, ok := s.(*ast.ExprStmt)
					if !ok || strings.Contains(text(set, e), ".See(") || zeros.MatchString(text(set, e)) {
						continue
					}
					add(e, "order", "a statement is left out", func() { n.List[i] = &ast.EmptyStmt{Implicit: true} },
						func() { n.List[i] = e })
				}
			}
			return true
		})
	}
	return list
}

// alone tells whether one worker always evaluates a piece: of 32 examples, the least of the networks, less than two
// workers are to have to do.
func alone(src []byte) bool {
	m := regexp.MustCompile(`t\.count\(n, (\d+)\)`).FindSubmatch(src)
	if m == nil {
		return true
	}
	each, _ := strconv.Atoi(string(m[1]))
	return 32*each < 2<<19
}

// zeros is a call that makes 0 what is 0.
var zeros = regexp.MustCompile(`^initial\.Constant\(.*, 0\)$`)

// placeOf returns the place of a function, "" for one that is left as it is.
func placeOf(fn string) string {
	for place, names := range bodies {
		if names.MatchString(fn) {
			return place
		}
	}
	return ""
}

// commutes tells whether a call is the same with arguments i-1 and i swapped: they are, or they are the sources of a
// function that takes them in either order.
func commutes(set *token.FileSet, c *ast.CallExpr, i int) bool {
	name := text(set, c.Fun)
	return text(set, c.Args[i-1]) == text(set, c.Args[i]) || i == 2 && (name == "vec.Add" || name == "vec.Mul")
}

// noEffect returns the arguments of a call that do not matter: the strides of a matrix of one row, and, in a
// prediction, the arrays for the statistics of a norm, which only a gradient reads; which of the workers does what one
// of them does, and of how many elements at least they share out, the bits being the same; what an initializer does not
// go by.
func noEffect(set *token.FileSet, fn string, c *ast.CallExpr) []int {
	switch name := text(set, c.Fun); {
	case name == "vec.CopyCols" && text(set, c.Args[0]) == "1":
		return []int{3, 5}
	case name == "norm.LayerNorm" && !strings.HasPrefix(fn, "gradient"):
		return []int{6, 7}
	case strings.HasPrefix(name, "initial.He") || strings.HasPrefix(name, "initial.Lecun"): // the width of the output
		return []int{2}
	case name == "s.Turn":
		return []int{0}
	case name == "s.Range":
		return []int{1}
	case name == "t.team.Count" || name == "t.count": // how much there is to do for an example
		return []int{1}
	case strings.HasPrefix(name, "loss.") && len(c.Args) > 6 && text(set, c.Args[6]) == "nil": // no gradient to be scaled
		return []int{5}
	}
	return nil
}

// slotsOf returns for each buffer of a function the next one.
func slotsOf(body ast.Node) map[string]string {
	var names []string
	seen := map[string]bool{}
	ast.Inspect(body, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && regexp.MustCompile(`^s[0-9]+$`).MatchString(s.Sel.Name) &&
			!seen[s.Sel.Name] {
			seen[s.Sel.Name] = true
			names = append(names, s.Sel.Name)
		}
		return true
	})
	next := map[string]string{}
	for i, name := range names {
		if len(names) > 1 {
			next[name] = names[(i+1)%len(names)]
		}
	}
	return next
}

func text(set *token.FileSet, n ast.Node) string {
	var b strings.Builder
	printer.Fprint(&b, set, n) // into memory
	return b.String()
}
