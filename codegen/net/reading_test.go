package net

import (
	"reflect"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestAReadingTellsWhatTheSpecNoLongerSays changes what the data section of a spec says of columns after a training.
func TestAReadingTellsWhatTheSpecNoLongerSays(t *testing.T) {
	read := func(train string) *spec.Spec {
		t.Helper()
		s, problems := spec.Parse("m.yaml", []byte("version: 1\nname: m\ninput: {shape: [2]}\n"+
			"task: regression\nlayers: [output]\ndata: "+train+"\n"), op.Schema())
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		return s
	}
	const series = "{train: {csv: t.csv, label: a, series: {columns: [a, b]}}}"
	header := Names{Label: []string{"y"}, Features: []string{"a", "b"}}
	for _, c := range []struct {
		was    string
		header Names
		is     string
		want   string // "" for no difference
	}{
		{"{train: {csv: t.csv}}", header, "{train: {csv: t.csv}}", ""},
		{"{train: {csv: t.csv}}", header, "{train: {csv: other.csv, label: y, features: [a, b], header: true}}", ""},
		{"{train: {csv: t.csv}}", header, "{train: {csv: t.csv, label: a}}",
			"had label: [last], and the spec now says label: [a]"},
		{"{train: {csv: t.csv}}", header, "{train: {csv: t.csv, features: [b, a]}}",
			"had features: all others, and the spec now says features: [b, a]"},
		{"{train: {csv: t.csv, features: [a, b]}}", header, "{train: {csv: t.csv}}",
			"had features: [a, b], and the spec now says features: all others"},
		{"{train: {csv: t.csv, features: [a, b], label: y}}", Names{}, "{train: {csv: t.csv, features: [b, a], label: z}}",
			"had label: [y], features: [a, b], and the spec now says label: [z], features: [b, a]"},
		{"{train: {csv: t.csv, weight: '0'}}", Names{}, "{train: {csv: t.csv, weight: '1'}}",
			"had weight: 0, and the spec now says weight: 1"},
		{"{train: {csv: t.csv, weight: w}}", header, "{train: {csv: t.csv}}", ""},
		{"{train: {csv: t.csv}, target: input}", header, "{train: {csv: t.csv}}",
			"had target: input, and the spec now says target: none"},
		{series, Names{}, series, ""},
		{series, Names{}, "{train: {csv: t.csv, label: a, series: {columns: [a, b], sequence_stride: 2, to: 9}}}", ""},
		{series, Names{}, "{train: {csv: t.csv, label: b, series: {columns: [a, b]}}}",
			"label: [a], and the spec now says label: [b]"},
		{series, Names{}, "{train: {csv: t.csv, label: a, series: {columns: [b, a]}}}", "series columns: [b, a]"},
		{series, Names{}, "{train: {csv: t.csv, label: a, series: {columns: [a, b], horizon: 3}}}",
			"had horizon: 1, and the spec now says horizon: 3"},
		{series, Names{}, "{train: {csv: t.csv, label: a, series: {columns: [a, b], sampling_rate: 2}}}",
			"had sampling_rate: 1, and the spec now says sampling_rate: 2"},
		{series, Names{}, "{train: {csv: t.csv, label: a}}", "series columns: none"},
		{"{train: {csv: t.csv, label: a}}", header, series, "series columns: none, and the spec now says"},
	} {
		meta := map[string]string{}
		ReadingOf(read(c.was), c.header, nil).SetMeta(meta)
		r, err := ReadReading(meta)
		if err != nil || r == nil {
			t.Fatalf("%s: %v, %v", c.was, r, err)
		}
		if got := r.Differs(read(c.is)); got != c.want && (c.want == "" || !strings.Contains(got, c.want)) {
			t.Errorf("%s, then %s: %q, want %q", c.was, c.is, got, c.want)
		}
		bare := *read(c.is)
		bare.Data = nil
		if got := r.Differs(&bare); got != "" {
			t.Errorf("%s, then no data: %q", c.was, got)
		}
	}
	if r := ReadingOf(read("{train: {csv: t.csv, header: false, label: last}}"), Names{}, nil); r != nil {
		t.Errorf("a table of which nothing is said: %v", r)
	}
	for _, text := range []string{"{", `{"at":{"columns":3,"label":[3]}}`, `{"at":{"columns":3,"label":[-1]}}`,
		`{"at":{"columns":9000000000,"label":[0]}}`, `{"at":{"columns":3,"label":[0],"weight":9}}`} {
		if _, err := ReadReading(map[string]string{ReadingKey: text}); err == nil {
			t.Errorf("%s is no error", text)
		}
	}
	if r, err := ReadReading(nil); r != nil || err != nil || r.Differs(read(series)) != "" {
		t.Errorf("weights that do not say: %v, %v", r, err)
	}
}

// TestPlacesOfColumnsMayBeWrittenOtherwise edits a spec so that it calls the columns of the training otherwise, or
// means others.
func TestPlacesOfColumnsMayBeWrittenOtherwise(t *testing.T) {
	read := func(train string) *spec.Spec {
		t.Helper()
		s, problems := spec.Parse("m.yaml", []byte("version: 1\nname: m\ninput: {shape: [2]}\n"+
			"task: regression\nlayers: [output]\ndata: {train: {csv: t.csv"+train+"}}\n"), op.Schema())
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		return s
	}
	header := Names{Label: []string{"y"}, Features: []string{"a", "b"}} // of a, b, y
	place := func(c int) *int { return &c }
	last, middle := &Places{Columns: 3, Label: []int{2}}, &Places{Columns: 4, Label: []int{3}, Weight: place(1)}
	turned := &Places{Columns: 3, Label: []int{2}, Features: []int{1, 0}}
	for _, c := range []struct {
		was    string
		header Names
		at     *Places
		is     string
		want   string // "" for no difference
	}{
		{"", Names{}, last, ", label: last", ""},
		{"", Names{}, last, ", label: '#-1'", ""},
		{"", Names{}, last, ", label: '#3'", ""},
		{"", Names{}, last, ", label: 2", ""},
		{", label: 2", Names{}, last, "", ""},
		{"", Names{}, last, ", label: 2, features: ['0', '#2']", ""},
		{"", Names{}, last, ", label: first", "had label: [last], and the spec now says label: [first]"},
		{"", Names{}, last, ", label: '#-2'", "had label: [last], and the spec now says label: [#-2]"},
		{"", Names{}, last, ", label: 3", "now says label: [3]"},
		{"", Names{}, last, ", label: y", "now says label: [y]"},
		{"", Names{}, last, ", features: ['1', '0']", "had features: all others, and the spec now says features: [1, 0]"},
		{", features: ['1', '0']", Names{}, turned, "", "had features: [1, 0], and the spec now says features: all others"},
		{", features: ['1', '0']", Names{}, turned, ", features: ['#-2', first]", ""},
		{", features: ['0', '1']", Names{}, last, "", ""},
		{", weight: '1'", Names{}, middle, ", weight: '#2'", ""},
		{", weight: '1'", Names{}, middle, ", weight: '2'", "had weight: 1, and the spec now says weight: 2"},
		{", weight: '1'", Names{}, middle, "", "had weight: 1, and the spec now says weight: none"},
		{", weight: '1'", Names{}, middle, ", features: ['0', '2']", ""},
		{", label: y", header, last, "", ""},
		{", label: y", header, last, ", label: '#-1', features: [a, b]", ""},
		{", label: y", header, last, ", label: 2, features: [a, '#2']", ""},
		{"", header, last, ", label: y, features: ['#1', b]", ""},
		{"", header, last, ", label: y, features: ['#2', a]", "now says features: [#2, a]"},
		{"", header, last, ", label: a", "now says label: [a]"},
		{"", header, last, ", label: first", "now says label: [first]"},
		{", label: y, series: {columns: [a, b]}", header, &Places{Columns: 3, Label: []int{2}},
			", label: last, series: {columns: ['0', '#2']}", ""},
		{", label: y, series: {columns: [a, b]}", header, &Places{Columns: 3, Label: []int{2}},
			", label: last, series: {columns: ['1', '#1']}", "now says series columns: [1, #1]"},
	} {
		meta := map[string]string{}
		ReadingOf(read(c.was), c.header, c.at).SetMeta(meta)
		r, err := ReadReading(meta)
		if err != nil || r == nil {
			t.Fatalf("%s: %v, %v", c.was, r, err)
		}
		if got := r.Differs(read(c.is)); got != c.want && (c.want == "" || !strings.Contains(got, c.want)) {
			t.Errorf("%q, then %q: %q, want %q", c.was, c.is, got, c.want)
		}
	}
	meta := map[string]string{}
	quoted := Names{Label: []string{`the "label"`, "it's \\ <é>\n"}, Features: []string{`\"`, `\u0022'`}}
	ReadingOf(read(""), quoted, last).SetMeta(meta)
	if r, err := ReadReading(meta); err != nil || !reflect.DeepEqual(*r.Header, quoted) {
		t.Errorf("%s: %v, %v", meta[ReadingKey], r, err)
	}
	ReadingOf(read(""), header, last).SetMeta(meta)
	const text = `{'label':['last'],'header':{'label':['y'],'features':['a','b']},'at':{'columns':3,'label':[2]}}`
	if meta[ReadingKey] != text { // which needs no escapes
		t.Errorf("%s, want %s", meta[ReadingKey], text)
	}
	for _, old := range []string{strings.ReplaceAll(text, "'", `"`), `{"label":["it's"]}`} {
		if r, err := ReadReading(map[string]string{ReadingKey: old}); err != nil ||
			r.Label[0] != "last" && r.Label[0] != "it's" {
			t.Errorf("%s: %v, %v", old, r, err)
		}
	}
	one := ReadingOf(read(""), Names{}, last)
	for other, same := range map[*Reading]bool{
		ReadingOf(read(", label: '#-1'"), Names{}, &Places{Columns: 3, Label: []int{2}}):                            true,
		ReadingOf(read(", label: first"), Names{}, &Places{Columns: 3, Label: []int{0}}):                            false,
		ReadingOf(read(", features: ['1', '0']"), Names{}, turned):                                                  false,
		ReadingOf(read(", label: 2, series: {columns: ['0', '1']}"), Names{}, &Places{Columns: 3, Label: []int{2}}): false,
	} {
		if got := one.Same(other); got != same || other.Same(one) != same {
			t.Errorf("%s and %s: %t, want %t", one, other, got, same)
		}
	}
}
