package train

import (
	"strings"
	"testing"
)

// TestQuantizeSaysWhatIsGone prints reports of networks that in float32 take one step after another, or have a guard.
func TestQuantizeSaysWhatIsGone(t *testing.T) {
	for _, gone := range []bool{false, true} {
		text := (&Quantization{Package: "d/mint8", Whole: gone, Unguarded: gone}).String()
		for _, line := range []string{"d/mint8 takes whole sequences: State and Step, which", "d/mint8 has no guard: Check, which"} {
			if strings.Contains(text, line) != gone {
				t.Errorf("gone %t: the report is\n%s", gone, text)
			}
		}
	}
}
