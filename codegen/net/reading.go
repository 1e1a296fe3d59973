package net

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/spec"
)

// ReadingKey is the key of the metadata of weights that holds a Reading as JSON.
const ReadingKey = "reading"

// Reading is which columns of a table a training read as the inputs and targets of a network: what the spec said of
// them, and what they were called. It is what gives numbers their meaning beside the layers: of other columns, or of
// the same in another order, predictions are false and look as good.
//
// Which rows are read, and in which form files are, is no part of it: that may be other for other files.
type Reading struct {
	Target   string         `json:"target,omitempty"`
	Label    []string       `json:"label"`
	Features []string       `json:"features,omitempty"`
	Weight   string         `json:"weight,omitempty"` // which is none of all others
	Series   *SeriesReading `json:"series,omitempty"`
	// Header is what the columns were called; nil of a table without a header.
	Header *Names `json:"header,omitempty"`
}

// SeriesReading is what a window of a series and its label are: see spec.Series.
type SeriesReading struct {
	Columns      []string `json:"columns"`
	Horizon      int      `json:"horizon"`
	Steps        int      `json:"steps"`
	SamplingRate int      `json:"sampling_rate"`
}

// Names are those of the columns that are labels, and of those that are features: of a series those of a step,
// else the ones that inputs without columns of their own have, in order.
type Names struct {
	Label    []string `json:"label,omitempty"`
	Features []string `json:"features,omitempty"`
}

// ReadingOf returns the Reading of a training by what its spec says and what the columns of its table are called; nil
// where neither says anything.
func ReadingOf(s *spec.Spec, header Names) *Reading {
	r := stated(s)
	if r == nil {
		return nil
	}
	if r.Series == nil && allNamed(s) {
		header.Features = nil
	}
	if len(header.Label)+len(header.Features) > 0 {
		r.Header = &header
	}
	if r.Header == nil && r.Target == "" && r.Features == nil && r.Weight == "" && r.Series == nil &&
		slices.Equal(r.Label, lastLabel) {
		return nil
	}
	return r
}

// allNamed tells whether all inputs name their columns, which the checksum of the network has.
func allNamed(s *spec.Spec) bool {
	return !slices.ContainsFunc(s.Inputs, func(in spec.Input) bool { return in.Columns == nil })
}

// lastLabel is the label where the spec says none.
var lastLabel = []string{"last"}

// stated returns what a spec says of the columns of its training data; nil if that is no table.
func stated(s *spec.Spec) *Reading {
	if s.Data == nil || s.Data.Train == nil || s.Data.Train.Format != "csv" {
		return nil
	}
	src := s.Data.Train
	r := &Reading{Target: s.Data.Target, Label: src.Label, Features: src.Features, Weight: src.Weight}
	if n := src.Series; n != nil {
		r.Series = &SeriesReading{n.Columns, n.Horizon, max(1, n.Steps), n.SamplingRate}
		if r.Label == nil {
			r.Label = n.Columns
		}
	}
	if r.Label == nil {
		r.Label = lastLabel
	}
	return r
}

// ReadReading returns the Reading that the metadata of weights hold; nil if they hold none.
func ReadReading(meta map[string]string) (*Reading, error) {
	text := meta[ReadingKey]
	if text == "" {
		return nil, nil
	}
	r := &Reading{}
	if err := json.Unmarshal([]byte(text), r); err != nil {
		return nil, fmt.Errorf("what the weights say of the columns that were read is damaged: %w", err)
	}
	return r, nil
}

// SetMeta writes the Reading into the metadata of weights; nothing if it is nil.
func (r *Reading) SetMeta(meta map[string]string) {
	if r == nil {
		return
	}
	text, err := json.Marshal(r)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	meta[ReadingKey] = string(text)
}

// Names are those that the header of the training data had; none where there was none, or the Reading is nil.
func (r *Reading) Names() Names {
	if r == nil || r.Header == nil {
		return Names{}
	}
	return *r.Header
}

// Differs says by what a spec no longer says what the training did, with both; "" by nothing. A spec without a table to
// train on says nothing of columns, and one that calls them by the names that they had says the same.
func (r *Reading) Differs(s *spec.Spec) string {
	if r == nil {
		return ""
	}
	is := stated(s)
	if is == nil {
		return ""
	}
	names := r.Names()
	var was, now []string
	compare := func(key, a, b string) {
		if a != b {
			was, now = append(was, key+": "+a), append(now, key+": "+b)
		}
	}
	columns := func(key string, a, b, known []string) {
		if b == nil || !slices.Equal(b, known) {
			compare(key, listed(a), listed(b))
		}
	}
	compare("target", word(r.Target), word(is.Target))
	if is.Target == "" {
		columns("label", r.Label, is.Label, names.Label)
	}
	switch a, b := r.Series, is.Series; {
	case a != nil && b != nil:
		columns("series columns", a.Columns, b.Columns, names.Features)
		compare("horizon", fmt.Sprint(a.Horizon), fmt.Sprint(b.Horizon))
		compare("steps", fmt.Sprint(a.Steps), fmt.Sprint(b.Steps))
		compare("sampling_rate", fmt.Sprint(a.SamplingRate), fmt.Sprint(b.SamplingRate))
	case a != nil:
		compare("series columns", listed(a.Columns), "none")
	case b != nil:
		compare("series columns", "none", listed(b.Columns))
	case !allNamed(s):
		columns("features", r.Features, is.Features, names.Features)
		if r.Features == nil && names.Features == nil {
			compare("weight", word(r.Weight), word(is.Weight))
		}
	}
	if was == nil {
		return ""
	}
	return fmt.Sprintf("the data that these weights learned from had %s, and the spec now says %s: put that back, or train "+
		"again", strings.Join(was, ", "), strings.Join(now, ", "))
}

// String says which columns are read, by their names if they have such.
func (r *Reading) String() string {
	names, label, features := r.Names(), r.Label, r.Features
	if r.Series != nil {
		features = r.Series.Columns
	}
	if names.Label != nil {
		label = names.Label
	}
	if names.Features != nil {
		features = names.Features
	}
	text := "features " + listed(features)
	if r.Target == "" {
		text += ", label " + listed(label)
	}
	if n := r.Series; n != nil {
		text += fmt.Sprintf(", horizon %d, steps %d, sampling_rate %d", n.Horizon, n.Steps, n.SamplingRate)
	}
	return text
}

// listed writes names as a spec does.
func listed(names []string) string {
	if names == nil {
		return "all others"
	}
	return "[" + strings.Join(names, ", ") + "]"
}

// word writes a word that may be left out.
func word(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
