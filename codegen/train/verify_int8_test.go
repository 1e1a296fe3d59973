package train

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/plan/plantest"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// TestVerifyFindsFaultsOfIntegers verifies a package of 8-bit integers as it is compiled, and with the biases of
// another layer.
func TestVerifyFindsFaultsOfIntegers(t *testing.T) {
	s, problems := spec.Parse("m.yaml", []byte("version: 1\nname: m\ninput: {shape: [6]}\nlayers:\n"+
		"  - dense: {name: a, units: 6, activation: relu}\n  - dense: {name: b, units: 6, activation: relu}\n"+
		"  - output: {task: regression}\n"), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: modulePath + "m", Int8: true})
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	r := rand.New(rand.NewPCG(1, 2))
	numbers := plantest.Calibrate(t, out, plantest.Draw(out, r), r)
	weights, err := safetensors.Encode(map[string]string{"spec": out.Int8.Sum()}, out.Int8.Tensors(numbers))
	if err != nil {
		t.Fatal(err)
	}
	vectors, _, err := golden.Int8(out.Int8, numbers, output.Sum(weights), nil)
	if err != nil {
		t.Fatal(err)
	}
	files := maps.Clone(out.Files)
	files["mint8/"+output.Weights], files["mint8/"+golden.File] = weights, vectors
	for _, wrong := range []bool{false, true} {
		if wrong {
			src := files["mint8/forward.go"]
			files["mint8/forward.go"] = bytes.ReplaceAll(src, []byte("Bias: m.bB[:]"), []byte("Bias: m.aB[:]"))
			if bytes.Equal(src, files["mint8/forward.go"]) {
				t.Fatalf("no biases of b in\n%s", src)
			}
		}
		got, err := testInt8(t.Context(), out.Net, files)
		if err != nil {
			t.Fatal(err)
		}
		if (got.Failure != "") != wrong || got.Elements == 0 {
			t.Errorf("wrong %t: %d numbers were compared: %s", wrong, got.Elements, got.Failure)
		}
		if err := selfTestInt8(t.Context(), out.Net, files); (err != nil) != wrong {
			t.Errorf("wrong %t: %v", wrong, err)
		}
	}
	files["mint8/forward.go"] = append(files["mint8/forward.go"], "var _ int = text\n"...)
	if err := selfTestInt8(t.Context(), out.Net, files); err == nil || !strings.Contains(err.Error(), "undefined: text") ||
		!strings.Contains(err.Error(), "it was not put in place") {
		t.Errorf("of a package that does not build: %v", err)
	}
}
