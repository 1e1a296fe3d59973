package codegen_test

import (
	"go/scanner"
	"go/token"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// longNames gives the names of a text thirty-six characters.
func longNames(text string, names ...string) string {
	for _, n := range names {
		long := n + "_" + strings.Repeat("long_", 5)
		text = regexp.MustCompile(`\b`+n+`\b`).ReplaceAllString(text, long+strings.Repeat("x", 36-len(long)))
	}
	return text
}

// manySections is a network with something in every file of its packages.
const manySections = `version: 1
name: net
inputs:
  - {name: ina, shape: [4, 3]}
  - {name: inb, shape: [4, 3]}
preprocess:
  - standardize: {input: ina}
  - rescale: {input: inb, scale: 0.5}
  - min_max: {input: inb}
layers:
  - concatenate: {name: both, from: [ina, inb]}
  - lstm: {name: memory, units: 5, return_sequences: true, kernel_regularizer: {l2: 0.001}, recurrent_regularizer: {l1: 0.002}}
  - flatten
  - dense: {name: hidden, units: 7, activation: leaky_relu, max_norm: 2}
  - output: {name: outa, from: hidden, task: regression, units: 3}
  - output: {name: outb, from: hidden, task: multiclass, units: 3}
optimizer: {adamw: {lr: 0.001}}
schedule: {cyclical: {mode: triangular2, min_lr: 1.0e-4, max_lr: 3.0e-3, step_size: 200}}
training: {batch_size: 8, clip_norm: 1, clip_value: 3, early_stopping: {monitor: val_loss, patience: 5}}
`

// TestLinesWithLongNamesAreShort bounds the lines of networks with long names.
func TestLinesWithLongNamesAreShort(t *testing.T) {
	specs := map[string]string{"many sections": longNames(manySections, "net", "ina", "inb", "both",
		"memory", "hidden", "outa", "outb")}
	for _, d := range op.All() {
		specs[d.Kind.Name] = longNames(caseSpec(d), "m", "in0", "in1", "in2", "it", "out")
	}
	for name, src := range specs {
		s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
		if problems.Err() != nil {
			t.Fatalf("%s: %v\n%s", name, problems, src)
		}
		out, problems := codegen.Compile(s, os.DirFS("."), codegen.Options{ImportPath: "example.com/m",
			Runtime: "example.com/nnrt", Version: "v0", Trace: true})
		if problems.Err() != nil {
			t.Fatalf("%s: %v\n%s", name, problems, src)
		}
		for file, text := range out.Files {
			for i, line := range strings.Split(string(text), "\n") {
				if n := len([]rune(line)); n > 120 && strings.HasSuffix(file, ".go") && !whole(line) {
					t.Errorf("%s: %s:%d has %d characters:\n%s", name, file, i+1, n, line)
				}
			}
		}
	}
}

// whole tells whether a line has no place to break it at: no comma between items of a list of arguments, values or
// names.
func whole(line string) bool {
	if strings.HasPrefix(line, "//") {
		return strings.HasPrefix(line, "//\t") // of a table
	}
	set := token.NewFileSet()
	f := set.AddFile("", set.Base(), len(line))
	var sc scanner.Scanner
	sc.Init(f, []byte(line), nil, 0)
	for {
		pos, tok, _ := sc.Scan()
		if tok == token.EOF {
			return true
		}
		if at := f.Offset(pos); tok == token.COMMA && at < 110 && at+1 < len(line) {
			return false
		}
	}
}
