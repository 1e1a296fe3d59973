package data

import (
	"slices"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/spec"
)

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

// HeaderAndUnitsOf returns the header of a source as headerOf does, the units of its columns, and the form of dates.
func HeaderAndUnitsOf(src *spec.Source, base string, network *net.Net) Header {
	h := headerOf(src, base, network)
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

// headerOf returns the names of the columns of the training data as the weights in use know them: see net.Reading.
// Where they do not say, they are those in the header of its source now; none if that is no CSV, cannot be read, or has
// no header. Features are of a series the columns of a step, else those that are neither labels nor weights nor named
// by an input.
func headerOf(src *spec.Source, base string, network *net.Net) Header {
	if names := network.Reading.Names(); names.Label != nil || names.Features != nil || names.Placed != nil {
		h := Header{Label: names.Label, Features: names.Features, Placed: names.Placed, Bare: names.Bare}
		if h.Placed == nil && h.Bare == nil && src != nil { // weights that do not say it, where there is something to say
			if slices.ContainsFunc(slices.Concat(statedPlaces(src, network.Spec), h.Label, h.Features), isPosition) {
				now := headerNow(src, base, network)
				h.Placed, h.Bare = now.Placed, now.Bare
			}
		}
		return h
	}
	return headerNow(src, base, network)
}

// headerNow is headerOf by the source alone.
func headerNow(src *spec.Source, base string, network *net.Net) (h Header) {
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
