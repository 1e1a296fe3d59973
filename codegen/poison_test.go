package codegen_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/bundle"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/sandbox"
	"github.com/nngen/nngen/runtime"
	"github.com/nngen/nngen/spec"
)

// poisons are texts that would be code, a directive, a mark or the end of a literal if anything took them for more than
// text. No character occurs twice in those that may be the characters of a vocabulary.
var poisons = []string{
	"a\nfunc init() { println(\"owned\") } //",
	"a\r\n//go:generate touch owned\n//go:embed x",
	"*/ /* \"quoted\" `raw` 'c' \\",
	"@gemm.NN me@perl.org x@model.Seed",
	"%d %s %!v(MISSING) %",
	"\u2028\u2029\u0085 \u202eright to left\u2066 \ufeff\u200f",
	"\x00\x01\x1b[31m\x7f",
	"Body Mass\n(g)",
	"\\",
	"$clip ${1} {{.Name}}",
	"ab\n\"`\\*/@.%d\u2028\u202e\u00e9\U0001F600",
	strings.Repeat("long, ", 60) + "\\",
}

// The tame specs have, between them, every section that a spec may have, and a place for every attribute that takes
// text.
var (
	table = func() map[string]any {
		source := func() any {
			return map[string]any{"csv": "a.csv", "label": []any{"y"}, "weight": "w", "delimiter": ",",
				"series": map[string]any{"columns": []any{"c"}, "index": "t"}}
		}
		return map[string]any{
			"name": "m", "task": "multiclass", "classes": []any{"one", "two"},
			"input": map[string]any{"name": "row", "shape": []any{7},
				"columns": []any{map[string]any{"name": "c1", "unit": "kg"}, "c2",
					map[string]any{"name": "c3", "words": []any{"u1", "u2"}}, map[string]any{"name": "c4", "flag": []any{"no", "yes"}},
					map[string]any{"name": "c5", "fill": "7"}},
				"one_hot": []any{map[string]any{"column": "c2", "values": []any{"v1", "v2"}}}},
			"preprocess": []any{map[string]any{"rescale": map[string]any{"input": "row", "scale": 2}}},
			"layers": []any{
				map[string]any{"dense": map[string]any{"name": "h", "units": 2, "from": []any{"row"},
					"sparsity": map[string]any{"mask": map[string]any{"file": "mask.csv"}}}},
				map[string]any{"dense": map[string]any{"name": "h2", "units": 2, "share": "h", "from": []any{"row"},
					"sparsity": map[string]any{"mask": map[string]any{"file": "mask.csv"}}}},
				"output"},
			"optimizer": "adam", "schedule": map[string]any{"reduce_on_plateau": map[string]any{"monitor": "loss"}},
			"training": map[string]any{"class_weights": map[string]any{"two": 2}, "metrics": []any{"accuracy"},
				"early_stopping": map[string]any{"monitor": "loss"}},
			"data":     map[string]any{"train": source(), "validation": source(), "test": source()},
			"generate": map[string]any{"runtime": "import"},
		}
	}
	text = func() map[string]any {
		return map[string]any{
			"name": "m", "task": "multiclass",
			"input":    map[string]any{"name": "row", "shape": []any{3}, "tokens": map[string]any{"characters": "xyz"}},
			"layers":   []any{map[string]any{"embedding": map[string]any{"output_dim": 2}}, "flatten", "output"},
			"generate": map[string]any{"runtime": "import"},
		}
	}
	reviews = func() map[string]any {
		root := text()
		root["input"] = map[string]any{"name": "row", "shape": []any{3},
			"tokens": map[string]any{"column": "review", "characters": "xyz", "steps": 3}}
		root["classes"] = []any{"one", "two"}
		root["data"] = map[string]any{"train": map[string]any{"csv": "a.csv", "label": "y", "features": []any{"review"}}}
		return root
	}
	fitted = func() map[string]any {
		root := arrays("csv")()
		root["input"] = map[string]any{"name": "row", "shape": []any{3},
			"columns": []any{map[string]any{"name": "c", "max_words": 2, "other": true, "fill": "word"}}}
		delete(root, "data")
		return root
	}
	// language foretells the next token of a text.
	language = func() map[string]any {
		root := text()
		root["layers"] = []any{map[string]any{"embedding": map[string]any{"output_dim": 2}}, "output"}
		root["data"] = map[string]any{"train": map[string]any{"text": "a.txt"}, "validation": map[string]any{"text": "b.txt"},
			"test": map[string]any{"text": "c.txt"}}
		return root
	}
	arrays = func(format string) func() map[string]any {
		return func() map[string]any {
			source := func() any { return map[string]any{format: "x", "labels": "y"} }
			return map[string]any{
				"name": "m", "task": "multiclass", "classes": []any{"one", "two"},
				"input":    map[string]any{"name": "row", "shape": []any{3}},
				"layers":   []any{"output"},
				"data":     map[string]any{"train": source(), "validation": source(), "test": source()},
				"generate": map[string]any{"runtime": "import"},
			}
		}
	}
	pictures = func() map[string]any {
		root := arrays("npy")()
		source := func() any { return map[string]any{"image": map[string]any{"folder": "x"}} }
		root["input"] = map[string]any{"name": "row", "shape": []any{4, 4, 3}}
		root["layers"] = []any{"flatten", "output"}
		root["data"] = map[string]any{"train": source(), "validation": source(), "test": source()}
		return root
	}
	bases = []func() map[string]any{table, text, reviews, fitted, language, arrays("npy"), arrays("idx"), pictures}
)

// names are the attributes whose text must be the name of something, or a Go name: no poison is one.
var names = map[string]bool{
	"spec.name": true, "input.name": true, "layers.name": true, "layers.from": true, "layers.share": true,
	"layer.initial_state":           true,
	"recurrent_layer.initial_state": true, "layer_of_a_step.initial_state": true, "one_hot.column": true,
	"preprocess.input": true, "schedule.monitor": true, "early_stopping.monitor": true,
	"training.metrics": true, "quantize.skip": true, "training.class_weights": true, "layer.class_weights": true,
}

// places are where the sections of a spec, and the kinds of families, stand in the tame specs; a step of a path is a
// key, or a number in a list.
var places = map[string][][]any{
	"spec":     {{}},
	"input":    {{"input"}},
	"column":   {{"input", "columns", 0}, {"input", "columns", 2}, {"input", "columns", 3}, {"input", "columns", 4}},
	"one_hot":  {{"input", "one_hot", 0}},
	"tokens":   {{"input", "tokens"}},
	"layers":   {{"layers", 0, "dense"}, {"layers", 1, "dense"}},
	"training": {{"training"}}, "early_stopping": {{"training", "early_stopping"}},
	"data":   {{"data"}},
	"source": {{"data", "train"}, {"data", "validation"}, {"data", "test"}},
	"series": {{"data", "train", "series"}},
	"image":  {{"data", "train", "image"}, {"data", "validation", "image"}, {"data", "test", "image"}},
	"limits": {{"limits"}}, "generate": {{"generate"}}, "quantize": {{"quantize"}},
	string(spec.SparsityFamily):   {{"layers", 0, "dense", "sparsity"}},
	string(spec.ScheduleFamily):   {{"schedule"}},
	string(spec.PreprocessFamily): {{"preprocess", 0}},
	string(spec.LayerFamily):      {{"layers", 0}},
	string(spec.OptimizerFamily):  {{"optimizer"}},
	string(spec.RecurrentFamily):  {{"layers", 0, "bidirectional", "layer"}},
	string(spec.PerStepFamily):    {{"layers", 0, "time_distributed", "layer"}},
}

// field is a place of tame specs that takes text.
type field struct {
	path  []any
	attr  spec.Attr
	name  string // place and attribute
	label string
}

// set returns a tame spec with a text in the field: for a list, in place of its first word. It is nil if the spec has
// no such place.
func (f field) set(base func() map[string]any, value string) []byte {
	root := base()
	var at any = root
	for _, step := range f.path {
		switch s := step.(type) {
		case string:
			m, ok := at.(map[string]any)
			if !ok {
				return nil
			}
			if m[s] == nil {
				m[s] = map[string]any{}
			}
			at = m[s]
		case int:
			list, _ := at.([]any)
			if s >= len(list) {
				return nil
			}
			at = list[s]
		}
	}
	m, ok := at.(map[string]any)
	if !ok {
		return nil
	}
	switch old := m[f.attr.Name].(type) {
	case []any:
		old[0] = value
	case map[string]any: // weights of classes
		m[f.attr.Name] = map[string]any{value: 2}
	default:
		m[f.attr.Name] = value
	}
	return yaml(root)
}

// yaml writes a spec, in ASCII: to YAML some characters beyond it are line ends.
func yaml(root map[string]any) []byte {
	b, err := json.Marshal(root)
	if err != nil {
		panic(err)
	}
	out := []byte(`{"version": 1, `)
	for _, r := range string(b[1:]) {
		if r < 0x7f {
			out = append(out, byte(r))
		} else {
			out = fmt.Appendf(out, `\U%08x`, r)
		}
	}
	return out
}

// takesText tells whether some text of the user's own may be the value of an attribute.
func takesText(a spec.Attr) bool {
	switch a.Type {
	case spec.String, spec.Labels, spec.Weights, spec.Refs:
		return true
	case spec.Strings:
		return len(a.Enum) == 0
	}
	return false
}

// textFields walks the schema.
func textFields(t *testing.T) []field {
	var all []field
	add := func(place, kind string, as []spec.Attr) {
		for _, a := range as {
			if !takesText(a) {
				continue
			}
			if places[place] == nil {
				t.Errorf("%s %s takes text as %s, but no tame spec has such a place", place, kind, a.Name)
			}
			for _, path := range places[place] {
				if kind != "" {
					path = append(slices.Clone(path), kind)
				}
				all = append(all, field{path, a, place + "." + a.Name, fmt.Sprint(path, a.Name)})
			}
		}
	}
	for _, k := range spec.Sections() {
		add(k.Name, "", k.Attrs)
	}
	for family, kinds := range op.Schema() {
		for _, k := range kinds {
			add(string(family), k.Name, k.Attrs)
		}
	}
	slices.SortFunc(all, func(a, b field) int { return strings.Compare(a.label, b.label) })
	return all
}

// poisonFiles has a file of any name: a mask if it ends so, else words.
type poisonFiles struct{}

func (poisonFiles) Open(name string) (fs.File, error) {
	content := "word\nother\n"
	if strings.HasSuffix(name, "mask.csv") {
		content = "1,0\n1,1\n0,1\n1,0\n1,0\n1,0\n1,0\n"
	}
	return fstest.MapFS{"file": {Data: []byte(content)}}.Open("file")
}

// tameNamed returns a tame spec of the name m.
func tameNamed(base func() map[string]any) []byte {
	return field{attr: spec.Attr{Name: "name"}}.set(base, "m")
}

// compilePoisoned compiles a spec; the output is nil if the spec is in error, and then every error has a place.
func compilePoisoned(t *testing.T, file string, src []byte, files fs.FS) *codegen.Output {
	t.Helper()
	s, problems := spec.Parse(file, src, op.Schema())
	if s == nil {
		checkPlaced(t, problems)
		return nil
	}
	out, problems := codegen.Compile(s, files, codegen.Options{ImportPath: "example.com/m", Version: "v0"})
	if out == nil {
		checkPlaced(t, problems)
	}
	return out
}

func checkPlaced(t *testing.T, problems spec.ErrorList) {
	t.Helper()
	for _, p := range problems {
		if p.Pos.Line == 0 {
			t.Errorf("an error without a place: %v", p)
		}
	}
}

// rowFields returns the fields of the struct Row of a file, which are named after columns, with names by their place,
// and takes their tags away.
func rowFields(f *ast.File) map[string]string {
	names := map[string]string{}
	ast.Inspect(f, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok && strings.HasPrefix(spec.Name.Name, "Row") {
			if s, ok := spec.Type.(*ast.StructType); ok {
				for _, field := range s.Fields.List {
					field.Tag = nil // a name that no tag can hold has none
					for _, id := range field.Names {
						names[id.Name] = fmt.Sprint("Field", len(names))
					}
				}
			}
		}
		return true
	})
	return names
}

// skeleton returns the code of all Go files, without comments, the values of strings, and the names that the fields of
// Row have of columns, and the strings.
func skeleton(t *testing.T, files map[string][]byte) (code string, literals []string) {
	t.Helper()
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, files[name], parser.ParseComments)
		if err != nil {
			t.Fatalf("%v\n%s", err, files[name])
		}
		for _, g := range f.Comments {
			for _, c := range g.List {
				if slices.Contains(directives, c.Text) {
					continue
				}
				if !strings.HasPrefix(c.Text, "// ") && c.Text != "//" && !strings.HasPrefix(c.Text, "//\t") ||
					strings.ContainsFunc(c.Text, strange) {
					t.Errorf("%s: the comment %q", set.Position(c.Pos()), c.Text)
				}
			}
		}
		if f, err = parser.ParseFile(set, name, files[name], 0); err != nil {
			t.Fatal(err)
		}
		fields := rowFields(f)
		ast.Inspect(f, func(n ast.Node) bool {
			if l, ok := n.(*ast.CompositeLit); ok { // a column whose name no tag holds has the member of its field
				l.Elts = slices.DeleteFunc(l.Elts, func(e ast.Expr) bool {
					kv, ok := e.(*ast.KeyValueExpr)
					return ok && fmt.Sprint(kv.Key) == "Member"
				})
			}
			if id, ok := n.(*ast.Ident); ok && fields[id.Name] != "" {
				id.Name = fields[id.Name]
			}
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				s, err := strconv.Unquote(l.Value)
				if err != nil {
					t.Errorf("%s: %v", set.Position(l.Pos()), err)
				}
				literals = append(literals, s)
				l.Value = `""`
			}
			return true
		})
		if err := printer.Fprint(&b, token.NewFileSet(), f); err != nil {
			t.Fatal(err)
		}
	}
	return wordCase.ReplaceAllString(strings.Join(strings.Fields(b.String()), " "), ""), literals
}

// wordCase is that of a word in the switch of a Row, which long words and those with blanks around them have none of.
var wordCase = regexp.MustCompile(`case "": e\.Word\(\d+\) `)

// directives are the comments of generated code that the compiler reads.
var directives = []string{
	"//go:noescape", "//go:build amd64 && !purego", "//go:build !amd64 || purego",
	"//go:build (amd64 || arm64) && !purego", "//go:build (!amd64 && !arm64) || purego",
}

// strange tells whether a character of a comment may be taken for a line end, or changes how others are shown.
func strange(r rune) bool { return r != '\t' && !strconv.IsPrint(r) }

// TestTextOfUsersIsNeverCode puts poison into every field of the schema that takes text: either that is an error with a
// place, or the code is that of the tame spec, and the text is the value of a literal.
func TestTextOfUsersIsNeverCode(t *testing.T) {
	tame := make([]string, len(bases))
	for i, base := range bases {
		s, problems := spec.Parse("m.yaml", tameNamed(base), op.Schema())
		if s == nil {
			t.Fatalf("tame spec %d is in error: %v", i, problems)
		}
		out, problems := codegen.Compile(s, poisonFiles{}, codegen.Options{ImportPath: "example.com/m", Version: "v0"})
		if out == nil {
			t.Fatalf("tame spec %d is in error: %v", i, problems)
		}
		tame[i], _ = skeleton(t, out.Files)
	}
	accepted := map[string]int{}
	for _, f := range textFields(t) {
		for i, base := range bases {
			n := f.poison(t, base, tame[i])
			accepted[f.name] += n
			if n > 0 {
				break
			}
		}
	}
	for name, n := range accepted {
		if n == 0 && !names[name] {
			t.Errorf("%s takes text, but no tame spec accepts some there", name)
		}
	}
}

// poison puts each poison into a field of a tame spec, whose code is given, and returns how many are accepted there.
func (f field) poison(t *testing.T, base func() map[string]any, code string) (accepted int) {
	t.Helper()
	want := ""
	for _, p := range poisons {
		src := f.set(base, p)
		if src == nil {
			return 0
		}
		out := compilePoisoned(t, "m.yaml", src, poisonFiles{})
		if out == nil {
			continue
		}
		if accepted++; want == "" {
			calm := "Tame"
			if f.attr.Name == "characters" {
				calm = "tame"
			}
			want = code // where no text of that form is fine
			if o := compilePoisoned(t, "m.yaml", f.set(base, calm), poisonFiles{}); o != nil {
				want, _ = skeleton(t, o.Files)
			}
		}
		got, literals := skeleton(t, out.Files)
		if f.attr.Name != "characters" && got != want {
			t.Errorf("%s is %q: the code is another", f.label, p)
		}
		shown := slices.Contains([]string{"classes", "columns", "values", "characters"}, f.attr.Name)
		inData := len(f.path) == 0 || f.path[0] == "data"
		if (shown && !inData || f.attr.Name == "classes") && !slices.Contains(literals, p) &&
			!strings.Contains(strings.Join(literals, ""), p) {
			t.Errorf("%s is %q: no literal has that value", f.label, p)
		}
	}
	return accepted
}

// TestNamesOfFilesAreNeverCode does so with the names of files: of the spec, and of those that it names.
func TestNamesOfFilesAreNeverCode(t *testing.T) {
	src := tameNamed(table)
	want, _ := skeleton(t, compilePoisoned(t, "m.yaml", src, poisonFiles{}).Files)
	for _, p := range append(slices.Clone(poisons), "\xff\xfe.yaml", "\xef\xbb\xbfm.yaml") {
		out := compilePoisoned(t, p, src, poisonFiles{})
		if got, _ := skeleton(t, out.Files); got != want {
			t.Errorf("the spec's name is %q: the code is another", p)
		}
		for name, b := range out.Files {
			if line, _, _ := bytes.Cut(b, []byte("\n")); !bytes.HasPrefix(line, []byte("// Code generated by nngen v0 from ")) ||
				!bytes.HasSuffix(line, []byte("; DO NOT EDIT.")) {
				t.Errorf("the spec's name is %q: %s begins with %q", p, name, line)
			}
		}
	}
}

// TestTextOfUsersComesBack builds packages with poison in classes, columns, words and vocabularies, and asks them.
func TestTextOfUsersComesBack(t *testing.T) {
	if testing.Short() {
		t.Skip("builds packages")
	}
	const runtimePath = "poison/internal"
	// no value of a spec
	poisons := slices.DeleteFunc(slices.Clone(poisons), func(p string) bool { return strings.Contains(p, "\x00") })
	all := strings.Join(poisons, "")
	var words []string
	for _, p := range poisons {
		words = append(words, strings.Join(strings.FieldsFunc(p,
			func(r rune) bool { return strings.ContainsRune(" \t\v\f\r\n", r) }), "_"))
	}
	var characters []rune
	for _, r := range all {
		if !slices.Contains(characters, r) {
			characters = append(characters, r)
		}
	}
	files := map[string][]byte{}
	add := func(name string, root map[string]any, fsys fstest.MapFS) {
		root["name"] = name
		delete(root, "data")
		s, problems := spec.Parse(name+".yaml", yaml(root), op.Schema())
		if s == nil {
			t.Fatal(problems)
		}
		out, problems := codegen.Compile(s, fsys, codegen.Options{ImportPath: "poison/" +
			name, Version: "v0", Runtime: runtimePath})
		if out == nil {
			t.Fatal(problems)
		}
		for f, b := range out.Files {
			files[name+"/"+f] = b
		}
	}
	rows := table()
	rows["classes"], rows["layers"] = anys(poisons), []any{"output"}
	delete(rows["training"].(map[string]any), "class_weights")
	var values []any // fields are read without space around them
	for _, p := range poisons {
		values = append(values, strings.TrimSpace(p))
	}
	rows["input"] = map[string]any{"name": "row", "shape": []any{len(poisons) + 1}, "columns": []any{all, "c2"},
		"one_hot": []any{map[string]any{"column": "c2", "values": values}}}
	add("rows", rows, nil)
	next := func(tokens map[string]any) map[string]any {
		spec := text()
		spec["input"] = map[string]any{"name": "row", "shape": []any{3}, "tokens": tokens}
		return spec
	}
	add("chars", next(map[string]any{"characters": string(characters)}), nil)
	add("words", next(map[string]any{"vocabulary": "words.txt"}),
		fstest.MapFS{"words.txt": {Data: []byte(strings.Join(words, "\n"))}})
	files["main.go"] = []byte(`package main

import (
	"encoding/json"
	"fmt"
	"os"

	"poison/chars"
	"poison/rows"
	"poison/words"
)

func main() {
	var in struct { Poisons []string; Characters string; Words string }
	b, err := os.ReadFile("in.json")
	if err == nil {
		err = json.Unmarshal(b, &in)
	}
	if err != nil {
		panic(err)
	}
	var x [rows.InputSize]float32
	for i, p := range in.Poisons {
		if rows.Classes[i] != p {
			fmt.Printf("class %d is %q, want %q\n", i, rows.Classes[i], p)
		}
		if err := rows.Encode([]string{"1", p}, &x); err != nil || x[1+i] != 1 {
			fmt.Printf("Encode of %q: %v, %v\n", p, x, err)
		}
	}
	for _, v := range []struct { of interface { Tokens(string) ([]float32, error); Text([]float32) string }; text string } {
		{chars.Vocabulary, in.Characters}, {words.Vocabulary, in.Words},
	} {
		tokens, err := v.of.Tokens(v.text)
		if err != nil || v.of.Text(tokens) != v.text {
			fmt.Printf("%q comes back as %q, %v\n", v.text, v.of.Text(tokens), err)
		}
	}
}
`)
	copies, err := bundle.Files(bundle.Config{Source: runtime.Source, From: codegen.RuntimePath, To: runtimePath,
		Header: "// Code generated by nngen v0 from its runtime; DO NOT EDIT."}, files)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range copies {
		files["internal/"+name] = b
	}
	m, err := sandbox.New("poison", files)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	in, err := json.Marshal(map[string]any{"Poisons": poisons, "Characters": string(characters),
		"Words": strings.Join(words, " ")})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(m.Path("in.json"), in, 0o644); err != nil {
		t.Fatal(err)
	}
	said, err := m.Go(context.Background(), "run", ".")
	if err != nil || len(said) > 0 {
		t.Errorf("%v\n%s", err, said)
	}
}

func anys(words []string) []any {
	var all []any
	for _, w := range words {
		all = append(all, w)
	}
	return all
}
