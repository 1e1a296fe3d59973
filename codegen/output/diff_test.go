package output

import (
	"strings"
	"testing"
)

// TestDifferencesHoldNothingThatATerminalObeys: files on disk may hold anything.
func TestDifferencesHoldNothingThatATerminalObeys(t *testing.T) {
	got := Diff("a.sum", "one\r\n\x1b]0;title\x07\u202etwo\rthree\xff\tx\r\n", "one\r\n")
	if want := `-\x1b]0;title\a\u202etwo\rthree` + "\ufffd\tx\r\n"; !strings.Contains(got, want) {
		t.Errorf("%q lacks %q", got, want)
	}
}
