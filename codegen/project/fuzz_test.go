package project

import (
	"os"
	"path/filepath"
	"testing"

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
		"{name: b, fill: median, indicator: true}]}\nlayers:\n  - output: {task: regression}\ndata: {train: {csv: m.csv, label: y}}\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		f.Fatal(err)
	}
	p, err := Open(file, "")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{`{"x": [{"words": ["p", "q"]}, {"fill": "1.5"}]}`, `{"x": [{"words": ["p", "p", "", "a"]}]}`,
		`{"x": [{}, {}, {}]}`, `{"x": [{"words": ["\u0000\n` + "`" + `"]}, {"fill": "NaN"}]}`, "null", "[]", `{"y": [{}]}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
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
