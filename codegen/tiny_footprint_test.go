package codegen_test

import (
	"math"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/plan/plantest"
	"github.com/nngen/nngen/spec"
)

// TestFootprintsOfTheTinyProfile compares what the code of tiny packages is foretold to take with that of linked
// programs, which nngen bench --profiles measured: doc of package tiny of the runtime.
func TestFootprintsOfTheTinyProfile(t *testing.T) {
	linked := map[string]int64{"perceptron": 6548, "digits": 10905, "lenet_digits": 15233, "names_gru": 21557}
	for _, out := range plantest.ExamplesOf(t, "perceptron", "digits", "lenet_digits", "names_gru") {
		s := *out.Net.Spec
		s.Generate = spec.Generate{Profile: spec.Tiny, Runtime: "copy", Stream: "auto"}
		tiny, problems := codegen.Compile(&s, nil, codegen.Options{ImportPath: "example.com/m"})
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		f := tiny.Footprint()
		if want := linked[s.Name]; math.Abs(float64(f.Code-want)) > 0.15*float64(want) {
			t.Errorf("%s: %d bytes of code, a linked program has %d", s.Name, f.Code, want)
		}
		if f.Model != 0 || f.Pools != 0 || f.Example == 0 || f.Weights < 4*int64(out.Net.Params[0].Size()) {
			t.Errorf("%s: %+v", s.Name, f)
		}
	}
}
