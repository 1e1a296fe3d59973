package train

import (
	"strings"
	"testing"
)

// TestQuantizeSaysThatStepsAreGone prints the report of a network that takes one step after another in float32.
func TestQuantizeSaysThatStepsAreGone(t *testing.T) {
	for _, whole := range []bool{false, true} {
		text := (&Quantization{Package: "d/mint8", Whole: whole}).String()
		if strings.Contains(text, "d/mint8 takes whole sequences: State and Step, which") != whole {
			t.Errorf("whole %t: the report is\n%s", whole, text)
		}
	}
}
