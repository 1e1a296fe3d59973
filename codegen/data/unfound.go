package data

import (
	"errors"
	"slices"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/table"
	"github.com/nngen/nngen/spec"
)

// Unfound lists the columns that a spec in the folder base names and that the headers of its tables lack. Columns of
// inputs are looked for only where these are as the spec says, which faults deny.
func Unfound(s *spec.Spec, faults spec.Faults, base string) (list spec.ErrorList) {
	if s.Data == nil {
		return nil
	}
	for _, src := range []*spec.Source{s.Data.Train, s.Data.Validation, s.Data.Test} {
		unfoundIn(&list, src, s, faults, base)
	}
	return list
}

// and returns the absent columns with those of a list that are not among them.
func (a absent) and(list spec.ErrorList) absent {
	for _, e := range list {
		if !slices.ContainsFunc(a, func(err error) bool { return err.Error() == e.Msg || err.Error() == e.Error() }) {
			a = append(a, errors.New(e.Msg))
		}
	}
	return a
}

// unfoundIn adds those of one source. No more is read of a table than it is judged by; one that cannot be read, or
// has no header, lacks no names, but places of labels beyond it.
func unfoundIn(list *spec.ErrorList, src *spec.Source, s *spec.Spec, faults spec.Faults, base string) {
	if src == nil || src.Format != "csv" || src.Path == "" {
		return
	}
	o := FormOf(src, s)
	o.Missing = net.Format(s).Missing
	in, err := table.Open(net.PathFrom(base, src.Path), src.Path, o)
	if err != nil {
		return
	}
	defer in.Close()
	t := &tabular{Table: in}
	for _, text := range src.Label {
		if _, err := t.column(text); err != nil && isPosition(text) {
			*list = append(*list, beyondLabel(t, src, s.Data, false, text))
		}
	}
	if in.Names == nil {
		return
	}
	find := func(pos spec.Pos, names ...string) {
		for _, name := range names {
			if _, err := t.column(name); err != nil && name != "" {
				list.Add("input", pos, "data", "", "%v", err)
			}
		}
	}
	find(src.Pos, withNames(src.Label)...)
	find(src.Pos, src.Features...)
	find(src.Pos, src.Weight)
	switch n := src.Series; {
	case n != nil:
		find(n.Pos, n.Columns...)
		find(n.Pos, n.Index)
	case !faults.Inputs:
		for _, in := range s.Inputs {
			for _, c := range in.Columns {
				find(c.Pos, c.Name)
			}
		}
	}
}
