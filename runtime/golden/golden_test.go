package golden

import (
	"strings"
	"testing"
)

// TestClassesAreHeldAgainstProbabilities gives a rule classes that follow from probabilities, and some that do not.
func TestClassesAreHeldAgainstProbabilities(t *testing.T) {
	three := Rule{Classes: []string{"a", "b", "c"}}
	ill := Rule{Classes: []string{"well", "ill"}, Binary: true, Threshold: 0.25, Confidence: 0.75}
	tol := []float32{1e-6, 1e-6, 1e-6}
	for _, c := range []struct {
		rule        Rule
		want        []float32
		class       string
		probability float32
		sure        []bool
		problem     string // a part of it; "" for none
	}{
		{three, []float32{0.2, 0.5, 0.3}, "b", 0.5, nil, ""},
		{three, []float32{0.2, 0.4, 0.4}, "c", 0.4, nil, ""}, // as probable as b
		{three, []float32{0.2, 0.5, 0.3}, "c", 0.3, nil, `"c" is chosen`},
		{three, []float32{0.2, 0.5, 0.3}, "b", 0.51, nil, "the probability is 0.51"},
		{three, []float32{0.2, 0.5, 0.3}, "d", 0.5, nil, `no class is called "d"`},
		{ill, []float32{0.3}, "ill", 0.3, []bool{false}, ""},
		{ill, []float32{0.1}, "well", 0.9, []bool{true}, ""},
		{ill, []float32{0.2499999}, "ill", 0.2499999, []bool{false}, ""}, // within the bound
		{ill, []float32{0.3}, "well", 0.7, []bool{false}, `"well" is chosen`},
		{ill, []float32{0.1}, "well", 0.1, []bool{false}, "the probability is 0.1"},
		{ill, []float32{0.1}, "well", 0.9, []bool{false}, "sure is false"},
		{ill, []float32{0.3}, "ill", 0.3, []bool{true}, "sure is true"},
	} {
		got := c.rule.check(c.want, tol, c.class, c.probability, c.sure...)
		if c.problem == "" && got != "" || !strings.Contains(got, c.problem) {
			t.Errorf("%v: %s, %v, %v: %q, want %q", c.want, c.class, c.probability, c.sure, got, c.problem)
		}
	}
}
