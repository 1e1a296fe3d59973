package project

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/mod/module"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/runtime/safetensors"
)

// FuzzFitted: whatever weights say of what their columns took from the training rows, it is an error, or columns of the
// spec that encode a row.
func FuzzFitted(f *testing.F) {
	dir := f.TempDir()
	file := filepath.Join(dir, "m.yaml")
	const text = "version: 1\nname: m\ninput: {name: x, shape: [6], columns: [{name: a, max_words: 3, other: true}, " +
		"{name: b, fill: median, indicator: true}]}\nlayers:\n  - output: {task: regression}\n" +
		"data: {train: {csv: m.csv, label: y}}\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		f.Fatal(err)
	}
	p, err := Open(file, "")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{`{"x": [{"words": ["p", "q"]}, {"fill": "1.5"}]}`,
		`{"x": [{"words": ["p", "p", "", "a"]}]}`,
		`{"x": [{}, {}, {}]}`, `{"x": [{"words": ["\u0000\n` + "`" + `"]}, {"fill": "NaN"}]}`, "null", "[]", `{"y": [{}]}`} {
		f.Add(seed)
	}
	fuzzing.Fuzz(f, func(t *testing.T, text string) {
		b, err := safetensors.Encode(map[string]string{"spec": "0", net.FittedKey: text}, nil)
		if err != nil {
			t.Skip(err)
		}
		fitted, err := Fitted(p.Spec, b)
		if err != nil {
			return
		}
		columns := fitted.Columns(p.Spec.Inputs[0])
		if len(columns) != 2 || len(columns[0].Values) > 3 {
			t.Fatalf("%q gives %+v", text, columns)
		}
		x := make([]float32, 6)
		if err := encode.Row(x, []string{"p", ""}, columns, net.Format(p.Spec)); err == nil {
			for i, v := range x {
				if v != v {
					t.Errorf("%q: number %d of the row is %g", text, i, v)
				}
			}
		}
	})
}

// FuzzModule: whatever a go.mod holds, it is an error, or a folder below it has an import path that Go takes.
func FuzzModule(f *testing.F) {
	for _, text := range []string{
		"module example.com/m\n\ngo 1.24\n",
		"module \"example.com/m\"\n\ngo 1.22.0\n",
		"go 1.24\n",
		"",
		"module m\n",
		"module example.com/m\n\ngo 1.24\n\ntool github.com/nngen/nngen/cmd/nngen\n",
		"module example.com/m\x00\n\ngo 1.24\n",
		"module ../m\n\ngo 1.24\n",
		"module example.com/m\n\ngo 99999999999999999999\n",
		"module example.com/m\n\ngo 1.24\nreplace (\n",
		"module \"a\\nb\"\ngo 1.24\n",
		"module vendor\n\ngo 1.24rc1\n",
		"\ufeffmodule example.com/m\r\n\r\ngo 1.24\r\n",
		"module example.com/m // comment\ngo 1.24\nfuture thing\n",
	} {
		f.Add([]byte(text))
	}
	fuzzing.Fuzz(f, func(t *testing.T, b []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "go.mod"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		call(dir)
		p, err := importPath(filepath.Join(dir, "net"))
		if err == nil && module.CheckImportPath(p) != nil {
			t.Errorf("the import path %q", p)
		}
		if err != nil && err.Error() == "" {
			t.Error("an error without a word")
		}
	})
}
