package train

import (
	"errors"
	"strings"
	"testing"
)

// TestAChangeIsNamed compares canonical forms of specs, and checksums of files.
func TestAChangeIsNamed(t *testing.T) {
	const was = "version 1\nlayer a dense{units=3}\nlayer a dense{units=3}\nlayer b relu{}\n"
	for is, want := range map[string]string{
		"version 1\nlayer a dense{units=3}\nlayer a dense{units=4}\nlayer b relu{}\n": "«layer a dense{units=3}» is now «layer a dense{units=4}»",
		"version 1\nlayer a dense{units=3}\nlayer b relu{}\n":                         "«layer a dense{units=3}» is gone",
		was + "guard\nema decay=0.9 start=1\n":                                        "«guard» is new, and 1 line more differ",
		"version 1\nlayer b relu{}\nlayer a dense{units=3}\nlayer a dense{units=3}\n": "layers have another order",
		was + strings.Repeat("long ", 60) + "\n":                                      "«" + strings.Repeat("long ", 32) + "…» is new",
	} {
		if got := (&note{Spec: is}).changes(&note{Spec: was}); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	adam := []string{"adam", "lr=0.001", "betas=[0.9 0.999]"}
	for _, c := range []struct {
		was, is []string
		want    string
	}{
		{adam, []string{"adam", "lr=0.01", "betas=[0.9 0.999]"},
			"«optimizer adam{lr=0.001}» is now «optimizer adam{lr=0.01}»"},
		{adam, []string{"sgd", "lr=0.01"},
			"«optimizer adam{lr=0.001, betas=[0.9 0.999]}» is now «optimizer sgd{lr=0.01}»"},
		{nil, adam, "«optimizer was» is now «optimizer is»"}, // a note of before
	} {
		past := &note{Spec: "version 1\noptimizer was\n", Nodes: map[string][]string{"optimizer": c.was}}
		now := &note{Spec: "version 1\noptimizer is\n", Nodes: map[string][]string{"optimizer": c.is}}
		if got := now.changes(past); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
	past := &note{Data: map[string]string{"a.csv": "1", "b.csv": "2", "c.csv": "3"}}
	other := errors.New("the progress is of a training with other data: 1, not 2")
	for _, c := range []struct {
		n    *note
		sums map[string]string
		err  error
		want string
	}{
		{past, map[string]string{"a.csv": "1", "b.csv": "5", "d.csv": "3"}, other,
			other.Error() + "; since then, b.csv has changed, d.csv is new, c.csv is gone"},
		{past, past.Data, other, other.Error() + "; no file has changed since, so it is how they are read or divided: " +
			"the section data or a flag"},
		{nil, nil, other, other.Error()},
		{past, nil, errors.New("no memory"), "no memory"},
	} {
		if got := c.n.explain(c.err, c.sums); got.Error() != c.want || !errors.Is(got, c.err) {
			t.Errorf("got  %v\nwant %s", got, c.want)
		}
	}
}
