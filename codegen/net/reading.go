package net

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/spec"
)

// ReadingKey is the key of the metadata of weights that holds a Reading as JSON, between single quotes for double ones:
// these would have to be escaped in the header of the file, which a decoder reads without a copy where it has no
// escapes.
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
	// At is where they stood, by which a spec may say the same otherwise; nil where that is not known.
	At *Places `json:"at,omitempty"`
}

// Places are those of the columns of a table, counted from 0.
type Places struct {
	Columns  int   `json:"columns"` // of the table
	Label    []int `json:"label"`
	Features []int `json:"features,omitempty"` // of a series those of a step; nil for all but labels and weight
	Weight   *int  `json:"weight,omitempty"`
}

// maxColumns is the most columns of a table whose Places are believed.
const maxColumns = 1 << 20

// fits tells whether all places are within the table.
func (p *Places) fits() bool {
	all := slices.Concat(p.Label, p.Features)
	if p.Weight != nil {
		all = append(all, *p.Weight)
	}
	return p.Columns > 0 && p.Columns <= maxColumns &&
		!slices.ContainsFunc(all, func(c int) bool { return c < 0 || c >= p.Columns })
}

// others returns the columns but some, in order.
func (p *Places) others(without ...int) (list []int) {
	not := make([]bool, p.Columns)
	for _, c := range without {
		if c >= 0 {
			not[c] = true
		}
	}
	for c, out := range not {
		if !out {
			list = append(list, c)
		}
	}
	return list
}

// weight returns the place of the weight; -1 for none.
func (p *Places) weight() int {
	if p.Weight == nil {
		return -1
	}
	return *p.Weight
}

// features returns the places of the features, in the order in which they are read.
func (p *Places) features() []int {
	if p.Features != nil {
		return p.Features
	}
	return p.others(append(slices.Clone(p.Label), p.weight())...)
}

// WithFeatures returns the Places with those of features, which are left unsaid if they are all the others.
func (p Places) WithFeatures(features []int) *Places {
	p.Features = nil
	if !slices.Equal(features, p.features()) {
		p.Features = features
	}
	return &p
}

// PlaceOf returns the place in a table of so many columns of one that a spec names by its place: first, last, #1, #-1,
// or a number from 0. ok is false of other texts, and where the place is beyond the table.
func PlaceOf(text string, columns int) (place int, ok bool) {
	number, counted := strings.CutPrefix(text, "#")
	switch n, err := strconv.Atoi(number); {
	case err == nil && counted && n < 0:
		place = columns + n
	case err == nil && counted:
		place = n - 1
	case err == nil:
		place = n
	case text == "last":
		place = columns - 1
	case text != "first":
		return 0, false
	}
	return place, place >= 0 && place < columns
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
	// Placed are those of the columns that inputs, and the weight, name by their places, by what the spec says of each.
	Placed map[string]string `json:"placed,omitempty"`
	// Bare are those of the columns that their places alone tell, by what is said of each: "" of a column without a name,
	// and one that another column has too.
	Bare map[string]string `json:"bare,omitempty"`
}

// ReadingOf returns the Reading of a training by what its spec says, what the columns of its table are called, and
// where they stand, nil if that is not known; it is nil where none says anything.
func ReadingOf(s *spec.Spec, header Names, at *Places) *Reading {
	r := stated(s)
	if r == nil {
		return nil
	}
	if r.Series == nil && allNamed(s) {
		header.Features = nil
	}
	if len(header.Label)+len(header.Features)+len(header.Placed)+len(header.Bare) > 0 {
		r.Header = &header
	}
	r.At = at
	if r.At == nil && r.Header == nil && r.Target == "" && r.Features == nil && r.Weight == "" && r.Series == nil &&
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
	if strings.HasPrefix(text, "{'") {
		text = strings.ReplaceAll(text, "'", `"`)
	}
	err := json.Unmarshal([]byte(text), r)
	if err == nil && r.At != nil && !r.At.fits() {
		err = fmt.Errorf("places beyond the %d columns", r.At.Columns)
	}
	if err != nil {
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
	meta[ReadingKey] = singleQuoted(text)
}

// singleQuoted writes JSON with its strings between single quotes, and both kinds of quotes within them as numbers.
func singleQuoted(text []byte) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\'':
			b.WriteString(`\u0027`)
		case c == '"':
			b.WriteByte('\'')
		case c == '\\' && text[i+1] == '"':
			b.WriteString(`\u0022`)
			i++
		case c == '\\':
			b.Write(text[i : i+2])
			i++
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Names are those that the header of the training data had; none where there was none, or the Reading is nil.
func (r *Reading) Names() Names {
	if r == nil || r.Header == nil {
		return Names{}
	}
	return *r.Header
}

// TrainedKey is the key of the metadata of weights by which a training tells the data that it read, and which those of
// other origin lack.
const TrainedKey = "data"

// StatesTable tells whether a spec names a table to train on.
func StatesTable(s *spec.Spec) bool { return stated(s) != nil }

// StatesColumns tells whether a spec says anything of the columns of the table to train on.
func StatesColumns(s *spec.Spec) bool {
	r := stated(s)
	return r != nil && ReadingOf(s, Names{}, nil) != nil
}

// placeOf returns the place in the table of the training of a column that a spec names; -1 where that is not known.
func (r *Reading) placeOf(text string) int {
	names, at := r.Names(), r.At
	if i := slices.Index(names.Label, text); i >= 0 && len(names.Label) == len(at.Label) {
		return at.Label[i]
	}
	if features := at.features(); len(features) == len(names.Features) {
		if i := slices.Index(names.Features, text); i >= 0 {
			return features[i]
		}
	}
	if c, ok := PlaceOf(text, at.Columns); ok {
		return c
	}
	if text != "" && text == r.Weight {
		return at.weight()
	}
	return -1
}

// areAt tells whether columns that a spec names were at some places in the table of the training.
func (r *Reading) areAt(columns []string, places []int) bool {
	if r.At == nil || len(columns) != len(places) {
		return false
	}
	for i, text := range columns {
		if c := r.placeOf(text); c < 0 || c != places[i] {
			return false
		}
	}
	return true
}

// othersAreAt tells whether all columns but those that a spec says to be labels and weight were at the places of the
// features.
func (r *Reading) othersAreAt(s *spec.Spec, is *Reading) bool {
	if r.At == nil || slices.ContainsFunc(s.Inputs, func(in spec.Input) bool { return in.Columns != nil }) {
		return false
	}
	var without []int
	for _, text := range is.Label {
		without = append(without, r.placeOf(text))
	}
	if is.Weight != "" {
		without = append(without, r.placeOf(is.Weight))
	}
	return !slices.Contains(without, -1) && slices.Equal(r.At.others(without...), r.At.features())
}

// Differs says by what a spec no longer says what the training did, with both; "" by nothing. A spec without a table to
// train on says nothing of columns, and one that calls them by the names that they had, or by the places where they
// stood, says the same.
func (r *Reading) Differs(s *spec.Spec) string {
	if r == nil {
		return ""
	}
	is := stated(s)
	if is == nil {
		return ""
	}
	names, at := r.Names(), Places{}
	if r.At != nil {
		at = *r.At
		at.Features = at.features()
	}
	var was, now []string
	compare := func(key, a, b string) {
		if a != b {
			was, now = append(was, key+": "+a), append(now, key+": "+b)
		}
	}
	columns := func(key string, a, b, known []string, places []int) {
		if (b == nil || !slices.Equal(b, known)) && !r.areAt(b, places) {
			compare(key, listed(a), listed(b))
		}
	}
	compare("target", word(r.Target), word(is.Target))
	if is.Target == "" {
		columns("label", r.Label, is.Label, names.Label, at.Label)
	}
	switch a, b := r.Series, is.Series; {
	case a != nil && b != nil:
		columns("series columns", a.Columns, b.Columns, names.Features, at.Features)
		compare("horizon", fmt.Sprint(a.Horizon), fmt.Sprint(b.Horizon))
		compare("steps", fmt.Sprint(a.Steps), fmt.Sprint(b.Steps))
		compare("sampling_rate", fmt.Sprint(a.SamplingRate), fmt.Sprint(b.SamplingRate))
	case a != nil:
		compare("series columns", listed(a.Columns), "none")
	case b != nil:
		compare("series columns", "none", listed(b.Columns))
	case !allNamed(s):
		if is.Features != nil || !r.othersAreAt(s, is) {
			columns("features", r.Features, is.Features, names.Features, at.Features)
		}
		if r.Features == nil && is.Features == nil && names.Features == nil && !r.weighs(is.Weight) {
			compare("weight", word(r.Weight), word(is.Weight))
		}
	}
	if was == nil {
		return ""
	}
	return fmt.Sprintf("the data that these weights learned from had %s, and the spec now says %s: put that back, or train "+
		"again", strings.Join(was, ", "), strings.Join(now, ", "))
}

// weighs tells whether the weight that a spec names was that of the training, where its place is known.
func (r *Reading) weighs(text string) bool {
	return text != "" && r.At != nil && r.At.Weight != nil && r.placeOf(text) == *r.At.Weight
}

// Same tells whether two trainings read the same columns, as far as they say.
func (r *Reading) Same(o *Reading) bool {
	if !r.placedAlike(o) {
		return false
	}
	if r.String() == o.String() {
		return true
	}
	return r.Header == nil && o.Header == nil && r.At != nil && o.At != nil && r.Target == o.Target &&
		slices.Equal(r.At.Label, o.At.Label) && slices.Equal(r.At.features(), o.At.features()) &&
		(r.Series == nil) == (o.Series == nil) && (r.Series == nil || r.Series.window() == o.Series.window())
}

// placedAlike tells whether the places that a spec names had the same columns, as far as both know.
func (r *Reading) placedAlike(o *Reading) bool {
	other := o.Names().Placed
	for text, name := range r.Names().Placed {
		if also, known := other[text]; known && also != name {
			return false
		}
	}
	return true
}

// window says which rows are an example.
func (s *SeriesReading) window() string {
	return fmt.Sprintf("horizon %d, steps %d, sampling_rate %d", s.Horizon, s.Steps, s.SamplingRate)
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
	placed := r.Names().Placed
	for _, place := range slices.Sorted(maps.Keys(placed)) {
		text += fmt.Sprintf(", column %s %q", place, placed[place])
	}
	if r.Target == "" {
		text += ", label " + listed(label)
	}
	if n := r.Series; n != nil {
		text += ", " + n.window()
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
