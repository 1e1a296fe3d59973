package onnx

import (
	"go/token"
	"go/types"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
)

// TestNamesOfFilesAreNamesOfSpecs imports a model under names that YAML takes for numbers or the like, each with an input
// of that name.
func TestNamesOfFilesAreNamesOfSpecs(t *testing.T) {
	for _, name := range []string{"nan", "inf", "infinity", "null", "net"} {
		m := tiny([]*Node{apply("MatMul", "", name+" w", "y")}, floats("w", []int64{4, 4}, make([]float32, 16)...))
		m.Graph.Inputs[0].Name = name
		r, err := m.imported(Options{Name: name})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if r.Net.Spec.Name != name {
			t.Errorf("%s: the name is %q in\n%s", name, r.Net.Spec.Name, r.Spec)
		}
	}
}

// TestNamesOfModelsAreMadeNamesOfSpecs imports models whose inputs, outputs and modules have names that Go, YAML or the
// file system could trip over; what comes out compiles.
func TestNamesOfModelsAreMadeNamesOfSpecs(t *testing.T) {
	names := []string{"日本語", "a\nb", "0", "a/b", "'; DROP", "con", "x:0", "\u202ex", "__", "-", "true", "null", "~", "nan", "inf", ".inf",
		"@x.y", strings.Repeat("X", 10000),
		"Predict", "model", "weights", "gemm", "vec", "math", "os", "fmt", "batch", "x", "X", "input", "output", "y"}
	for tok := token.BREAK; tok <= token.VAR; tok++ {
		names = append(names, tok.String())
	}
	names = append(names, types.Universe.Names()...)
	for _, name := range names {
		w := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17}
		m := tiny([]*Node{apply("MatMul", "/"+name+"/MatMul", "x w", "h"), apply("Tanh", "/"+name+"/Tanh", "h", "a"),
			apply("MatMul", "/"+name+"/"+name+"/MatMul", "a w", "y")},
			floats("w", []int64{4, 4}, w...))
		for _, p := range []*string{&m.Graph.Inputs[0].Name, &m.Graph.Nodes[0].In[0]} {
			*p = name + "_in"
		}
		if len(name)%2 == 0 {
			m.Graph.Inputs[0].Name, m.Graph.Nodes[0].In[0] = name, name
		}
		r, err := m.imported(Options{Name: "m"})
		if err != nil {
			t.Errorf("%.40q: %v", name, err)
			continue
		}
		if testing.Short() {
			continue
		}
		if _, problems := codegen.Compile(r.Net.Spec, nil,
			codegen.Options{ImportPath: "example.com/m"}); problems.Err() != nil {
			t.Errorf("%.40q: %v\n%s", name, problems.Err(), r.Spec)
		}
	}
}
