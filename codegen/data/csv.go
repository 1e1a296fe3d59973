package data

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/nngen/nngen/codegen/mapped"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/table"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/runtime/fit"
)

// csv reads a table.
func (r *reader) csv() (fit.Set, error) {
	t, err := r.table()
	if err != nil {
		return fit.Set{}, err
	}
	defer func() {
		t.Close() // which ends the reading ahead that counts them
		r.comments, r.repeated = t.Comments, t.Repeated
		if t.Columns == 1 && !t.JSON {
			r.blank, r.firstBlank = t.Blank, t.FirstBlank
		}
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

// isToken tells whether v is a whole number from 0 up to a number of tokens.
func isToken(v float32, tokens int) bool {
	return v >= 0 && v < float32(tokens) && v == float32(int(v))
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
		sums.addRow(row)
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
					t.noteDecimal(f.column, row, v)
				} else {
					t.noteMark(f.column, f.Unit, row)
				}
			}
			if !read {
				if !r.o.Other && f.isOfWords() {
					r.symbols.add(present(field, t.format))
				}
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
