package audit

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// compiled compiles a spec as it stands, and audits what comes of it.
func compiled(t *testing.T, name string, src []byte, dir string) *Report {
	t.Helper()
	s, problems := spec.Parse(name, src, op.Schema())
	if problems.Err() != nil {
		if strings.Contains(name, "trained true") {
			return nil // a kind that reads tokens, say
		}
		t.Fatal(problems)
	}
	out, problems := codegen.Compile(s, os.DirFS(dir), codegen.Options{ImportPath: "example.com/" +
		s.Name, Version: "v0", Runtime: codegen.RuntimePath})
	if out == nil {
		if strings.Contains(name, "trained true") {
			return nil
		}
		t.Fatal(problems)
	}
	r, err := Run(out.Net, out.Files)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return r
}

// kindSpecs returns a network around each case of each kind, or around the first of each: as it is, and behind layers
// that are trained, so that the kind has a gradient to pass on. f tells whether that can be.
func kindSpecs(all bool, f func(name, text string) bool) {
	for _, d := range op.All() {
		for i, c := range d.Cases {
			if i > 0 && !all {
				break
			}
			for _, trained := range []bool{true, false} {
				var b strings.Builder
				fmt.Fprintf(&b, "version: 1\nname: m\ntask: regression\ninputs:\n")
				var from []string
				for j, s := range c.In {
					fmt.Fprintf(&b, "  - {name: in%d, shape: %s}\n", j, shape(s))
					from = append(from, fmt.Sprintf("in%d", j))
				}
				from, fronts := c.Fronts(from)
				b.WriteString("layers:\n" + fronts)
				for j := range from {
					if trained && !(fronts != "" && j == 0) {
						fmt.Fprintf(&b, "  - affine: {name: pre%d, from: [%s]}\n", j, from[j])
						from[j] = fmt.Sprintf("pre%d", j)
					}
				}
				fmt.Fprintf(&b, "  - %s: {%s}\n  - flatten\n  - output: {name: out, units: 3}\ntraining: {batch_size: 5}\n",
					d.Kind.Name, c.Keys("it", from))
				if f(fmt.Sprintf("%s case %d, trained %t", d.Kind.Name, i, trained), b.String()) && !all {
					break
				}
			}
		}
	}
}

// TestEveryKindPasses audits a network around each kind; NNGEN_AUDIT=all around all cases.
func TestEveryKindPasses(t *testing.T) {
	n := 0
	kindSpecs(os.Getenv("NNGEN_AUDIT") == "all", func(name, text string) bool {
		r := compiled(t, name, []byte(text), ".")
		if r == nil {
			return false
		}
		n++
		for _, f := range r.Findings {
			t.Errorf("%s: %s", name, f)
		}
		return true
	})
	if n < 80 {
		t.Errorf("only %d networks were read", n)
	}
}

func shape(s ir.Shape) string {
	var out []string
	for _, d := range s {
		out = append(out, strconv.Itoa(d))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// TestExamplesPass audits the examples as they are compiled.
func TestExamplesPass(t *testing.T) {
	specs, err := filepath.Glob("../../generated/*/*.yaml")
	if err != nil || len(specs) < 17 {
		t.Fatalf("%d specs, %v", len(specs), err)
	}
	more, err := filepath.Glob("../../testdata/compile/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range slices.Concat(specs, more) {
		if strings.Contains(file, "chain_") || strings.Contains(file, "100m") || os.Getenv("NNGEN_AUDIT") == "" &&
			strings.Contains(file, "compile") {
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r := compiled(t, file, src, filepath.Dir(file))
		for _, f := range r.Findings {
			t.Errorf("%s: %s", filepath.Base(file), f)
		}
		t.Logf("%s: %d functions, %d statements", filepath.Base(file), len(r.Functions), r.Statements)
	}
}
