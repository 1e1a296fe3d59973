package proof

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/nngen/nngen/spec"
)

// Verdict is what a check of a claim came to.
type Verdict string

// The verdicts.
const (
	Holds     Verdict = "ok"
	Fails     Verdict = "FAIL"
	Unclaimed Verdict = "none" // there is no such claim
	Follows   Verdict = "-"    // what fails above explains it, or keeps it from being looked at
)

// Check is the check of one claim of a statement.
type Check struct {
	Verdict Verdict
	What    string // part of the statement
	Text    string
}

// Checks are those of a whole statement.
type Checks []Check

// Add appends a check.
func (f *Checks) Add(v Verdict, what, format string, args ...any) {
	*f = append(*f, Check{v, what, fmt.Sprintf(format, args...)})
}

// OK tells whether no claim fails.
func (f Checks) OK() bool {
	return !slices.ContainsFunc(f, func(x Check) bool { return x.Verdict == Fails })
}

// Fails tells whether a claim of one of the parts fails.
func (f Checks) Fails(parts ...string) bool {
	return slices.ContainsFunc(f, func(x Check) bool { return x.Verdict == Fails && slices.Contains(parts, x.What) })
}

// Format writes a line for each claim. Names that a statement gives may hold anything: what a terminal would obey is
// written with escapes, and what follows the end of a line in a text is indented, so that it can't pass for a verdict.
func (f Checks) Format(w io.Writer) error {
	for _, x := range f {
		text := strings.ReplaceAll(spec.Message(x.Text), "\n", "\n"+strings.Repeat(" ", 20))
		if _, err := fmt.Fprintf(w, "%-4s  %-12s  %s\n", x.Verdict, x.What, text); err != nil {
			return err
		}
	}
	return nil
}
