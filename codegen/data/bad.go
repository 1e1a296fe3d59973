package data

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/runtime/encode"
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
	// Mark is what to say where the field is a number by the other decimal mark; "" for another fault.
	Mark string `json:",omitempty"`
	// Class is the label that is none of the classes; "" for another fault.
	Class string `json:",omitempty"`
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
	for _, arg := range args {
		err, ok := arg.(error)
		if !ok {
			continue
		}
		var f *fieldError
		if errors.As(err, &f) && len(args) == 1 {
			e.Column, e.Mark = f.column, r.otherMark(f.err)
		}
		if c := (noClass{}); errors.As(err, &c) {
			e.Class = c.label
		}
	}
	r.bad = append(r.bad, e)
}

// otherMark is what to say where the fault of a field is its decimal mark, which is that of the other numbers; "" for
// another fault.
func (r *reader) otherMark(fault error) string {
	mark := ""
	switch text := fault.Error(); {
	case strings.HasSuffix(text, encode.ErrPoint.Error()):
		mark = "."
	case strings.HasSuffix(text, encode.ErrComma.Error()):
		mark = ","
	default:
		return ""
	}
	if r.o.Other {
		return "say --decimal " + mark
	}
	return fmt.Sprintf("say decimal: %q in its source", mark)
}

// unmark takes back what is said of the decimal mark where most rows have none of the other: they are read by the right
// one.
func (r *reader) unmark() {
	n := 0
	for _, e := range r.bad {
		if e.Mark != "" {
			n++
		}
	}
	if 2*n > r.rows {
		return
	}
	for i := range r.bad {
		r.bad[i].Mark = ""
	}
}

// noClass is the fault of a label that is none of the classes.
type noClass struct{ label, text string }

func (e noClass) Error() string { return e.text }

// hint says what mends most of the rows, if one thing does: the other decimal mark, or classes that the spec lacks; ""
// if none does.
func (b BadRows) hint() string {
	const named = 5 // of more labels the column is likely another
	var mark string
	var classes []string
	marks, labels := 0, 0
	for _, e := range b {
		if e.Mark != "" {
			mark = e.Mark
			marks++
		}
		if e.Class != "" {
			if labels++; len(classes) <= named && !slices.Contains(classes, strconv.Quote(e.Class)) {
				classes = append(classes, strconv.Quote(e.Class))
			}
		}
	}
	switch {
	case 2*marks > len(b):
		return "the numbers of the file have the other decimal mark: " + mark
	case 2*labels > len(b) && len(classes) == 1:
		return fmt.Sprintf("if %s is a class, add it to classes in the spec", classes[0])
	case 2*labels > len(b) && len(classes) <= named:
		return fmt.Sprintf("if %s are classes, add them to classes in the spec", strings.Join(classes, ", "))
	}
	return ""
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
	if remedy == "" {
		return s.String()
	}
	if hint := b.hint(); hint != "" {
		s.WriteString("; " + hint)
	}
	fmt.Fprintf(&s, "; "+remedy, what)
	return s.String()
}

// EveryRow is what stops a reading of which each row is bad, so that leaving bad rows out leaves nothing.
type EveryRow struct{ BadRows }

func (e EveryRow) Error() string { return e.Text(false) }

// Unwrap returns the rows.
func (e EveryRow) Unwrap() error { return e.BadRows }

// Text lists the first rows, or all.
func (e EveryRow) Text(all bool) string {
	why := cmp.Or(e.hint(), "the spec hardly fits this table")
	return e.BadRows.Text(all, "") + ", which are all there are: " + why
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
