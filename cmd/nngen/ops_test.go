package main

import (
	"strings"
	"testing"
)

// TestOpsKnowsSectionsOfOutputs looks for sections that attributes of layers are, and for what those hold.
func TestOpsKnowsSectionsOfOutputs(t *testing.T) {
	for word, want := range map[string][]string{
		"decision": {"decision (section): How the class", "f1 for the best F1, cost", "recall@precision=0.9",
			"false_positive", "false_negative"},
		"reject":         {"reject (section)", "confidence"},
		"false_positive": {"an attribute of decision (section)"},
		"confidence":     {"an attribute of reject (section)"},
		"threshold":      {"an attribute of decision (section)", "an attribute of reduce_on_plateau (schedule)"},
		"calibrate":      {"an attribute of output (layer)", "temperature"},
		"sections":       {"decision", "reject"},
	} {
		var b strings.Builder
		if err := explainWord(&b, word); err != nil {
			t.Errorf("%s: %v", word, err)
			continue
		}
		for _, w := range want {
			if !strings.Contains(b.String(), w) {
				t.Errorf("%s: %q is not in\n%s", word, w, b.String())
			}
		}
	}
}
