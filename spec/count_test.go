package spec

import "testing"

// TestOneThingIsNoPlural counts none, one and several.
func TestOneThingIsNoPlural(t *testing.T) {
	for n, want := range map[int]string{0: "0 epochs", 1: "1 epoch", 2: "2 epochs", 20: "20 epochs"} {
		if got := Count(n, "epoch"); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}
