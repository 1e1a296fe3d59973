package spec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReport(t *testing.T) {
	long := strings.Repeat("x", 200) + "here" + strings.Repeat("y", 200)
	src := "version: 1\nname:\x1b[31m é\n" + long + "\n"
	at := func(line, col, width int) Pos { return Pos{"m.yaml", line, col, width} }
	var list ErrorList
	list.Add("range", at(3, 201, 4), "layer \"a\"", "", "far to the right")
	list.Warn("unused-layer", at(1, 1, 7), "", "remove it", "nothing reads %q", "a")
	list.Add("syntax", at(2, 12, 1), "", "", "after a control character")
	list.Add("range", at(9, 1, 1), "", "", "on a line that is not there")
	list.Add("too-large", Pos{File: "m.yaml"}, "", "", "no place at all")
	list.Add("range", at(2, 900, 5), "", "", "past the end of its line")
	for _, c := range []struct {
		limit int
		want  string
	}{
		{0, `m.yaml: no place at all
m.yaml:1:1: warning: nothing reads "a"
  1 | version: 1
    | ^~~~~~~
  hint: remove it
m.yaml:2:12: after a control character
  2 | name: [31m é
    |            ^
m.yaml:2:900: past the end of its line
  2 | name: [31m é
    |             ^
m.yaml:3:201: layer "a": far to the right
  3 | …` + strings.Repeat("x", 80) + "here" + strings.Repeat("y", 76) + `…
    |  ` + strings.Repeat(" ", 80) + `^~~~
m.yaml:9:1: on a line that is not there
`},
		{2, `m.yaml: no place at all
m.yaml:2:12: after a control character
  2 | name: [31m é
    |            ^
and 4 more; -e shows all
`},
	} {
		var b strings.Builder
		if err := list.Format(&b, []byte(src), c.limit); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, b.String()); d != "" {
			t.Errorf("limit %d (-want +got):\n%s", c.limit, d)
		}
	}
}

func TestWarningsAloneAreNoError(t *testing.T) {
	var list ErrorList
	list.Warn("unused-layer", Pos{}, "", "", "nothing reads it")
	if err := list.Err(); err != nil {
		t.Errorf("got the error %v", err)
	}
	list.Add("range", Pos{}, "", "", "bad")
	if list.Err() == nil {
		t.Error("got no error")
	}
	if got := asList(list.Err()); len(got) != 2 {
		t.Errorf("the list has %d entries, want 2", len(got))
	}
}
