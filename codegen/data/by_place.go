package data

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/spec"
)

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
