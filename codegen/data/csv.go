package data

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/mapped"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/table"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/runtime/token"
	"github.com/nngen/nngen/spec"
)

// tabular is an open table.
type tabular struct {
	*table.Table
	format *encode.Format
	other  bool           // it is no table that the spec names, so that the spec is not to be fitted to it
	units  map[int]string // of columns of targets, where their numbers have one
	// as the training rows have them, by the names of columns; nil where that is not known
	like map[string]string
	seen map[string]string // those that were asked for
	// the columns that objects of JSON may have for one, as it is misspelt
	misspelt map[int][]int
	// of an object of JSON: columns, each with another whose name differs in case alone; nil before the first row
	cased   [][2]int
	marks   *marks             // what judges its decimal mark; nil where that is known
	numbers map[string]Numbers // of the training rows, by the names of columns; nil where they are not known
}

// unitsOf counts the units of a column in the sample.
func (t *tabular) unitsOf(c int) *table.Units {
	u := &table.Units{}
	for _, row := range t.Sample() {
		if row.Err != nil {
			continue
		}
		if field := strings.TrimSpace(row.Fields[c]); !t.format.IsMissing(field) {
			u.See(field, t.format)
		}
	}
	return u
}

// unit returns the unit of the numbers of a column, that of the training rows where it is known; "" for none. It is an
// error if there are several.
func (t *tabular) unit(c int) (string, error) {
	unit, known := t.like[t.name(c)]
	if !known {
		switch u := t.unitsOf(c); {
		case u.AreDurations(strings.Trim(t.name(c), `"`)):
			unit = encode.Durations
		case u.Several():
			return "", fmt.Errorf("%s: column %s: %s", t.File, t.name(c), u.SaySeveral())
		default:
			unit = u.Only()
		}
	}
	t.seen[t.name(c)] = unit
	return unit, nil
}

// hasUnit tells whether some field of the sample is a number by its unit alone.
func (t *tabular) hasUnit(c int, unit string) bool {
	return unit != "" && slices.ContainsFunc(t.Sample(), func(row table.Row) bool {
		if row.Err != nil {
			return false
		}
		field := strings.TrimSpace(row.Fields[c])
		return !t.format.IsMissing(field) && !table.IsNumber(field, t.format) &&
			(&encode.Column{Unit: unit}).Put(new([1]float32)[:], field, t.format) == nil
	})
}

// measure notes the units of columns of targets.
func (t *tabular) measure(columns []int) error {
	if t.units == nil {
		t.units = map[int]string{}
	}
	for _, c := range columns {
		unit, err := t.unit(c)
		if err != nil {
			return err
		}
		t.units[c] = unit
	}
	return nil
}

// csv reads a table.
func (r *reader) csv() (fit.Set, error) {
	t, err := r.table()
	if err != nil {
		return fit.Set{}, err
	}
	defer func() {
		t.Close() // which ends the reading ahead that counts them
		r.comments, r.repeated = t.Comments, t.Repeated
	}()
	if r.src.Series != nil {
		return r.series(t)
	}
	labels, err := r.labelColumns(t)
	if none := (absent)(nil); errors.As(err, &none) {
		_, err = r.featureColumns(t, nil, -1)
		if more := (absent)(nil); errors.As(err, &more) {
			none = append(none, more...)
		}
		return fit.Set{}, none
	}
	if err != nil {
		return fit.Set{}, err
	}
	if err := r.namedClasses(t, labels); err != nil {
		return fit.Set{}, err
	}
	r.moved = r.saysMoved(t, labels)
	weight, err := r.weightColumn(t, labels)
	if err != nil {
		return fit.Set{}, err
	}
	features, err := r.featureColumns(t, labels, weight)
	if err != nil {
		return fit.Set{}, err
	}
	if r.o.Unlabeled {
		weight = -1
	}
	r.unnamed = r.saysUnnamed(t, features)
	if r.o.Groups != "" {
		if r.group, err = t.column(r.o.Groups); err != nil {
			return fit.Set{}, err
		}
	}
	return r.fill(t, features, labels, weight)
}

// addGroup notes the group of the next example.
func (r *reader) addGroup(name string) {
	if r.groupOf == nil {
		r.groupOf = map[string]int32{}
	}
	g, ok := r.groupOf[name]
	if !ok {
		g = int32(len(r.groupOf))
		r.groupOf[strings.Clone(name)] = g
	}
	r.groups = append(r.groups, g)
}

// table opens the file.
func (r *reader) table() (*tabular, error) {
	f := *net.Format(r.net.Spec)
	o := FormOf(r.src, r.net.Spec)
	o.Missing, o.Other = f.Missing, r.o.Other
	if r.o.Unlabeled && r.o.Other {
		o.Keys, o.Taken = r.optional(&f), r.isTaken
	}
	o.Columns = withNames(slices.Concat(o.Columns, r.o.Like.Label, r.o.Like.Features,
		r.known(statedPlaces(r.src, r.net.Spec))))
	if r.o.Like.Features != nil || r.o.Like.Label != nil {
		o.Features = slices.Clone(r.o.Like.Features)
		for _, in := range r.net.Spec.Inputs {
			o.Features = append(o.Features, r.known(namesOf(in))...)
		}
	}
	o.Single, o.Below = o.Single && r.o.Unlabeled, r.o.Like.Below
	named := slices.ContainsFunc(r.net.Spec.Inputs, func(in spec.Input) bool { return in.Columns != nil })
	switch comma := r.o.Like.Comma; {
	case r.o.Decimal != "":
		o.Decimal = r.o.Decimal
	case o.Decimal != "":
	case comma != nil && *comma:
		o.Decimal = ","
	case comma != nil, named && r.o.Other: // whose package reads points
		o.Decimal = "."
	}
	in, err := table.Open(r.path(r.src.Path), r.src.Path, o)
	if err != nil {
		return nil, err
	}
	if in.Comma && cmp.Or(r.o.Decimal, r.src.Decimal) == "" && named {
		in.Close()
		if at := in.FirstComma; at.Line > 0 {
			return nil, fmt.Errorf("%s:%d: %q has a decimal comma, as more numbers of the table than have a point, and the "+
				"package must know: write data: {train: {csv: …, decimal: \",\"}}, or decimal: \".\" if points are decimal",
				r.src.Path, at.Line, at.Fields[0])
		}
		return nil,
			fmt.Errorf("%s: its numbers have decimal commas, and the package must know: write data: {train: {csv: …, "+
				"decimal: \",\"}}", r.src.Path)
	}
	comma := in.Comma // a copy, which does not hold on to the table
	r.comma, r.below = &comma, map[string]string{}
	for c, unit := range in.Below {
		unit = strings.TrimSpace(unit)
		r.below[in.Names[c]] = unit
		if like, ok := r.o.Like.Below[in.Names[c]]; ok && like != unit {
			in.Close()
			return nil, fmt.Errorf("%s:%d: below column %q stands %q, where the training rows have %q", r.src.Path, in.Lines+1,
				in.Names[c], unit, like)
		}
	}
	if r.o.Other && r.src.Header == nil && in.Header && !in.JSON && r.o.Like.Label == nil && r.o.Like.Features == nil &&
		!slices.ContainsFunc(in.HeaderRow, func(s string) bool { return !isNumber(s) }) {
		r.counted = strings.Join(in.HeaderRow[:min(len(in.HeaderRow), 4)], ",")
	}
	if in.Unsure != "" {
		r.unsure = in.SayUnsure()
	}
	f.Comma = in.Comma
	t := &tabular{Table: in, format: &f, other: r.o.Other, like: r.o.Like.Units, seen: map[string]string{},
		marks: r.newMarks(in), numbers: r.o.Like.Numbers}
	r.units = t.seen
	switch {
	case t.Columns == 0:
		var end error
		for { // the table holds bad rows alone
			row, err := t.Next()
			if err != nil {
				end = err
				break
			}
			r.fail(t.File, row.Line, "%v", row.Err)
		}
		t.Close()
		switch {
		case end != io.EOF:
			return nil, end
		case len(r.bad) > 0:
			return nil, r.bad
		}
		return nil, fmt.Errorf("%s: no rows", t.File)
	case r.src.Header != nil && t.Header && !t.JSON && onlyNumbers(t.HeaderRow) && !o.Names(t.HeaderRow):
		t.Close()
		return nil,
			fmt.Errorf("%s:%d: the first row, %s, holds numbers where the spec says header: true; without a header every row "+
				"is an example: write header: false",
				t.File, t.Lines, strings.Join(t.HeaderRow[:min(len(t.HeaderRow), 4)], ","))
	case len(t.Sample()) == 0:
		defer t.Close()
		if _, err := t.Next(); err != nil && err != io.EOF { // a line that is too long
			return nil, err
		}
		if t.Header {
			hint := ""
			if !t.JSON && r.src.Header == nil {
				hint = fmt.Sprintf("; if its only row, %s, is an example, write data: {train: {csv: …, header: false}}",
					strings.Join(t.HeaderRow[:min(len(t.HeaderRow), 4)], ","))
			}
			return nil, fmt.Errorf("%s: no rows behind that of the names%s", t.File, hint)
		}
		return nil, fmt.Errorf("%s: no rows", t.File)
	}
	return t, nil
}

// optional returns the names of columns that may be missing, which all objects of JSON to predict for may lack.
func (r *reader) optional(f *encode.Format) (names []string) {
	for _, in := range r.net.Spec.Inputs {
		for _, c := range r.o.Fitted.Columns(in) {
			if in.Tokens == nil && c.Put(make([]float32, c.Width()), "", f) == nil {
				names = append(names, c.Name)
			}
		}
	}
	return r.known(names)
}

// isTaken tells whether a key of an object of JSON is likely meant for a column: it resembles its name, and is none
// that the network reads, or that the training rows have.
func (r *reader) isTaken(column, key string) bool {
	if !encode.Resembles(column, key) && !strings.HasPrefix(column, key+".") {
		return false
	}
	if _, known := r.o.Like.Units[strconv.Quote(key)]; known {
		return false
	}
	read := append(FormOf(r.src, r.net.Spec).Columns, r.known(append(statedPlaces(r.src, r.net.Spec), r.src.Weight))...)
	if r.o.Notes != nil {
		read = append(read, r.o.Notes.ID)
	}
	return !slices.Contains(slices.Concat(read, r.o.Like.Label, r.o.Like.Features), key)
}

// misspelt is the error of an object of JSON that lacks a column, but has a key that is likely meant for it.
func (r *reader) misspelt(t *tabular, c int, row *table.Row) error {
	if t.misspelt == nil {
		t.misspelt = map[int][]int{}
	}
	alike, known := t.misspelt[c]
	if !known {
		for k, key := range t.Names {
			if k != c && r.isTaken(t.Names[c], key) {
				alike = append(alike, k)
			}
		}
		t.misspelt[c] = alike
	}
	for _, k := range alike {
		if row.Fields[k] != "" {
			return t.without(c, t.Names[k])
		}
	}
	for _, key := range row.Beyond {
		if r.isTaken(t.Names[c], key) {
			return t.without(c, key)
		}
	}
	return nil
}

// cased is the error of an object of JSON with another key that differs from that of a column in case alone: which of
// them is meant is not known.
func (r *reader) cased(t *tabular, cs columns, row *table.Row) error {
	if t.cased == nil {
		t.cased = [][2]int{}
		for _, fs := range cs.features {
			for i := range fs {
				for k, key := range t.Names {
					if c := fs[i].column; k != c && strings.EqualFold(key, t.Names[c]) && r.isTaken(t.Names[c], key) {
						t.cased = append(t.cased, [2]int{c, k})
					}
				}
			}
		}
	}
	wrong := func(c int, key string) error {
		return t.wrongf(c, "beside it stands %q, which differs in case alone", key)
	}
	for _, pair := range t.cased {
		if row.Fields[pair[0]] != "" && row.Fields[pair[1]] != "" {
			return wrong(pair[0], t.Names[pair[1]])
		}
	}
	for _, key := range row.Beyond {
		for _, fs := range cs.features {
			for i := range fs {
				if c := fs[i].column; row.Fields[c] != "" && strings.EqualFold(key, t.Names[c]) && r.isTaken(t.Names[c], key) {
					return wrong(c, key)
				}
			}
		}
	}
	return nil
}

// without is the error of an object of JSON that has a key in the place of a column.
func (t *tabular) without(c int, key string) error {
	if strings.HasPrefix(t.Names[c], key+".") {
		return t.wrongf(c, "not in the object, in which %q is none", key)
	}
	return t.wrongf(c, "not in the object; did you mean %q?", key)
}

// FormOf returns what a spec says of the form of a table that is laid out as its source, and of the columns that it
// reads.
func FormOf(src *spec.Source, s *spec.Spec) table.Options {
	o := table.Options{Delimiter: src.Delimiter, Decimal: src.Decimal, Encoding: src.Encoding, Header: src.Header,
		Point: true, Columns: slices.Concat(src.Label, src.Features)}
	for _, in := range s.Inputs {
		o.Columns = append(o.Columns, namesOf(in)...)
		o.Texts = o.Texts || in.Tokens != nil && in.Tokens.Column != ""
	}
	if n := src.Series; n != nil {
		o.Columns = append(append(o.Columns, n.Columns...), n.Index)
	}
	o.Columns = withNames(o.Columns)
	o.Single = o.Texts && len(s.Inputs) == 1
	return o
}

// isToken tells whether v is a whole number from 0 up to a number of tokens.
func isToken(v float32, tokens int) bool {
	return v >= 0 && v < float32(tokens) && v == float32(int(v))
}

// onlyNumbers tells whether a row holds numbers alone, and not those of its columns counted from 0 or 1, which
// some programs write as a header.
func onlyNumbers(row []string) bool {
	counted := [2]bool{true, true}
	for i, s := range row {
		if !isNumber(s) {
			return false
		}
		for from := range counted {
			counted[from] = counted[from] && strings.TrimSpace(s) == strconv.Itoa(i+from)
		}
	}
	return !counted[0] && !counted[1]
}

// isNumber tells whether a field is a number, if only one beyond the range of float32.
func isNumber(s string) bool {
	_, err := parse(s)
	return err == nil || errors.Is(err, strconv.ErrRange)
}

// parse reads a number.
func parse(s string) (float32, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 32)
	return float32(v), err
}

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

// labelColumns returns the columns of the targets: one for each output with classes, one for each
// unit of the others.
func (r *reader) labelColumns(t *tabular) ([]int, error) {
	want := 0
	for _, o := range r.net.Outputs {
		want += targetColumns(o)
	}
	names := r.src.Label
	switch {
	case t.Names != nil && r.o.Like.Label != nil:
		names = r.o.Like.Label
	case names == nil:
		names = []string{"last"}
	}
	if r.o.Unlabeled {
		// Labels that are there are left out of the features.
		columns, err := t.all(names)
		if err != nil || t.Columns < r.inputs()+want {
			return nil, nil
		}
		return columns, nil
	}
	columns, err := t.allBy(names, func(text string) (int, error) { return r.label(t, text) })
	if err != nil {
		return nil, err
	}
	if len(columns) != want {
		return nil, fmt.Errorf("%s: %s, but the outputs need %d%s", t.File, spec.Count(len(columns), "label column"), want,
			labelHint(r.net, len(columns)))
	}
	var targets []int
	at := 0
	for _, o := range r.net.Outputs {
		n := targetColumns(o)
		if o.Classes == nil {
			targets = append(targets, columns[at:at+n]...)
		}
		at += n
	}
	return columns, t.measure(targets)
}

// label finds the column of a label.
func (r *reader) label(t *tabular, text string) (int, error) {
	if _, err := t.column(text); err != nil && isPosition(text) {
		return 0, beyondLabel(t, r.src, r.net.Spec.Data, r.o.Other, text)
	}
	if _, known := r.o.Like.Bare[text]; !known && r.src.Label == nil { // the last, as everywhere
		return t.column(text)
	}
	return r.atPlace(t, text, r.o.Other)
}

// beyondLabel is the error of a label that a spec names by its place, which a table of the section d, or another one, does
// not have.
func beyondLabel(t *tabular, src *spec.Source, d *spec.Data, other bool, text string) *spec.Error {
	hint := "name one of them"
	switch {
	case other:
		hint = "name a file that has the label there, as the training data has; predict needs no label"
	case d != nil && src == d.Test:
		hint = "say where the label is there: data: {test: {csv: …, label: …}}"
	case d != nil && src == d.Validation:
		hint = "say where the label is there: data: {validation: {csv: …, label: …}}"
	}
	return &spec.Error{Code: "input", Pos: src.Pos, Subject: "data", Hint: hint,
		Msg: fmt.Sprintf("label %q is beyond the columns of %s: there are %d, from #1 to #%[3]d", text, t.File, t.Columns)}
}

// finder returns how columns are found that a table has for features, of which some may be known by their places alone.
func (r *reader) finder(t *tabular) func(text string) (int, error) {
	if t.Names == nil || r.o.Like.Features == nil && r.src.Features == nil {
		return t.column
	}
	return func(text string) (int, error) { return r.atPlace(t, text, r.o.Other) }
}

// saysMoved says that the column of a label in a table without a header to predict for, which is left out, holds hardly
// a class, so that it likely stands elsewhere, and the inputs are read from other columns than they are in; "" if not so.
func (r *reader) saysMoved(t *tabular, labels []int) string {
	if !r.o.Unlabeled || !r.o.Other || t.Names != nil || labels == nil {
		return ""
	}
	for _, o := range r.net.Outputs {
		if o.Classes == nil {
			labels = labels[targetColumns(o):]
			continue
		}
		none, all, line, example := 0, 0, 0, ""
		for _, row := range t.Sample() {
			if row.Err != nil {
				continue
			}
			field := strings.TrimSpace(row.Fields[labels[0]])
			if t.format.IsMissing(field) {
				continue
			}
			all++
			like := func(c string) bool { return strings.EqualFold(c, field) }
			if _, err := class(o, field); err != nil && !slices.ContainsFunc(o.Classes, like) {
				if none++; none == 1 {
					line, example = row.Line, field
				}
			}
		}
		if 2*none > all {
			return fmt.Sprintf("%s:%d: column %s, which holds the label in the training data and is left out, has %q there, "+
				"which is no class: if the label stands elsewhere, inputs are read from other columns than they are in",
				t.File, line, t.name(labels[0]), example)
		}
		labels = labels[1:]
	}
	return ""
}

// saysUnnamed says that the columns of a table with a header are taken in their order, since they have no names in the
// training data, or what they were called there is not known: neither do the weights say, nor is it there; and of a
// table without a header, if they have such. It is "" if all have names.
func (r *reader) saysUnnamed(t *tabular, features [][]feature) string {
	if r.o.Other && t.Names == nil {
		return r.saysHeaderless(t, features)
	}
	if !r.o.Other || t.Names == nil || r.counted != "" || r.src.Features != nil || r.o.Like.Features != nil {
		return ""
	}
	for i, in := range r.net.Spec.Inputs {
		if in.Columns != nil || len(features[i]) < 2 {
			continue
		}
		var names []string
		for _, f := range features[i][:min(len(features[i]), named+1)] {
			names = append(names, t.Names[f.column])
		}
		if len(features[i]) > len(names) {
			names = append(names, "…")
		}
		if r.o.Like.Comma != nil { // the training data is there
			return fmt.Sprintf("%s: the columns of the training data have no names, so these are taken in the order of the "+
				"file: %s", t.File, strings.Join(names, ", "))
		}
		return fmt.Sprintf("%s: what the columns were called in training is not known, so these are taken in the order "+
			"of the file: %s; write data: {train: {features: […]}}, or train again, to have them found by name", t.File,
			strings.Join(names, ", "))
	}
	return ""
}

// saysHeaderless says that the columns of a table without a header are taken in the order of those of the training data,
// or of the spec, which have names; "" if there are not several.
func (r *reader) saysHeaderless(t *tabular, features [][]feature) string {
	var names []string
	count := 0
	for i, in := range r.net.Spec.Inputs {
		known := namesOf(in)
		if in.Columns == nil {
			known = r.o.Like.Features
		}
		if known = withNames(known); len(known) == len(features[i]) {
			names, count = append(names, known...), count+len(known)
		}
	}
	if count < 2 {
		return ""
	}
	if len(names) > named+1 {
		names = append(names[:named+1], "…")
	}
	return fmt.Sprintf("%s has no header, so its columns are taken in the order of those of the training: %s", t.File,
		strings.Join(names, ", "))
}

// labelHint says what may be meant where columns of labels are not as many as the outputs need.
func labelHint(network *net.Net, columns int) string {
	if o := network.Outputs[0]; len(network.Outputs) == 1 && columns == 1 && o.Classes == nil && o.TargetWidth() > 1 {
		return fmt.Sprintf("; if the label names one of %d classes, write task: multiclass and classes: %[1]d (for a "+
			"model made elsewhere: nngen import MODEL --task multiclass)",
			o.TargetWidth())
	}
	if o := network.Outputs[0]; len(network.Outputs) == 1 && columns == len(o.Classes) && columns > 1 {
		return "; if each has 1 in the rows of its class and 0 in others, write one column with the name of the class in " +
			"place of them"
	}
	return "; write them as label: [a, b] of the source"
}

// namedClasses checks that the spec names its classes if the labels are words, and that those of several binary targets
// are none.
func (r *reader) namedClasses(t *tabular, labels []int) error {
	if r.o.Unlabeled {
		return nil
	}
	if err := r.binaryTargets(t, labels); err != nil || r.net.Spec.Classes.Names != nil {
		return err
	}
	for _, o := range r.net.Outputs {
		if o.Classes == nil {
			labels = labels[targetColumns(o):]
			continue
		}
		words := t.words(labels[0])
		if words != nil {
			return fmt.Errorf("%s: the labels in column %s are words; list them in the spec: classes: [%s]", t.File,
				t.name(labels[0]), strings.Join(words, ", "))
		}
		labels = labels[1:]
	}
	return nil
}

// binaryTargets checks that the columns of several binary targets, such as tags, hold no words: which of two would be 1
// the spec cannot say of each.
func (r *reader) binaryTargets(t *tabular, labels []int) error {
	if r.src.Series != nil {
		return nil
	}
	for _, o := range r.net.Outputs {
		own := labels[:min(targetColumns(o), len(labels))]
		labels = labels[len(own):]
		if o.Task != "binary" || len(own) < 2 {
			continue
		}
		for _, c := range own {
			if words := t.words(c); words != nil {
				return fmt.Errorf("%s: the labels in column %s are words, %s; output %q has several targets, and each is a "+
					"column of "+
					"numbers, 1 where it holds and else 0", t.File, t.name(c), strings.Join(words, ", "), o.Name)
			}
		}
	}
	return nil
}

// words returns the words in a column, sorted, quoted, and shortened if there are many; nil if it holds a number.
func (t *tabular) words(c int) []string {
	var found []string
	for _, row := range t.Sample() {
		if row.Err != nil {
			continue
		}
		w := strings.TrimSpace(row.Fields[c])
		if t.format.IsMissing(w) {
			continue
		}
		if table.IsNumber(w, t.format) {
			return nil
		}
		if q := strconv.Quote(w); w != "" && len(found) < 1000 && !slices.Contains(found, q) {
			found = append(found, q)
		}
	}
	slices.Sort(found)
	if len(found) > 12 {
		found = append(found[:12], "…")
	}
	return found
}

// inputs returns the number of columns that the inputs read.
func (r *reader) inputs() int {
	n := 0
	for i, in := range r.net.Inputs {
		if columns := r.net.Spec.Inputs[i].Columns; columns != nil {
			n += len(columns)
		} else {
			n += in.Shape.Size()
		}
	}
	return n
}

// weightColumn returns the column of weights, -1 if there is none. A file that the spec does not name may lack it.
func (r *reader) weightColumn(t *tabular, labels []int) (int, error) {
	if r.src.Weight == "" {
		return -1, nil
	}
	c, err := r.stated(t, r.src.Weight)
	if r.o.Other && (err != nil || t.Names == nil && r.src.Series == nil && t.Columns <= r.inputs()+len(labels)) {
		return -1, nil
	}
	if err != nil {
		err = absent{err}
	}
	return c, err
}

func targetColumns(o *net.Output) int {
	if o.Classes != nil {
		return 1
	}
	return o.TargetWidth()
}

// feature is one column of an input.
type feature struct {
	column int
	encode.Column
	fitting *fitting      // nil if nothing is left to be fitted
	reader  *token.Reader // of a column of texts, else nil
	steps   int           // of a text
	size    int           // what width returns
	// plain tells that the column is of numbers without a unit, and that no word for a missing value is a decimal.
	plain bool
	loose []float32 // what a field gives without what is Fixed
}

// width returns how many numbers the feature gives.
func (f *feature) width() int {
	if f.steps > 0 {
		return f.steps
	}
	return f.Width()
}

// put fills the numbers of a feature by a field of a row; what depends on the training rows is filled in later.
func (f *feature) put(x []float32, row *table.Row, format *encode.Format) error {
	field := row.Fields[f.column]
	switch {
	case f.fitting != nil:
		return f.fitting.put(x, strings.TrimSpace(field), row.IsBare(f.column), format)
	case f.reader != nil:
		f.reader.Read(x[:f.steps], present(field, format))
		return nil
	case row.Bare != nil:
		return f.PutJSON(x, field, row.Bare[f.column], format)
	}
	return f.Put(x, field, format)
}

// unlike says what of all training rows a field, which has no error, differs from, so that it is Fixed; "" if from
// nothing.
func (f *feature) unlike(row *table.Row, format *encode.Format) string {
	if f.fitting != nil || f.reader != nil {
		return ""
	}
	free := *f
	if free.Fixed = nil; f.loose == nil {
		f.loose = make([]float32, f.Width())
	}
	if free.put(f.loose, row, format) != nil {
		return ""
	}
	for _, p := range f.Fixed {
		switch {
		case f.loose[p.At] == p.Value:
		case f.Kind == encode.Number && p.At == 0:
			return fmt.Sprintf("another number than the %v of all training rows", p.Value)
		default:
			return "something that no training row has"
		}
	}
	return ""
}

// checkBare is the error of a number, or true or false, of JSON where a column wants strings.
func (f *feature) checkBare(field string) error {
	if f.fitting != nil {
		return f.fitting.checkBare(field)
	}
	return f.CheckBare(field)
}

// isCut tells whether a text has more tokens than the feature takes.
func (f *feature) isCut(field string, format *encode.Format) bool {
	n := 0
	f.reader.Each(present(field, format), func(string) bool {
		n++
		return n <= f.steps
	})
	return n > f.steps
}

// settle notes what does not change from row to row.
func (f *feature) settle(format *encode.Format) {
	f.size = f.width()
	f.plain = f.reader == nil && f.Kind == encode.Number && f.Unit == "" && f.Fixed == nil &&
		!slices.ContainsFunc(format.Missing, func(word string) bool {
			_, ok := format.Decimal(word)
			return ok
		})
}

// present returns a text; "" for what stands for a missing one.
func present(field string, format *encode.Format) string {
	if field = strings.TrimSpace(field); format.IsMissing(field) {
		return ""
	}
	return field
}

// featureColumns returns the columns of each input.
func (r *reader) featureColumns(t *tabular, labels []int, weight int) ([][]feature, error) {
	named := map[int]bool{weight: true}
	for _, l := range labels {
		named[l] = true
	}
	out := make([][]feature, len(r.net.Inputs))
	var none absent
	for i, in := range r.net.Spec.Inputs {
		columns, err := r.inputColumns(t, in, named)
		if more := (absent)(nil); errors.As(err, &more) {
			none = append(none, more...)
			continue
		}
		if err != nil {
			return nil, err
		}
		encoded := r.o.Fitted.Columns(in)
		for k, c := range columns {
			if err := r.leaks(t, labels, c, in.Columns[k].Pos); err != nil {
				return nil, err
			}
			f := feature{column: c}
			if in.Tokens == nil {
				f, err = t.feature(c, encoded[k])
			} else if v := r.net.Inputs[i].Vocabulary; in.Tokens.Column != "" {
				f.reader, f.steps = textReader(v, r.o.Fitted.Words(in.Name), r.o.Fitted.KnowsAll(in.Name)), in.Shape[0]
			}
			if err != nil {
				return nil, err
			}
			f.fitting = r.fits.of(i, k)
			out[i] = append(out[i], f)
			named[c] = true
		}
	}
	var rest []int
	features := r.src.Features
	if t.Names != nil && r.o.Like.Features != nil {
		features = r.o.Like.Features
	}
	if !slices.ContainsFunc(r.net.Spec.Inputs, func(in spec.Input) bool { return in.Columns == nil }) {
		features = []string{} // every input names its own
	}
	if features != nil {
		var err error
		if rest, err = t.allBy(features, r.finder(t)); err != nil {
			if more := (absent)(nil); errors.As(err, &more) {
				err = append(none, more...)
			}
			return nil, err
		}
		for _, c := range rest {
			if err := r.leaks(t, labels, c, r.src.Pos); err != nil {
				return nil, err
			}
		}
	} else {
		for c := range t.Columns {
			if !named[c] && !t.isIndex(c) {
				rest = append(rest, c)
			}
		}
	}
	if none != nil {
		return nil, none
	}
	for i, in := range r.net.Spec.Inputs {
		if in.Columns == nil {
			for _, c := range rest {
				f, err := t.feature(c, encode.Column{})
				if err != nil {
					return nil, err
				}
				out[i] = append(out[i], f)
			}
			rest = nil
		}
	}
	for i, in := range r.net.Inputs {
		width := 0
		for k := range out[i] {
			out[i][k].settle(t.format)
			width += out[i][k].size
		}
		if width != in.Shape.Size() {
			return nil, fmt.Errorf("%s: %d feature columns for input %q, which has the shape %s, %d numbers", t.File, width,
				in.Name, in.Shape, in.Shape.Size())
		}
	}
	return out, nil
}

// leaks is the error of a table whose rows are examples, and whose column c is a label and a feature: what is to be
// foretold is then there to be read. Windows over a series may hold what was foretold before.
func (r *reader) leaks(t *tabular, labels []int, c int, pos spec.Pos) error {
	if r.o.Unlabeled || r.src.Series != nil || !slices.Contains(labels, c) {
		return nil
	}
	var list spec.ErrorList
	list.Add("input", pos, "data", "leave it out of the features, or name another column as the label",
		"column %s is the label, and a feature too: a network would read what it is to foretell", t.name(c))
	return list.Err()
}

// inputColumns finds the columns that an input names. In a file without a header names mean nothing: there the
// columns that nothing else takes come in order.
func (r *reader) inputColumns(t *tabular, in spec.Input, taken map[int]bool) ([]int, error) {
	columns, err := t.allBy(namesOf(in), func(text string) (int, error) { return r.stated(t, text) })
	if err == nil || t.Names != nil {
		return columns, err
	}
	columns = nil
	for c := range t.Columns {
		if !taken[c] && len(columns) < len(in.Columns) {
			columns = append(columns, c)
		}
	}
	if len(columns) < len(in.Columns) {
		return nil, fmt.Errorf("%s: %d columns for input %q, which names %d", t.File, len(columns), in.Name, len(in.Columns))
	}
	return columns, nil
}

// Header names the columns of a table that are labels and features, in order.
type Header struct {
	Label, Features []string
	// Placed are the names of columns that a spec names by their places: see net.Names.
	Placed map[string]string `json:",omitempty"`
	// Bare are the names of columns that are known by their places alone: see net.Names.
	Bare map[string]string `json:",omitempty"`
	// Units are those of the numbers of columns, by name, or by position without a header; nil if they are not known.
	Units map[string]string
	// Below holds what stands below the names in a header of two lines, the second of units.
	Below map[string]string
	// Comma tells whether numbers have a decimal comma; nil if that is not known.
	Comma *bool
	// Delimiter is what the columns of a table stand apart by; "" if that is not known. Numbers are what its sample holds,
	// by the names of columns as those of Units.
	Delimiter string
	Numbers   map[string]Numbers
	// Dates is the form of the dates that are the index of a series; nil if it is none of dates, or not known.
	Dates *encode.Layout
	// Cadence is how the rows of a series follow each other; nil if that is not known.
	Cadence *Cadence
}

// HeaderAndUnitsOf returns the header of a source as HeaderOf does, the units of its columns, and the form of dates.
func HeaderAndUnitsOf(src *spec.Source, base string, network *net.Net) Header {
	h := HeaderOf(src, base, network)
	if src == nil || src.Format != "csv" {
		return h
	}
	r := &reader{src: src, base: base, net: network}
	t, err := r.table()
	if err != nil {
		return h
	}
	defer t.Close()
	for c := range t.Columns {
		_, _ = t.unit(c) // of a column that is read, its own reading says what is wrong
	}
	h.Units, h.Comma, h.Below, h.Numbers = t.seen, r.comma, r.below, t.numbersOf()
	if !t.JSON {
		h.Delimiter = t.Delimiter
	}
	if src.Series != nil {
		if _, err := r.index(t); err == nil { // else its own reading says what is wrong
			h.Dates, h.Cadence = r.dates, r.cadence
		}
	}
	return h
}

// HeaderOf returns the names of the columns of the training data as the weights in use know them: see net.Reading.
// Where they do not say, they are those in the header of its source now; none if that is no CSV, cannot be read, or has
// no header. Features are of a series the columns of a step, else those that are neither labels nor weights nor named
// by an input.
func HeaderOf(src *spec.Source, base string, network *net.Net) Header {
	if names := network.Reading.Names(); names.Label != nil || names.Features != nil || names.Placed != nil {
		h := Header{Label: names.Label, Features: names.Features, Placed: names.Placed, Bare: names.Bare}
		if h.Placed == nil && h.Bare == nil && src != nil { // weights that do not say it, where there is something to say
			if slices.ContainsFunc(slices.Concat(statedPlaces(src, network.Spec), h.Label, h.Features), isPosition) {
				now := headerOf(src, base, network)
				h.Placed, h.Bare = now.Placed, now.Bare
			}
		}
		return h
	}
	return headerOf(src, base, network)
}

// statedPlaces returns what a spec says of the columns of inputs, and of the weight, that may be places.
func statedPlaces(src *spec.Source, s *spec.Spec) (list []string) {
	for _, in := range s.Inputs {
		list = append(list, namesOf(in)...)
	}
	list = append(list, src.Weight)
	return slices.DeleteFunc(list, func(text string) bool { return !isPosition(text) })
}

// placed returns what the columns are called that a spec names by their places; none of those without a name of their
// own.
func (t *tabular) placed(stated []string) map[string]string {
	var list map[string]string
	for _, text := range stated {
		c, err := t.column(text)
		if err != nil || t.Names[c] == "" {
			continue
		}
		if at, err := t.column(t.Names[c]); err != nil || at != c {
			continue
		}
		if list == nil {
			list = map[string]string{}
		}
		list[text] = t.Names[c]
	}
	return list
}

// bare returns the names, "" for none, of columns that their places alone tell, among those that a spec names, or that
// are called by their places since they have no name of their own.
func (t *tabular) bare(stated []string) map[string]string {
	var list map[string]string
	for _, text := range stated {
		c, err := t.column(text)
		if !isPosition(text) || err != nil || t.Names[c] == text || t.nameOf(c) == t.Names[c] {
			continue
		}
		if list == nil {
			list = map[string]string{}
		}
		list[text] = t.Names[c]
	}
	return list
}

// known returns the columns that a spec names, those that it names by places by the names that they had in training.
func (r *reader) known(columns []string) []string {
	list := slices.Clone(columns)
	for i, text := range list {
		if name, ok := r.o.Like.Placed[text]; ok {
			list[i] = name
		}
	}
	return list
}

// stated finds a column that a spec names: one that it names by its place in the training data is in a table with a
// header the column of that name, for another that stands there means something else.
func (r *reader) stated(t *tabular, text string) (int, error) {
	name, ok := r.o.Like.Placed[text]
	if !ok || t.Names == nil {
		return r.atPlace(t, text, r.isBeside())
	}
	if slices.Contains(t.Names, name) {
		return t.column(name)
	}
	there := ""
	if c, ok := net.PlaceOf(text, t.Columns); ok && !t.JSON {
		there = fmt.Sprintf(", and %s is %q here", text, t.Names[c])
	}
	return 0, fmt.Errorf("%s: no column %q, which was column %s of the training data%s; give the column that holds it "+
		"that name", t.File, name, text, there)
}

// atPlace finds a column by what a spec names it, or by its place, where that is all that tells it. It is an error if
// the training data has another name there; that it has none is noted, and with unknown also that it is not known.
func (r *reader) atPlace(t *tabular, text string, unknown bool) (int, error) {
	c, err := t.column(text)
	if err != nil || t.Names == nil || t.JSON || !isPosition(text) || t.Names[c] == text {
		return c, err
	}
	was, known := r.o.Like.Bare[text]
	is := t.Names[c]
	switch {
	case known && was == is, !known && !unknown:
	case known && was != "" && is != "":
		return 0, fmt.Errorf("%s: column %s is %q, and was %q in the training data, where another column has that name too; "+
			"give the columns the names and the order that they had there", t.File, text, is, was)
	case !slices.ContainsFunc(r.byPlace, func(p place) bool { return p.text == text }):
		r.byPlace = append(r.byPlace, place{text, is, known})
	}
	return c, nil
}

// isBeside tells whether the source is a file beside that of the training.
func (r *reader) isBeside() bool {
	d := r.net.Spec.Data
	return r.o.Other || d != nil && (r.src == d.Validation || r.src == d.Test)
}

// place is a column that was found by its place alone.
type place struct {
	text  string // what tells the place
	name  string // of the column that stands there; "" for none
	known bool   // whether it is known that the place alone tells the column of the training data
}

// saysByPlace says which columns of a table with a header were found by their places alone; "" for none.
func (r *reader) saysByPlace() string {
	if len(r.byPlace) == 0 {
		return r.placed
	}
	var texts, list []string
	known := true
	for i, p := range r.byPlace {
		if i == named {
			list = append(list, "…")
			texts = append(texts, "…")
			break
		}
		is := strconv.Quote(p.name)
		if p.name == "" {
			is = "without a name"
		}
		texts, list, known = append(texts, p.text), append(list, p.text+" is "+is), known && p.known
	}
	what, hint := "have no name of their own in the training data, so they are", ""
	switch trained := r.net.Reading; {
	case known:
	case r.o.Like.Comma != nil, trained != nil && trained.Header == nil: // the training data, or what it had, is there
		what = "have no names in the training data, so they are"
	default:
		what = "may have had other names in training, which is not known, so they are"
		hint = "; train again to have them found by name"
	}
	return fmt.Sprintf("%s: columns that the spec names by their places, %s, %s taken by these: %s%s", r.src.Path,
		strings.Join(texts, ", "), what, strings.Join(list, ", "), hint)
}

// headerOf is HeaderOf by the source alone.
func headerOf(src *spec.Source, base string, network *net.Net) (h Header) {
	if src == nil || src.Format != "csv" {
		return h
	}
	r := &reader{src: src, base: base, net: network}
	r.o.Unlabeled = network.Spec.Data != nil && network.Spec.Data.Target == "input"
	t, err := r.table()
	if err != nil {
		return h
	}
	defer t.Close()
	if t.Names == nil {
		return h
	}
	placed := t.placed(statedPlaces(src, network.Spec))
	defer func() {
		h.Placed = placed
		h.Bare = t.bare(slices.Concat(h.Label, h.Features, statedPlaces(src, network.Spec)))
	}()
	if src.Series != nil {
		stated := src.Label
		if stated == nil {
			stated = src.Series.Columns
		}
		return Header{Label: t.namesOf(stated), Features: t.namesOf(src.Series.Columns)}
	}
	labels, err := r.labelColumns(t)
	if err != nil {
		return h
	}
	for _, c := range labels {
		h.Label = append(h.Label, t.nameOf(c))
	}
	if src.Features != nil {
		h.Features = t.namesOf(src.Features)
		return h
	}
	rest, _, err := r.rest(t, labels)
	if err != nil {
		return h
	}
	for _, c := range rest {
		h.Features = append(h.Features, t.nameOf(c))
	}
	return h
}

// rest returns the columns that are neither labels nor the weight nor named by an input, and the weight; -1 for none.
func (r *reader) rest(t *tabular, labels []int) (rest []int, weight int, err error) {
	weight = -1
	if r.src.Weight != "" {
		if weight, err = t.column(r.src.Weight); err != nil {
			return nil, -1, err
		}
	}
	of := map[int]bool{}
	for _, in := range r.net.Spec.Inputs {
		for _, name := range namesOf(in) {
			if c, err := t.column(name); err == nil { // else its own reading says what is wrong
				of[c] = true
			}
		}
	}
	for c := range t.Columns {
		if !slices.Contains(labels, c) && c != weight && !of[c] && !t.isIndex(c) {
			rest = append(rest, c)
		}
	}
	return rest, weight, nil
}

// placesOf returns where the columns of the training data stand; nil if it is no table, cannot be read, or has a column
// whose name would be taken for the place of one.
func placesOf(src *spec.Source, base string, network *net.Net) *net.Places {
	if src.Format != "csv" {
		return nil
	}
	r := &reader{src: src, base: base, net: network}
	r.o.Unlabeled = network.Spec.Data.Target == "input"
	t, err := r.table()
	if err != nil {
		return nil
	}
	defer t.Close()
	if slices.ContainsFunc(t.Names, isPosition) {
		return nil
	}
	at := net.Places{Columns: t.Columns}
	if n := src.Series; n != nil {
		stated := src.Label
		if stated == nil {
			stated = n.Columns
		}
		features, err := t.all(n.Columns)
		if err != nil || features == nil {
			return nil
		}
		if at.Label, err = t.all(stated); err != nil {
			return nil
		}
		return at.WithFeatures(features)
	}
	if at.Label, err = r.labelColumns(t); err != nil {
		return nil
	}
	features, weight, err := r.rest(t, at.Label)
	if err != nil {
		return nil
	}
	if weight >= 0 {
		at.Weight = &weight
	}
	if src.Features != nil {
		if features, err = t.all(src.Features); err != nil {
			return nil
		}
	}
	if len(features) == 0 { // every input names its own
		return &at
	}
	return at.WithFeatures(features)
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

// feature describes a column. It is an error if the spec takes it for numbers, but it holds words.
func (t *tabular) feature(c int, e encode.Column) (feature, error) {
	f := feature{column: c, Column: e}
	if e.Kind != encode.Number {
		return f, nil
	}
	if e.Unit != "" || t.other && t.like == nil {
		return f, nil
	}
	unit, err := t.unit(c)
	if err != nil {
		return f, err
	}
	f.Unit = unit
	found := t.words(c)
	switch {
	case t.other, t.like != nil: // of the training rows, whose reading has said it
		return f, nil
	case t.hasUnit(c, unit):
		return f, fmt.Errorf("%s: the numbers in column %s have a unit; say so in the spec: "+
			"input: {columns: [{name: %s, unit: %q}]}", t.File, t.name(c), strings.Trim(t.name(c), `"`), unit)
	case found == nil:
		return f, nil // numbers, among which words are bad rows, reported as such
	}
	return f, fmt.Errorf("%s: column %s holds words; list them in the spec: input: {columns: [{name: %s, words: [%s]}]}",
		t.File, t.name(c), strings.Trim(t.name(c), `"`), strings.Join(found, ", "))
}

// isIndex tells whether a column is an index that some program wrote: the first one, without a name, in a table with
// names for the others, which counts the rows.
func (t *tabular) isIndex(c int) bool {
	if c != 0 || t.Names == nil || t.Names[0] != "" || t.Columns < 2 {
		return false
	}
	for i, row := range t.Sample() {
		if row.Err != nil { // it may have no field
			continue
		}
		if v, err := strconv.Atoi(strings.TrimSpace(row.Fields[0])); err != nil || v != i && v != i+1 {
			return false
		}
	}
	return true
}

// namesOf returns the names of the columns of an input.
func namesOf(in spec.Input) []string {
	var names []string
	for _, c := range in.Columns {
		names = append(names, c.Name)
	}
	return names
}

// columns says where the parts of an example stand in a row.
type columns struct {
	features [][]feature // of each input
	labels   []int       // of each output one for its classes, or one for each unit; nil if none are wanted
	weight   int         // -1 for none
}

// errNoLabel is that of a row without a label, which is none to learn from.
var errNoLabel = errors.New("no label")

// fill reads all rows.
func (r *reader) fill(t *tabular, features [][]feature, labels []int, weight int) (fit.Set, error) {
	cs := columns{features, labels, weight}
	if r.o.Unlabeled {
		cs.labels = nil
	}
	set := fit.Set{X: make([][]float32, len(r.net.Inputs))}
	if cs.labels != nil {
		set.Y = make([][]float32, len(r.net.Outputs))
	}
	if weight >= 0 {
		set.W = []float32{}
	}
	id, err := r.idColumn(t)
	if err != nil {
		return fit.Set{}, err
	}
	sums := &totals{}
	r.reserve(&set, t)
	t.ReadAhead()
	for {
		row, err := t.Next()
		if err == nil && r.o.Rows > 0 && r.rows == r.o.Rows {
			return set, nil
		}
		if errors.Is(err, io.EOF) {
			if err := t.judge(); err != nil {
				return fit.Set{}, err
			}
			if r.total = sums.last(t, r.o.Aligned); r.total != nil && !r.o.Aligned {
				sums.drop(r, &set)
			}
			before := set.N
			if !sums.bad {
				before--
			}
			if r.total == nil && !r.o.Aligned && sums.addsUp(r, t, cs, &set, before) {
				r.total = sums.leaveOut(r, &set)
			}
			return set, nil
		}
		if err != nil {
			return fit.Set{}, err
		}
		set.N++
		r.rows++
		r.grow(&set)
		sums.see(row)
		if row.Err == nil {
			row.Err = r.row(t, &row, cs, &set)
		}
		if !sums.below {
			sums.bad = row.Err != nil
		}
		if row.Err == nil && r.o.Groups != "" {
			r.addGroup(row.Fields[r.group])
		}
		switch {
		case row.Err == nil:
		case r.o.Aligned && r.skip() > 0:
			r.fail(t.File, row.Line, "%v", row.Err)
			r.bad[len(r.bad)-1].Example = set.N
			r.shrink(&set)
			set.N++
			r.grow(&set)
			r.note(id, row.Fields)
			continue
		default:
			r.shrink(&set)
			if errors.Is(row.Err, errNoLabel) {
				r.unlabeled++
			} else {
				r.fail(t.File, row.Line, "%v", row.Err)
			}
		}
		if row.Err == nil {
			r.note(id, row.Fields)
		}
		if len(r.bad) > maxBad {
			return fit.Set{}, fmt.Errorf("%w\nmore than %d rows are bad: the spec hardly fits this table", r.bad, maxBad)
		}
	}
}

// idColumn returns the column that identifies the rows, -1 if none is asked for.
func (r *reader) idColumn(t *tabular) (int, error) {
	if r.o.Notes == nil || r.o.Notes.ID == "" {
		return -1, nil
	}
	return t.column(r.o.Notes.ID)
}

// note keeps what identifies an example: "" of a row that has no such column.
func (r *reader) note(id int, fields []string) {
	switch {
	case id < 0:
	case id < len(fields):
		r.o.Notes.IDs = append(r.o.Notes.IDs, strings.Clone(fields[id]))
	default:
		r.o.Notes.IDs = append(r.o.Notes.IDs, "")
	}
}

// maxBad bounds the bad rows that are kept for messages.
const maxBad = 1_000_000

// reserve makes room for as many examples as a table that is not packed likely has, by the length of those of its
// sample, and for no more numbers than it has bytes: each takes one, and what stands behind it another.
func (r *reader) reserve(s *fit.Set, t *tabular) {
	info, err := os.Stat(r.path(r.src.Path))
	if err != nil || !t.Plain() || info.Size() < leastCached {
		return
	}
	bytes := 0
	for _, row := range t.Sample() {
		for _, field := range row.Fields {
			bytes += len(field) + 1
		}
	}
	const more = 1.02 // so that a few rows that are shorter do not double the room
	rows := int(more * float64(info.Size()) * float64(len(t.Sample())) / float64(max(bytes, 1)))
	room := func(x []float32, width int) []float32 { return mapped.Reserve(x, min(rows*width, int(info.Size()))) }
	for i, in := range r.net.Inputs {
		s.X[i] = room(s.X[i], in.Shape.Size())
	}
	for i := range s.Y {
		s.Y[i] = room(s.Y[i], r.net.Outputs[i].TargetWidth())
	}
	if s.W != nil {
		s.W = room(s.W, 1)
	}
}

// grow makes room for one more example, with zeros.
func (r *reader) grow(s *fit.Set) {
	for i, in := range r.net.Inputs {
		s.X[i] = mapped.Extend(s.X[i], in.Shape.Size())
	}
	for i := range s.Y {
		s.Y[i] = mapped.Extend(s.Y[i], r.net.Outputs[i].TargetWidth())
	}
	if s.W != nil {
		s.W = mapped.Extend(s.W, 1)
	}
}

// shrink drops the last example.
func (r *reader) shrink(s *fit.Set) {
	for _, xs := range [][][]float32{s.X, s.Y} {
		for i := range xs {
			xs[i] = xs[i][:len(xs[i])-len(xs[i])/s.N]
		}
	}
	if s.W != nil {
		s.W = s.W[:len(s.W)-1]
	}
	s.N--
}

// row fills the last example of a set, and returns the first thing that is wrong with it.
func (r *reader) row(t *tabular, row *table.Row, cs columns, set *fit.Set) error {
	fields := row.Fields
	beside := r.o.Other || r.fits == nil && r.isBeside() // what the columns took from the training rows is known
	if row.Bare != nil && r.o.Other {
		if err := r.cased(t, cs, row); err != nil {
			return err
		}
	}
	for k, fs := range cs.features {
		in := r.net.Inputs[k]
		x, tokens := set.X[k][len(set.X[k])-in.Shape.Size():], r.net.Tokens(in)
		for i := range fs {
			f := &fs[i]
			field, read, v := fields[f.column], false, float32(0)
			if f.plain { // nearly all are decimals, without a blank around them
				if v, read = t.format.Decimal(field); read {
					clear(x[1:f.size])
					x[0] = v
				}
			}
			if t.marks != nil && f.reader == nil && f.fitting == nil && f.Kind == encode.Number {
				if read {
					t.seeDecimal(f.column, row, v)
				} else {
					t.see(f.column, f.Unit, row)
				}
			}
			if !read {
				if row.Bare != nil && field == "" && r.o.Other {
					if err := r.misspelt(t, f.column, row); err != nil {
						return err
					}
				}
				if row.IsBare(f.column) {
					if err := f.checkBare(field); err != nil {
						return t.wrong(f.column, err)
					}
				}
				if err := f.put(x, row, t.format); err != nil {
					return t.wrong(f.column, err)
				}
				if beside && f.reader != nil {
					if f.isCut(field, t.format) {
						r.cut++
					}
					r.addText(f, t.name(f.column), present(field, t.format), row.Line)
				}
				if beside && f.IsOther(x, field, t.format) {
					r.addUnseen(unseen{Column: t.name(f.column), Known: len(f.Values), Silent: f.IsSilent()}, field, row.Line)
				} else if beside && f.Fixed != nil {
					if of := f.unlike(row, t.format); of != "" {
						r.addUnseen(unseen{Column: t.name(f.column), Of: of}, field, row.Line)
					}
				}
			}
			if f.steps == 0 && tokens > 0 && !isToken(x[0], tokens) {
				return t.wrongf(f.column, "%v is no token of input %q: those are the whole numbers from 0 to %d", x[0],
					in.Name, tokens-1)
			}
			x = x[f.size:]
		}
	}
	if cs.weight >= 0 {
		v, err := t.number(row, cs.weight)
		if err != nil {
			return err
		}
		if v < 0 {
			return t.wrongf(cs.weight, "the weight %v is negative", v)
		}
		set.W[len(set.W)-1] = v
	}
	if cs.labels == nil {
		return nil
	}
	return r.targets(t, row, cs.labels, set)
}

// targets fills the targets of the last example of a set.
func (r *reader) targets(t *tabular, row *table.Row, labels []int, set *fit.Set) error {
	fields := row.Fields
	for k, o := range r.net.Outputs {
		width := o.TargetWidth()
		y := set.Y[k][len(set.Y[k])-width:]
		if o.Classes != nil {
			label := strings.TrimSpace(fields[labels[0]])
			c, err := r.class(o, label)
			if err != nil && t.format.IsMissing(label) {
				return errNoLabel
			}
			if err != nil {
				return t.wrong(labels[0], err)
			}
			setClass(o, y, c)
			labels = labels[1:]
			continue
		}
		for j := range y {
			if t.format.IsMissing(strings.TrimSpace(fields[labels[j]])) {
				return errNoLabel
			}
			v, err := t.number(row, labels[j])
			if err != nil {
				return err
			}
			y[j] = v
		}
		if j, problem := o.Rule().Check(y); problem != "" {
			return t.meaningless(o, labels, y, j, problem)
		}
		labels = labels[width:]
	}
	return nil
}

// meaningless says that target j of an output, or all of them if it is below 0, means nothing to its loss.
func (t *tabular) meaningless(o *net.Output, labels []int, y []float32, j int, problem string) error {
	if j < 0 {
		return fmt.Errorf("the targets of output %q, from column %s on, %s", o.Name, t.name(labels[0]), problem)
	}
	return t.wrong(labels[j], fmt.Errorf("the target %v %s", y[j], problem))
}

// number reads a number of a row.
func (t *tabular) number(row *table.Row, c int) (float32, error) {
	var x [1]float32
	column := encode.Column{Unit: t.units[c]}
	if t.marks != nil {
		t.see(c, column.Unit, row)
	}
	err := column.Put(x[:], row.Fields[c], t.format)
	if row.IsBare(c) {
		err = column.PutJSON(x[:], row.Fields[c], true, t.format)
	}
	if err != nil {
		err = t.wrong(c, err)
	}
	return x[0], err
}

// wrong says what is wrong with a field.
func (t *tabular) wrong(c int, err error) error {
	return &fieldError{t.name(c), err}
}

func (t *tabular) wrongf(c int, format string, args ...any) error {
	return t.wrong(c, fmt.Errorf(format, args...))
}

func (t *tabular) name(c int) string {
	if t.Names != nil {
		return fmt.Sprintf("%q", t.Names[c])
	}
	return strconv.Itoa(c)
}
