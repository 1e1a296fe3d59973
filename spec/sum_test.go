package spec

import (
	"strings"
	"testing"
)

func TestSumsAreOfTheMeaning(t *testing.T) {
	base := mustParse(t, digits)
	for _, c := range []struct {
		name       string
		old, new   string
		sum, model bool // whether the sums stay the same
	}{
		{"comment", "# or a count", "# ten", true, true},
		{"order of keys", "{filters: 8, kernel_size: 3,", "{kernel_size: 3, filters: 8,", true, true},
		{"default written", "units: 32,", "units: 32, use_bias: true,", true, true},
		{"kind as a mapping", "activation: relu}", "activation: {relu: {}}}", true, true},
		{"list for one number", "kernel_size: 3", "kernel_size: [3, 3]", true, true},
		{"another number form", "l2: 1.0e-4", "l2: 0.0001", true, true},
		{"from written", "- dropout: {rate: 0.25}", "- dropout: {rate: 0.25, from: h1}", true, true},
		{"data", "header: false", "header: true", true, true},
		{"limits", "params: 100000", "params: 100001", true, true},
		{"package name", "name: digits ", "name: digits2 ", false, true},
		{"training", "epochs: 30", "epochs: 31", false, true},
		{"optimizer", "lr: 1.0e-3", "lr: 1.0e-2", false, true},
		{"schedule", "step_size: 200", "step_size: 100", false, true},
		{"trainable written", "filters: 8,", "filters: 8, trainable: true,", true, true},
		{"frozen", "filters: 8,", "filters: 8, trainable: false,", false, true},
		{"weights written", "version: 1\n", "version: 1\nweights: {dtype: f32}\n", true, true},
		{"weights", "version: 1\n", "version: 1\nweights: {dtype: float16}\n", false, true},
		{"weights of a layer", "filters: 8,", "filters: 8, weights: bf16,", false, true},
		{"layer", "filters: 8", "filters: 9", false, false},
		{"layer name", "{from: [h1, h2]}", "{name: sum, from: [h1, h2]}", false, false},
		{"layout written", "shape: [8, 8, 1]}", "shape: [8, 8, 1], layout: channels_last}", true, true},
		{"layout", "shape: [8, 8, 1]}", "shape: [8, 8, 1], layout: channels_first}", false, false},
		{"connection", "from: [h1, h2]", "from: [h2, h1]", false, false},
		{"preprocessing", "scale: 0.0625", "scale: 0.5", false, false},
		{"class", `"9"]`, `"nine"]`, false, false},
	} {
		src := strings.Replace(digits, c.old, c.new, 1)
		if src == digits {
			t.Errorf("%s: nothing replaced", c.name)
		}
		s := mustParse(t, src)
		if got := s.Sum(nil) == base.Sum(nil); got != c.sum {
			t.Errorf("%s: same Sum: %t, want %t", c.name, got, c.sum)
		}
		if got := s.ModelSum(nil) == base.ModelSum(nil); got != c.model {
			t.Errorf("%s: same ModelSum: %t, want %t", c.name, got, c.model)
		}
	}
	if len(base.Sum(nil)) != 64 || base.Sum(nil) == base.ModelSum(nil) {
		t.Errorf("sums are %s and %s", base.Sum(nil), base.ModelSum(nil))
	}
}

// TestSourceSumsAreOfWhatATrainingReads changes sections of a spec: those that only say how packages are made of it
// leave its sum alone.
func TestSourceSumsAreOfWhatATrainingReads(t *testing.T) {
	sum := func(s *Spec) string {
		t.Helper()
		sum, err := s.SourceSum()
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	base := sum(mustParse(t, digits))
	for _, c := range []struct {
		more string
		same bool
	}{
		{"# a comment", true}, {"quantize: {skip: [h1]}", true}, {"generate: {runtime: shared}", true},
		{"quantize: {aware: true}", false}, {"generate: {guard: true}", false}, {"weights: {dtype: bfloat16}", false},
	} {
		src := strings.Replace(digits, "version: 1\n", "version: 1\n"+c.more+"\n", 1)
		s := mustParse(t, src)
		if got := sum(s) == base; got != c.same {
			t.Errorf("%s: same sum: %t, want %t", c.more, got, c.same)
		}
		if same, err := s.HasSourceSum(base); err != nil || same != c.same {
			t.Errorf("%s: has the sum of the spec without: %t, %v, want %t", c.more, same, err, c.same)
		}
	}
	// As it was once, of all sections.
	s := mustParse(t, strings.Replace(digits, "version: 1\n", "version: 1\nquantize: {skip: [h1]}\n", 1))
	const once = "315bd78ea0d9a6022bae13ce6ce2e7ede26051b7cddc0cb3c09d6d15e9bbbd86"
	if same, err := s.HasSourceSum(once); err != nil || !same {
		t.Errorf("has the sum of all sections: %t, %v", same, err)
	}
}
