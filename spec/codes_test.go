package spec

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/nngen/nngen/codegen/fuzzing"
	"golang.org/x/tools/txtar"
)

const examples = "../testdata/spec"

// readExample returns the spec of an example, filled up with blanks if a line `pad: bytes` of the
// archive's comment says so, and the errors that it should have.
func readExample(t *testing.T, path string) (a *txtar.Archive, src []byte, want string) {
	t.Helper()
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range a.Files {
		switch f.Name {
		case "spec.yaml":
			src = f.Data
		case "want:errors":
			want = string(f.Data)
		default:
			t.Fatalf("%s: unexpected file %s", path, f.Name)
		}
	}
	for _, line := range strings.Split(string(a.Comment), "\n") {
		if n, ok := strings.CutPrefix(line, "pad: "); ok {
			size, err := strconv.Atoi(n)
			if err != nil {
				t.Fatal(err)
			}
			src = append(src, bytes.Repeat([]byte{' '}, size-len(src))...)
		}
	}
	return a, src, want
}

// exampleCode returns the code that <code>.txtar or <code>_<case>.txtar is an example of.
func exampleCode(path string) string {
	code, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".txtar"), "_")
	return code
}

func examplePaths(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob(examples + "/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no examples in %s: %v", examples, err)
	}
	return paths
}

func TestExamplesTriggerExactlyTheirCode(t *testing.T) {
	for _, path := range examplePaths(t) {
		code := codeByName(exampleCode(path))
		if code == nil {
			t.Errorf("%s: no such code", path)
			continue
		}
		if code.Floor != "spec" {
			continue // read by codegen
		}
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, src, want := readExample(t, path)
			s, errs := Parse("spec.yaml", src, local)
			if code.Name == "format" { // the only one that Parse does not raise
				_, err := Format("spec.yaml", src)
				errs = asList(err)
			}
			if s != nil && !code.Warning {
				t.Error("a spec was returned")
			}
			for _, e := range errs {
				if e.Code != code.Name || e.Warning != code.Warning {
					t.Errorf("code %s (warning %t), want %s: %v", e.Code, e.Warning, code.Name, e)
				}
			}
			got := report(errs, string(src))
			if os.Getenv("NNGEN_UPDATE") != "" {
				a.Files = append(a.Files[:1], txtar.File{Name: "want:errors", Data: []byte(got)})
				if err := os.WriteFile(path, txtar.Format(a), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("errors (-want +got):\n%s", d)
			}
		})
	}
}

func TestEveryCodeHasAnExample(t *testing.T) {
	have := map[string]bool{}
	for _, path := range examplePaths(t) {
		have[exampleCode(path)] = true
	}
	for _, c := range Codes {
		if c.Floor == "spec" && !have[c.Name] {
			t.Errorf("%s has no example %s/%[1]s.txtar", c.Name, examples)
		}
		if c.Doc == "" || !strings.HasSuffix(c.Doc, ".") {
			t.Errorf("%s has no doc that is a sentence", c.Name)
		}
	}
	sorted := sort.SliceIsSorted(Codes, func(i, j int) bool {
		a, b := Codes[i], Codes[j]
		return a.Floor < b.Floor || a.Floor == b.Floor && a.Name < b.Name
	})
	if !sorted {
		t.Error("Codes are not sorted by floor and name")
	}
}

// TestTheCodesAreListed holds the table of README.md against Codes. NNGEN_UPDATE=1 writes it.
func TestTheCodesAreListed(t *testing.T) {
	const begin, end = "-run TheCodesAreListed -->\n", "<!-- end of codes -->"
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	i, j := strings.Index(string(b), begin), strings.Index(string(b), end)
	if i < 0 || j < i {
		t.Fatal("README.md has no place for the codes")
	}
	var table strings.Builder
	table.WriteString("| code | | means |\n|---|---|---|\n")
	for _, c := range Codes {
		kind := "error"
		if c.Warning {
			kind = "warning"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", c.Name, kind, strings.ReplaceAll(c.Doc, "|", "\\|"))
	}
	want := string(b[:i]) + begin + table.String() + string(b[j:])
	if want == string(b) {
		return
	}
	if os.Getenv("NNGEN_UPDATE") == "" {
		t.Fatal("spec/README.md is stale; run: NNGEN_UPDATE=1 go test ./spec -run TheCodesAreListed")
	}
	if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, path := range examplePaths(f) {
		a, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(a.Files[0].Data)
	}
	f.Add([]byte(digits))
	f.Add([]byte("version: 1\nlayers: [{\"\\e[1m\": {name: \"\\e\", from: [\"\\e\"]}, \"a\\0\": 1}]\n" +
		"\"\\e[2J\": !\\x 1\n"))
	fuzzing.Fuzz(f, func(t *testing.T, src []byte) {
		s, errs := Parse("spec.yaml", src, local)
		if (s == nil) != (errs.Err() != nil) {
			t.Fatalf("spec returned: %t, but errors: %v", s != nil, errs)
		}
		for _, e := range errs {
			if c := codeByName(e.Code); c == nil || c.Floor != "spec" {
				t.Fatalf("code %q is not one of this package: %v", e.Code, e)
			}
		}
		for _, r := range errs.Error() {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Fatalf("%U in the message %q", r, errs.Error())
			}
		}
		report(errs, string(src))
	})
}

// asList returns the errors in err: its ErrorList if it has one, else a list of one.
func asList(err error) ErrorList {
	var l ErrorList
	if errors.As(err, &l) {
		return l
	}
	var e *Error
	if errors.As(err, &e) {
		return ErrorList{e}
	}
	return ErrorList{{Code: "other", Msg: err.Error()}}
}

// codeByName returns a row of Codes, or nil.
func codeByName(name string) *Code {
	for i := range Codes {
		if Codes[i].Name == name {
			return &Codes[i]
		}
	}
	return nil
}
