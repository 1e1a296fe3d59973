package net

import (
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
		ReadingOf(read(c.was), c.header).SetMeta(meta)
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
	if r := ReadingOf(read("{train: {csv: t.csv, header: false, label: last}}"), Names{}); r != nil {
		t.Errorf("a table of which nothing is said: %v", r)
	}
	if _, err := ReadReading(map[string]string{ReadingKey: "{"}); err == nil {
		t.Error("a damaged reading is no error")
	}
	if r, err := ReadReading(nil); r != nil || err != nil || r.Differs(read(series)) != "" {
		t.Errorf("weights that do not say: %v, %v", r, err)
	}
}
