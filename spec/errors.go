package spec

import (
	"fmt"
	"sort"
	"strings"
)

// Error is one mistake of the user's: where, about what, what is wrong, and what to do.
type Error struct {
	Code    string // a row of Codes
	Pos     Pos
	Subject string // such as `layer "fc2"`; "" if the position says it all
	Msg     string // what is wrong, with both values
	Hint    string // the next step; "" if there is none
	// Warning marks what does not stop the compiler.
	Warning bool
}

// Error returns `file:line:col: subject: message`, without the source line.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Pos.File != "" {
		fmt.Fprintf(&b, "%s:", FileName(e.Pos.File))
	}
	if e.Pos.Line > 0 {
		fmt.Fprintf(&b, "%d:%d:", e.Pos.Line, e.Pos.Col)
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	if e.Warning {
		b.WriteString("warning: ")
	}
	if e.Subject != "" {
		b.WriteString(e.Subject + ": ")
	}
	b.WriteString(e.Msg)
	return b.String()
}

// ErrorList is all that is wrong with a spec, sorted by position.
type ErrorList []*Error

// Error joins the errors by newlines.
func (l ErrorList) Error() string {
	s := make([]string, len(l))
	for i, e := range l {
		s[i] = e.Error()
	}
	return strings.Join(s, "\n")
}

// Add appends one error.
func (l *ErrorList) Add(code string, pos Pos, subject, hint, format string, args ...any) {
	*l = append(*l, &Error{Code: code, Pos: pos, Subject: subject, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

// Warn appends one warning.
func (l *ErrorList) Warn(code string, pos Pos, subject, hint, format string, args ...any) {
	l.Add(code, pos, subject, hint, format, args...)
	(*l)[len(*l)-1].Warning = true
}

// sorted sorts the list by position and returns it.
func (l ErrorList) sorted() ErrorList {
	sort.SliceStable(l, func(i, j int) bool {
		a, b := l[i].Pos, l[j].Pos
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Col < b.Col
	})
	return l
}

// Err returns the sorted list, or nil if it holds nothing but warnings.
func (l ErrorList) Err() error {
	l.sorted()
	for _, e := range l {
		if !e.Warning {
			return l
		}
	}
	return nil
}
