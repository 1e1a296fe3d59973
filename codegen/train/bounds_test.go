package train

import (
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/bounds"
)

func TestBoundsSayWhatIsUndecided(t *testing.T) {
	for direction, want := range map[bounds.Direction]string{bounds.Rises: "the output rises",
		bounds.Both:      "the output rises and falls",
		bounds.Undecided: "whether the output rises or falls is undecided"} {
		b := &Bounds{Inputs: []BoundsRange{{Column: "a", High: 1, Direction: string(direction)}}}
		if line := b.String(); !strings.HasSuffix(strings.TrimSpace(line), "0 to 1  "+want) {
			t.Errorf("%s: %q", direction, line)
		}
	}
}
