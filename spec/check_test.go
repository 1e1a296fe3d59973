package spec

import (
	"strings"
	"testing"
)

func TestSchemaCheck(t *testing.T) {
	if err := local.Check(); err != nil {
		t.Errorf("the schema of these tests is at fault:\n%v", err)
	}
	bad := Schema{
		LayerFamily: {{Name: "Dense", Short: "size", OneOf: [][]string{{"x"}}, Attrs: []Attr{
			{Name: "name", Type: String, Doc: "A name."},
			{Name: "units", Type: Int, Default: 0, Min: Bound(1), Doc: "Units."},
			{Name: "rate", Type: Float, Default: 1, Doc: "Rate."},
			{Name: "mode", Type: Enum, Enum: []string{"a"}, Default: "b", Doc: "Mode."},
			{Name: "act", Type: Nodes, Family: ActivationFamily, Default: "none", Doc: "Activation."},
			{Name: "sizes", Type: Ints, Len: 2, Default: []int{1}},
		}}},
	}
	err := bad.Check()
	if err == nil {
		t.Fatal("no fault found")
	}
	for _, want := range []string{
		`layer "Dense" has no doc`,
		`layer "Dense" is not in snake_case`,
		`layer "Dense": name is there twice, or is an attribute of every layer`,
		`layer "Dense": the default of units is 0, which is out of bounds`,
		`layer "Dense": the default of rate is a int, but must be a float64`,
		`layer "Dense": the default of mode is "b", which is none of its words`,
		`layer "Dense": the default of act is "none", but there is no such activation`,
		`layer "Dense": the default of sizes has 1 values, but must have 2`,
		`layer "Dense": sizes has no doc`,
		`layer "Dense": Short names "size", but there is no such attribute`,
		`layer "Dense": OneOf names "x", but there is no such attribute`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not found: %s\namong:\n%v", want, err)
		}
	}
}
