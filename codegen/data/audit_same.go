package data

import (
	"fmt"
	"slices"
	"strings"
)

// sameColumns are the columns of an input that tell nothing, by themselves or beside others. There may be many of a
// kind, as the pixels of a border are, so that each kind is one finding.
type sameColumns struct {
	constant []string
	values   []float32   // of constant
	again    [][2]string // columns, each with one before that holds the same
}

// named bounds the columns that a finding names.
const named = 3

// add appends a finding for each kind.
func (s *sameColumns) add(found []Finding) []Finding {
	exact := Within(s.values)
	switch n := len(s.constant); {
	case n == 1:
		found = append(found, Finding{Text: fmt.Sprintf("%s is the same in all training rows%s: it says nothing",
			s.constant[0], exact)})
	case n > 1:
		found = append(found,
			Finding{Text: fmt.Sprintf("%d columns are the same in all training rows%s: they say nothing: %s",
				n, exact, firstOf(s.constant))})
	}
	switch n := len(s.again); {
	case n == 1:
		found = append(found, Finding{Text: fmt.Sprintf("%s holds the same as %s in all training rows", s.again[0][0],
			s.again[0][1])})
	case n > 1:
		var list []string
		for _, pair := range s.again {
			list = append(list, pair[0]+" as "+pair[1])
		}
		found = append(found, Finding{Text: fmt.Sprintf("%d columns hold the same as others in all training rows: %s", n,
			firstOf(list))})
	}
	return found
}

// alikeFindings are findings of single columns by what is found, in words that many columns share. The first of each
// kind are told one by one, and of the others how many they are.
type alikeFindings struct {
	kinds []string
	found map[string][]Finding
}

func (l *alikeFindings) say(kind string, f Finding, format string, args ...any) {
	if l.found == nil {
		l.found = map[string][]Finding{}
	}
	if l.found[kind] == nil {
		l.kinds = append(l.kinds, kind)
	}
	f.Text = fmt.Sprintf(format, args...)
	l.found[kind] = append(l.found[kind], f)
}

// add appends the findings.
func (l *alikeFindings) add(found []Finding) []Finding {
	for _, kind := range l.kinds {
		list := l.found[kind]
		if len(list) <= named+1 {
			found = append(found, list...)
			continue
		}
		found = append(found, list[:named]...)
		minor := !slices.ContainsFunc(list[named:], func(f Finding) bool { return !f.Minor })
		found = append(found, Finding{Minor: minor, Text: fmt.Sprintf("%d columns more %s", len(list)-named, kind)})
	}
	return found
}

// firstOf lists the first names, and says how many more there are.
func firstOf(list []string) string {
	if len(list) <= named {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:named], ", "), len(list)-named)
}
