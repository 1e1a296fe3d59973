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

// TestOpsWritesDefaultsAsSpecsDo explains kinds whose defaults are kinds themselves.
func TestOpsWritesDefaultsAsSpecsDo(t *testing.T) {
	for word, want := range map[string]string{
		"prelu": "default {constant: {value: 0.25}}", "affine": "default ones", "conv2d": "default [1 1]",
	} {
		var b strings.Builder
		if err := explainWord(&b, word); err != nil || !strings.Contains(b.String(), want) {
			t.Errorf("%s: %v, %q is not in\n%s", word, err, want, b.String())
		}
	}
}
