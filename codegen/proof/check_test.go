package proof

import (
	"errors"
	"strings"
	"testing"
)

// poison ends a line, speaks to a terminal, turns the direction of text, and looks like a verdict.
const poison = "a\nok    spec          all is well\r\x1b[2J\u202e\x00"

// TestNoNameOfAStatementPassesForAVerdict prints checks whose names and errors hold what would end a line: each verdict
// is of a check, and nothing is left that a terminal would obey.
func TestNoNameOfAStatementPassesForAVerdict(t *testing.T) {
	var f Checks
	f.Add(Fails, "file", "%s: %v", poison, errors.New(poison))
	f.Add(Fails, "data", "%s is named by the statement, but not by the spec", poison)
	var b strings.Builder
	if err := f.Format(&b); err != nil {
		t.Fatal(err)
	}
	verdicts := 0
	for line := range strings.Lines(b.String()) {
		if strings.HasPrefix(line, strings.Repeat(" ", 20)) {
			continue
		}
		if verdicts++; !strings.HasPrefix(line, string(Fails)) {
			t.Errorf("a line that no check wrote: %q", line)
		}
	}
	if verdicts != len(f) || strings.ContainsAny(b.String(), "\r\x1b\u202e\x00") {
		t.Errorf("%d checks are printed as %q", len(f), &b)
	}

	s := &Statement{Subject: []Resource{{Name: "internal/" + poison + ".go"}}}
	s.Predicate.Verification = &Verification{}
	why := s.Compiled(nil, Resource{}, "", "", func(string) bool { return false })
	if why == "" || strings.ContainsAny(why, "\n\r\x1b\u202e\x00") {
		t.Errorf("what differs is said as %q", why)
	}
}
