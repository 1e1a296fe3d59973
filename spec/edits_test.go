package spec

import "testing"

// TestEdits counts a change of places as one edit, so that a swapped pair of letters is nearer than another name.
func TestEdits(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"relu", "relu", 0}, {"rleu", "relu", 1},
		{"rleu", "elu", 2}, {"softmxa", "softmax", 1},
		{"kitten", "sitting", 3}, {"größe", "grösse", 2}, {"ca", "abc", 3},
	} {
		if got := Edits(c.a, c.b); got != c.want {
			t.Errorf("%q, %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
	if got := Nearest("rleu", []string{"elu", "relu", "gelu", "prelu"}); got != "relu" {
		t.Errorf("rleu: %s", got)
	}
}
