package proof

import (
	"os"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
)

// FuzzParse: no bytes of a statement make its reader panic; what it takes is ours.
func FuzzParse(f *testing.F) {
	b, err := os.ReadFile("../../generated/iris/PROOF.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"_type": "` + StatementType + `", "predicateType": "` + PredicateType + `"}`))
	f.Add([]byte(`{"_type": 1}`))
	fuzzing.Fuzz(f, func(t *testing.T, b []byte) {
		s, err := Parse(b)
		if err == nil && (s.Type != StatementType || s.PredicateType != PredicateType) {
			t.Errorf("%q is taken for a statement", b)
		}
		Ours(b)
	})
}
