package data

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/spec"
)

// RowError is a bad row.
type RowError struct {
	File   string
	Line   int    // or the number of the example, from 1, where there are no lines; 0 for the whole file
	Column string // quoted; "" where it is none by itself
	Msg    string // with the column
	// Example is the number of the example from 1, if all rows are examples, bad ones of zeros; else 0.
	Example int
}

func (e RowError) Error() string { return e.at() + ": " + e.Msg }

// at says where the row is.
func (e RowError) at() string {
	if e.Line == 0 {
		return e.File
	}
	return fmt.Sprintf("%s:%d", e.File, e.Line)
}

// fieldError is what is wrong with a field.
type fieldError struct {
	column string
	err    error
}

func (e *fieldError) Error() string { return "column " + e.column + ": " + e.err.Error() }
func (e *fieldError) Unwrap() error { return e.err }

// fail counts a bad row.
func (r *reader) fail(file string, line int, format string, args ...any) {
	e := RowError{File: file, Line: line, Msg: fmt.Sprintf(format, args...)}
	if len(args) == 1 {
		var f *fieldError
		if err, ok := args[0].(error); ok && errors.As(err, &f) {
			e.Column = f.column
		}
	}
	r.bad = append(r.bad, e)
}

// BadRows is what stops a reading: all bad rows.
type BadRows []RowError

// shown is the number of bad rows that an error lists.
const shown = 10

func (b BadRows) Error() string { return b.Text(false, "--skip-bad-rows leaves %s out") }

// Text lists the first rows, or all, and ends with a remedy, which has %s in place of them; "" for none.
func (b BadRows) Text(all bool, remedy string) string {
	var s strings.Builder
	for i, e := range b {
		if i == shown && !all {
			fmt.Fprintf(&s, "and %d more; -e shows all\n", len(b)-shown)
			break
		}
		s.WriteString(e.Error() + "\n")
	}
	what := "them"
	if len(b) == 1 {
		what = "it"
	}
	s.WriteString(b.Count())
	if remedy != "" {
		fmt.Fprintf(&s, "; "+remedy, what)
	}
	return s.String()
}

// EveryRow is what stops a reading of which each row is bad, so that leaving bad rows out leaves nothing.
type EveryRow struct{ BadRows }

func (e EveryRow) Error() string { return e.Text(false) }

// Unwrap returns the rows.
func (e EveryRow) Unwrap() error { return e.BadRows }

// Text lists the first rows, or all.
func (e EveryRow) Text(all bool) string {
	return e.BadRows.Text(all, "") + ", which are all there are: the spec hardly fits this table"
}

// Count says how many rows are bad, in words.
func (b BadRows) Count() string { return spec.Count(len(b), "bad row") }

// example is a clause that quotes what a row might hold.
var example = regexp.MustCompile(`, such as "(?:[^"\\]|\\.)*"`)

// value is what messages quote of a row, or a number that they begin with.
var value = regexp.MustCompile(`"(?:[^"\\]|\\.)*" ?|^(the (?:target|weight) )?[-+.0-9eE]+ (is )`)

// reason returns what is wrong with a row apart from its column and value, so that rows can be counted by it.
func (e RowError) reason() string {
	msg := example.ReplaceAllString(strings.TrimPrefix(e.Msg, "column "+e.Column+": "), "")
	return strings.TrimRight(strings.TrimSpace(value.ReplaceAllString(strings.ReplaceAll(msg, ", then ", " "), "$1$2")),
		": ")
}

// Table counts the rows by column and reason, the most frequent first.
func (b BadRows) Table() string {
	type cell struct{ column, reason string }
	counts, first := map[cell]int{}, map[cell]int{}
	var cells []cell
	for i, e := range b {
		c := cell{e.Column, e.reason()}
		if counts[c]++; counts[c] == 1 {
			cells = append(cells, c)
			first[c] = i
		}
	}
	slices.SortFunc(cells, func(a, b cell) int { return cmp.Or(counts[b]-counts[a], first[a]-first[b]) })
	rows := [][]string{{"rows", "column", "reason", "first"}}
	for i, c := range cells {
		if i == shown {
			rows = append(rows, []string{"…", "", fmt.Sprintf("%d more reasons", len(cells)-i), ""})
			break
		}
		e := b[first[c]]
		rows = append(rows, []string{strconv.Itoa(counts[c]), c.column, c.reason, e.at()})
	}
	var width [4]int
	for _, r := range rows {
		for i, s := range r {
			width[i] = max(width[i], len([]rune(s)))
		}
	}
	var s strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&s, "  %*s  %-*s  %-*s  %s\n", width[0], r[0], width[1], r[1], width[2], r[2], r[3])
	}
	return strings.TrimSuffix(s.String(), "\n")
}

// percent writes a share.
func percent(share float64) string {
	return strconv.FormatFloat(100*share, 'g', 3, 64) + "%"
}
