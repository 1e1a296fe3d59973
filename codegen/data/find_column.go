package data

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/spec"
)

// column finds a column by name or position. Names come first: a column called last is that column. "#1" is the first
// column and "#-1" the last, whatever they are called.
func (t *tabular) column(name string) (int, error) {
	if i := slices.Index(t.Names, name); i >= 0 {
		if k := slices.Index(t.Names[i+1:], name); k >= 0 {
			return 0,
				fmt.Errorf("%s:%d: columns %d and %d are both called %q; write \"#%[3]d\" or \"#%[4]d\" for the one that is meant",
					t.File, t.Lines, i+1, i+k+2, name)
		}
		return i, nil
	}
	if at, ok := net.PlaceOf(name, t.Columns); ok {
		return at, nil
	}
	if rest, ok := strings.CutPrefix(name, "#"); ok {
		if _, err := strconv.Atoi(rest); err == nil {
			return 0, fmt.Errorf("%s: no column %s: there are %d, from #1 to #%d", t.File, name, t.Columns, t.Columns)
		}
	}
	if i, err := strconv.Atoi(name); err == nil {
		return 0, fmt.Errorf("%s: no column %d: there are %d, counted from 0", t.File, i, t.Columns)
	}
	if t.Names == nil {
		return 0, fmt.Errorf("%s: no column %q: the file has no header, so columns go by position", t.File, name)
	}
	best, distance := "", len(name)/2+1
	for _, n := range t.Names {
		d := min(spec.Edits(n, name), spec.Edits(strings.ToLower(n), strings.ToLower(name)))
		if encode.Resembles(n, name) {
			d = min(d, 1) // case and marks are no letters
		}
		if d < distance {
			best, distance = n, d
		}
	}
	hint := ""
	within, inner := "", "" // a column that a member of an object would be of, or the object of one
	for _, n := range t.Names {
		if t.JSON && strings.HasPrefix(n, name+".") && inner == "" {
			inner = n
		}
		if t.JSON && strings.HasPrefix(name, n+".") {
			within = n
		}
	}
	switch {
	case inner != "":
		hint = fmt.Sprintf("; %q is an object: did you mean %q, a member of it?", name, inner)
	case within != "":
		hint = fmt.Sprintf("; %q is no object there", within)
	case best != "":
		hint = fmt.Sprintf("; did you mean %q?", best) + decomposed(isApart(name, []string{best}))
	case t.Columns == 1 && !t.JSON:
		hint = fmt.Sprintf("; the table has one column, %q: is its delimiter another?", t.Names[0])
	}
	return 0, fmt.Errorf("%s: no column %q%s", t.File, name, hint)
}

// all returns the places of columns. It is one error, absent, if there are none of several names.
func (t *tabular) all(names []string) ([]int, error) { return t.allBy(names, t.column) }

// allBy is all with another way to find a column.
func (t *tabular) allBy(names []string, find func(string) (int, error)) ([]int, error) {
	var out []int
	var none absent
	for _, n := range names {
		i, err := find(n)
		if err != nil {
			none = append(none, err)
		}
		out = append(out, i)
	}
	if none != nil {
		return nil, none
	}
	return out, nil
}

// absent says which columns a table lacks.
type absent []error

func (a absent) Error() string {
	lines := make([]string, 0, shown+1)
	for i, err := range a {
		if i == shown {
			lines = append(lines, fmt.Sprintf("and %d more columns that are not there", len(a)-shown))
			break
		}
		text := err.Error()
		if e := (*spec.Error)(nil); errors.As(err, &e) && e.Hint != "" {
			text += "\n  hint: " + e.Hint
		}
		lines = append(lines, text)
	}
	return strings.Join(lines, "\n")
}

// nameOf returns what a column is called; its place, if it has no name or another is called so too.
func (t *tabular) nameOf(c int) string {
	if at, err := t.column(t.Names[c]); err == nil && at == c && t.Names[c] != "" {
		return t.Names[c]
	}
	return fmt.Sprintf("#%d", c+1)
}

// namesOf returns what columns are called that a spec may name by their places; by these, where several are called so.
// It is nil if one is not there.
func (t *tabular) namesOf(columns []string) []string {
	names := slices.Clone(columns)
	for i, text := range columns {
		c, err := t.column(text)
		if err != nil {
			return nil
		}
		if at, err := t.column(t.Names[c]); err == nil && at == c && t.Names[c] != "" {
			names[i] = t.Names[c]
		}
	}
	return names
}

// namesOf returns the names of the columns of an input.
func namesOf(in spec.Input) []string {
	var names []string
	for _, c := range in.Columns {
		names = append(names, c.Name)
	}
	return names
}
