package golden

import (
	"testing"
)

// TestClassesAreHeldAgainstPredictions gives a rule classes that follow from predictions, and some that do not.
func TestClassesAreHeldAgainstPredictions(t *testing.T) {
	three := Rule{Classes: []string{"a", "b", "c"}}
	ill := Rule{Classes: []string{"well", "ill"}, Binary: true, Threshold: 0.25, Confidence: 0.75}
	for _, c := range []struct {
		rule        Rule
		y           []float32
		class       string
		probability float32
		sure        []bool
		right       bool
	}{
		{three, []float32{0.2, 0.5, 0.3}, "b", 0.5, nil, true},
		{three, []float32{0.2, 0.4, 0.4}, "b", 0.4, nil, true}, // the first of the most probable
		{three, []float32{0.2, 0.4, 0.4}, "c", 0.4, nil, false},
		{three, []float32{0.2, 0.5, 0.3}, "c", 0.3, nil, false},
		{three, []float32{0.2, 0.5, 0.3}, "b", 0.51, nil, false},
		{three, []float32{0.2, 0.5, 0.3}, "d", 0.5, nil, false},
		{ill, []float32{0.3}, "ill", 0.3, []bool{false}, true},
		{ill, []float32{0.125}, "well", 0.875, []bool{true}, true},
		{ill, []float32{0.25}, "ill", 0.25, []bool{false}, true},
		{ill, []float32{0.25}, "well", 0.75, []bool{true}, false},
		{ill, []float32{0.3}, "well", 0.7, []bool{false}, false},
		{ill, []float32{0.125}, "well", 0.125, []bool{false}, false},
		{ill, []float32{0.125}, "well", 0.875, []bool{false}, false},
		{ill, []float32{0.3}, "ill", 0.3, []bool{true}, false},
	} {
		said := &failing{TB: t}
		c.rule.Check(said, "y", 0, c.y)(c.class, c.probability, c.sure...)
		if said.failed == c.right {
			t.Errorf("%v: %s, %v, %v: right is %v", c.y, c.class, c.probability, c.sure, !said.failed)
		}
	}
}

// failing notes whether a test would have failed.
type failing struct {
	testing.TB
	failed bool
}

func (f *failing) Errorf(string, ...any) { f.failed = true }
