package data

import (
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/table"
	"github.com/nngen/nngen/runtime/encode"
)

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
