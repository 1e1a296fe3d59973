package data

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/table"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// steps are the rows of a series, as far as they are needed. A bad row keeps its place, so that no window reaches over
// it.
type steps struct {
	width  int // numbers of a row
	values []float32
	index  []float64
	good   []bool
	filled []bool // rows with some number that was put there
	unsure []bool // rows with some target, or the weight, that was put there
	lacks  []bool // rows that lack some number in the table, but not all
	ids    []string
	times  *times  // nil without an index
	rows   fit.Set // targets and weights
}

// series reads windows over the rows of a table. A window belongs to a set by the index of its label, so
// the windows of a test set reach back into the time of the training set, but no label is in both. A bad row
// takes all windows with it that it is part of. Without labels, the windows are all that the rows fill,
// the last one too, whose label is yet to come.
//
// A row that was put into a gap is on the line to the row behind the gap, and so is each number that a row lacks: what
// the row has stays. Such a row may be among the steps of a window, but a target that was put there is no label; nor is
// the row the last step, which tells of what comes behind.
func (r *reader) series(t *tabular) (fit.Set, error) {
	s := r.src.Series
	if len(r.net.Inputs) != 1 {
		return fit.Set{}, fmt.Errorf("%s: a series feeds one input, but the network has %d", t.File, len(r.net.Inputs))
	}
	names := s.Columns
	if t.Names != nil && r.o.Like.Features != nil {
		names = r.o.Like.Features
	}
	columns, err := t.allBy(names, func(text string) (int, error) { return r.atPlace(t, text, r.o.Other) })
	if err != nil {
		return fit.Set{}, err
	}
	if err := t.measure(columns); err != nil {
		return fit.Set{}, err
	}
	in := r.net.Inputs[0]
	width := in.Shape.Size()
	if width%len(columns) != 0 || len(in.Shape) > 1 && len(columns) > 1 && in.Shape[len(in.Shape)-1] != len(columns) {
		return fit.Set{}, fmt.Errorf("%s: steps of %d columns do not fill input %q, which has the shape %s", t.File,
			len(columns), in.Name, in.Shape)
	}
	all, err := r.steps(t, columns)
	if err != nil {
		return fit.Set{}, err
	}
	if err := r.leak(t, all, columns, width/len(columns)); err != nil {
		return fit.Set{}, err
	}
	return r.windows(t, all, width/len(columns))
}

// leastLeak is the number of rows from which on a column that holds a label in advance is no chance.
const leastLeak = 10

// leak refuses windows with a column that holds what is foretold: in all rows the label of a later one, or a number for
// each of its classes, some rows ahead that a window and its forecast reach over. The column of the label itself holds
// what was, whatever its period.
func (r *reader) leak(t *tabular, all *steps, columns []int, length int) error {
	labels, _, err := r.seriesLabels(t)
	if err != nil || labels == nil {
		return err
	}
	s := r.src.Series
	for k, o := range r.net.Outputs {
		w := r.labelWidth(k)
		foretells := all.foretells
		if o.Classes != nil {
			foretells = all.foretellsClass
		}
		columnsOf := labels[:min(w, targetColumns(o))]
		for j, label := range columnsOf {
			for c, column := range columns {
				if column == label {
					continue
				}
				for ahead := s.Horizon; ahead < s.Horizon+(length-1)*s.SamplingRate+r.horizonSteps(); ahead++ {
					if foretells(c, all.rows.Y[k], w, j, ahead) {
						return fmt.Errorf("%s: in each row column %s is the label %s of %s later, which windows would hold before it is "+
							"known; leave it out of series: {columns}", t.File, t.name(column), t.name(label), spec.Count(ahead, "row"))
					}
				}
			}
		}
		labels = labels[len(columnsOf):]
	}
	return nil
}

// measured tells whether a row of the table is good, and lacks nothing.
func (s *steps) measured(row int) bool { return s.good[row] && !s.filled[row] && !s.unsure[row] }

// foretellsClass tells whether each number of a column stands for one class of the w targets y some rows ahead, another
// one for each, in all rows.
func (s *steps) foretellsClass(column int, y []float32, w, _, ahead int) bool {
	classOf, numberOf, rows := map[float32]int{}, map[int]float32{}, 0
	for row := range len(s.good) - ahead {
		if !s.measured(row) || !s.measured(row+ahead) {
			continue
		}
		rows++
		v, class := s.values[row*s.width+column], int(y[(row+ahead)*w])
		if w > 1 {
			class = slices.Index(y[(row+ahead)*w:][:w], 1)
		}
		old, seen := classOf[v]
		number, taken := numberOf[class]
		if seen && old != class || taken && number != v {
			return false
		}
		classOf[v], numberOf[class] = class, v
	}
	return len(classOf) > 1 && rows >= leastLeak
}

// foretells tells whether a column is number j of the w targets y some rows ahead, in all rows.
func (s *steps) foretells(column int, y []float32, w, j, ahead int) bool {
	rows, varies, first := 0, false, float32(0)
	for row := range len(s.good) - ahead {
		if !s.measured(row) || !s.measured(row+ahead) {
			continue
		}
		v := y[(row+ahead)*w+j]
		if s.values[row*s.width+column] != v {
			return false
		}
		if rows == 0 {
			first = v
		}
		varies = varies || v != first
		rows++
	}
	return varies && rows >= leastLeak
}

// windows cuts windows out of the rows of a series.
func (r *reader) windows(t *tabular, all *steps, length int) (fit.Set, error) {
	s, n := r.src.Series, len(all.good)
	labeled := !r.o.Unlabeled
	reach := (length - 1) * s.SamplingRate
	if reach+1 > n {
		return fit.Set{}, fmt.Errorf("%s: windows of %d steps reach over %d rows, but there are %d",
			t.File, length, reach+1, n)
	}
	set := fit.Set{X: [][]float32{nil}}
	if labeled {
		set.Y = make([][]float32, len(all.rows.Y))
		if all.rows.W != nil {
			set.W = []float32{}
		}
	}
	first := 0
	if r.o.Other && r.o.Unlabeled { // the last row is the one to foretell from
		first = (n - 1 - reach) % s.SequenceStride
	}
	for start := first; start+reach < n; start += s.SequenceStride {
		at := start + reach + s.Horizon
		end := at + r.horizonSteps() // behind the last label
		if labeled && (end > n || !labelWithin(s.From, s.To, all.index[at]) || !labelWithin(s.From, s.To, all.index[end-1])) {
			continue
		}
		if slices.Contains(all.good[start:start+reach+1], false) || labeled &&
			slices.Contains(all.good[start+reach:end], false) {
			continue
		}
		filled := 0
		for row := start; row <= start+reach; row += s.SamplingRate {
			if all.filled[row] {
				filled++
			}
		}
		if labeled && (all.filled[start+reach] || slices.Contains(all.unsure[at:end], true)) || r.restores() && filled > 0 {
			r.invented++
			continue
		}
		for k := range length {
			row := start + k*s.SamplingRate
			set.X[0] = append(set.X[0], all.values[row*all.width:][:all.width]...)
		}
		set.N++
		r.noteWindow(all, start+reach, at, filled)
		if !labeled {
			continue
		}
		for k, y := range all.rows.Y {
			w := len(y) / n
			set.Y[k] = append(set.Y[k], y[at*w:end*w]...)
		}
		if set.W != nil {
			set.W = append(set.W, all.rows.W[at])
		}
	}
	return set, nil
}

// restores tells whether the targets of windows are the windows themselves.
func (r *reader) restores() bool {
	d := r.net.Spec.Data
	return d != nil && d.Target == "input" && !r.o.Aligned
}

// noteWindow keeps what identifies a window: of its last row, and when the row at comes that is foretold; and how many
// of its rows were put into gaps.
func (r *reader) noteWindow(all *steps, last, at, filled int) {
	n := r.o.Notes
	if n == nil {
		return
	}
	n.Window, n.times, n.filled = all.width, all.times, all.filled
	n.Filled = append(n.Filled, filled)
	if n.ID != "" {
		n.IDs = append(n.IDs, all.ids[last])
	}
	if all.times != nil {
		n.Times = append(n.Times, all.times.at(at))
	}
}

func labelWithin(from, to *float64, v float64) bool {
	return (from == nil || v >= *from) && (to == nil || v <= *to)
}

// stepping is the reading of the rows of a series, one after another.
type stepping struct {
	*reader
	t          *tabular
	columns    []int // of the steps
	labels     []int // nil if none are wanted
	weight, id int   // columns; -1 for none
	index      *index
	all        *steps
	lacking    int // rows without a value since the last that was not left out
	late       tardiness
}

// tardiness counts the rows of a series that do not come behind the one before.
type tardiness struct {
	rows, twice int             // all of them, and those at the very time of the one before
	first       error           // nil if there is none
	seen        map[string]bool // times, of which some may come again
	again       int             // rows that come at a time seen before
}

// steps reads the rows of a series.
func (r *reader) steps(t *tabular, columns []int) (*steps, error) {
	index, err := r.index(t)
	if err != nil {
		return nil, err
	}
	labels, weight, err := r.seriesLabels(t)
	if err != nil {
		return nil, err
	}
	id, err := r.idColumn(t)
	if err != nil {
		return nil, err
	}
	all := &steps{width: len(columns)}
	if r.o.Notes != nil && index.column >= 0 {
		all.times = index.times()
	}
	if labels != nil {
		all.rows.Y = make([][]float32, len(r.net.Outputs))
		if weight >= 0 {
			all.rows.W = []float32{}
		}
	}
	s := &stepping{reader: r, t: t, columns: columns, labels: labels, weight: weight, id: id, index: index, all: all}
	s.late.seen = map[string]bool{}
	t.ReadAhead()
	for {
		row, err := t.Next()
		if err == nil && r.o.Rows > 0 && r.rows == r.o.Rows {
			err = io.EOF
		}
		if errors.Is(err, io.EOF) {
			return all, s.end()
		}
		if err == nil {
			err = s.row(&row)
		}
		if err != nil {
			return nil, err
		}
	}
}

// row reads a row, which is a bad one, skipped, or left out, or the next step. It is an error if no row behind it can be
// read either.
func (s *stepping) row(row *table.Row) error {
	s.rows++
	lacks := false
	if s.index.fills() && row.Err == nil {
		var some bool
		if lacks, some = s.t.lacks(row.Fields, s.columns, s.labels, s.weight); lacks && !some {
			s.lacking++
			return nil // it is as if the row were not there, and filled as such
		}
	}
	without := s.lacking
	s.dropped, s.lacking = s.dropped+without, 0
	at := s.place(row)
	wrong := row.Err
	if wrong == nil {
		s.all.index[at], wrong = s.index.next(row.Fields, at)
	}
	if fatal := s.inTime(row, at, wrong); fatal != nil {
		return fatal
	}
	if wrong == nil {
		wrong = s.numbers(row, s.all.values[at*s.all.width:], lacks)
	}
	if wrong == nil && s.labels != nil {
		wrong = s.seriesTargets(s.t, row, s.labels, s.weight, &s.all.rows, lacks)
	}
	if errors.Is(wrong, errEmptyStep) {
		s.empty++
	}
	if wrong != nil {
		s.fail(s.t.File, row.Line, "%v", wrong)
		return nil
	}
	s.all.good[at], s.all.lacks[at] = true, lacks
	if n := s.index.missing; n > 0 && at > 0 && s.all.good[at-1] {
		without = min(without, n)
		s.filled, s.replaced, s.dropped = s.filled+n-without, s.replaced+without, s.dropped-without
		s.all.fill(s.index, n)
	}
	return nil
}

// place makes the place of a row, which it returns, with what identifies it.
func (s *stepping) place(row *table.Row) int {
	all := s.all
	at := len(all.good)
	all.good, all.index = append(all.good, false), append(all.index, math.NaN())
	all.filled, all.unsure, all.lacks = append(all.filled, false), append(all.unsure, false), append(all.lacks, false)
	all.values = append(all.values, make([]float32, all.width)...)
	for i := range all.rows.Y {
		all.rows.Y[i] = append(all.rows.Y[i], make([]float32, s.labelWidth(i))...)
	}
	if all.rows.W != nil {
		all.rows.W = append(all.rows.W, 0)
	}
	if s.id >= 0 {
		all.ids = append(all.ids, "")
		if s.id < len(row.Fields) {
			all.ids[at] = strings.Clone(row.Fields[s.id])
		}
	}
	if all.times != nil {
		all.times.fields = append(all.times.fields, "")
		if row.Err == nil {
			all.times.fields[at] = strings.Clone(strings.TrimSpace(row.Fields[s.index.column]))
		}
	}
	return at
}

// inTime notes what is wrong with the time of a row. It is an error if rows do not follow each other as the series says.
func (s *stepping) inTime(row *table.Row, at int, wrong error) error {
	late := &s.late
	tooLate := errors.Is(wrong, errOrder) || errors.Is(wrong, errTwice)
	if wrong != nil && math.IsNaN(s.all.index[at]) && !tooLate {
		s.index.lost++
	}
	if s.index.column >= 0 && row.Err == nil && len(late.seen) < maxTimes {
		when := strings.TrimSpace(row.Fields[s.index.column])
		late.again += bit(late.seen[when])
		late.seen[strings.Clone(when)] = true
	}
	if errors.Is(wrong, ErrGap) || errors.Is(wrong, errCadence) {
		wrong = fmt.Errorf("%s:%d: %w", s.t.File, row.Line, wrong)
		if late.first != nil { // a time written wrong may be both
			wrong = fmt.Errorf("%w; then %w", late.first, wrong)
		}
		return wrong
	}
	if tooLate {
		late.twice += bit(errors.Is(wrong, errTwice))
		if late.rows++; late.rows == 1 {
			late.first = fmt.Errorf("%s:%d: %w", s.t.File, row.Line, wrong)
		}
	}
	return nil
}

// numbers reads the numbers of a step.
func (s *stepping) numbers(row *table.Row, values []float32, lacks bool) error {
	in := s.net.Inputs[0]
	tokens := s.net.Tokens(in)
	for j, c := range s.columns {
		if s.index.regular() && s.t.isMissing(row.Fields, c) {
			if !lacks {
				return s.t.wrong(c, errEmptyStep)
			}
			values[j] = lacking32
			continue
		}
		v, err := s.t.number(row, c)
		if err != nil {
			return err
		}
		if tokens > 0 && !isToken(v, tokens) {
			return s.t.wrongf(c, "%v is no token of input %q: those are the whole numbers from 0 to %d", v, in.Name, tokens-1)
		}
		values[j] = v
	}
	return nil
}

// end completes the rows that lack some numbers. It is an error if the file as a whole is none of a series.
func (s *stepping) end() error {
	if err := s.t.judge(); err != nil {
		return err
	}
	replaced, dropped := s.all.complete()
	s.replaced, s.dropped = s.replaced+replaced, s.dropped+dropped+s.lacking
	late, rows, n := s.late, spec.Count(s.rows, "row"), len(s.all.good)
	switch {
	case late.rows <= mostLate*n/100:
		return nil
	case late.again > 1 && 4*late.again >= n:
		return fmt.Errorf("%w; %d of %s come at the time of another: the file holds several series, which a network "+
			"reads from columns of their own, or from files of their own", late.first, late.again, rows)
	case errors.Is(late.first, errSetBack):
		return late.first
	case late.twice == late.rows:
		return fmt.Errorf("%w, as in %d of %s; keep one row of each time", late.first, late.rows, rows)
	case late.twice > 0:
		return fmt.Errorf("%w; of %s %d repeat a time, and %d are out of its order; sort the file by %s, and keep one "+
			"row of each time", late.first, rows, late.twice, late.rows-late.twice, s.t.name(s.index.column))
	}
	return fmt.Errorf("%w, as %d of %s are; sort the file by %s", late.first, late.rows, rows, s.t.name(s.index.column))
}

// mostLate is the share of rows, in percent, up to which those that come too late are bad rows; of more, the file has
// another order.
const mostLate = 10

// maxTimes is the number of different times of a series that are kept, to see which come again.
const maxTimes = 100_000

// seriesLabels returns the columns of labels and weights; nil if none are wanted.
func (r *reader) seriesLabels(t *tabular) (labels []int, weight int, err error) {
	if r.o.Unlabeled {
		return nil, -1, nil
	}
	names := r.src.Label
	switch {
	case t.Names != nil && r.o.Like.Label != nil:
		names = r.o.Like.Label
	case names == nil:
		names = r.src.Series.Columns
	}
	if labels, err = t.allBy(names, func(text string) (int, error) { return r.label(t, text) }); err != nil {
		return nil, -1, err
	}
	want := 0
	for i, o := range r.net.Outputs {
		if o.Classes != nil && r.horizonSteps() > 1 {
			return nil, -1, fmt.Errorf("%s: a horizon of several steps is for numbers, but output %q has classes", t.File,
				o.Name)
		}
		if o.Classes == nil && o.TargetWidth()%r.horizonSteps() != 0 {
			var list spec.ErrorList
			list.Add("units", o.Layer.Pos, fmt.Sprintf("output %q", o.Name),
				fmt.Sprintf("leave out units, or write a multiple of %d",
					r.horizonSteps()), "it has %d units, which are no whole number for each of the %d steps of the horizon",
				o.TargetWidth(), r.horizonSteps())
			return nil, -1, list.Err()
		}
		want += min(targetColumns(o), r.labelWidth(i))
	}
	if len(labels) != want {
		hint := labelHint(r.net, len(labels))
		if n := len(labels); r.horizonSteps() == 1 && want > n && want%n == 0 && r.net.Outputs[0].Classes == nil {
			hint = fmt.Sprintf("; to foretell %d steps, one after another, write series: {…, horizon: {steps: %[1]d}}", want/n)
		}
		return nil, -1, fmt.Errorf("%s: %s, but the outputs need %d%s", t.File, spec.Count(len(labels), "label column"),
			want, hint)
	}
	weight, err = r.weightColumn(t, labels)
	return labels, weight, err
}

// labelWidth returns the numbers of the target of an output in one row of a series.
func (r *reader) labelWidth(i int) int {
	return r.net.Outputs[i].TargetWidth() / r.horizonSteps()
}

// seriesTargets reads the targets and the weight of the last row; lacks tells that it may lack some, which are filled
// in later.
func (r *reader) seriesTargets(t *tabular, row *table.Row, labels []int, weight int, rows *fit.Set, lacks bool) error {
	for k, o := range r.net.Outputs {
		width := r.labelWidth(k)
		y := rows.Y[k][len(rows.Y[k])-width:]
		if o.Classes != nil {
			c, err := r.class(o, row.Fields[labels[0]])
			if err != nil {
				return t.wrong(labels[0], err)
			}
			setClass(o, y, c)
			labels = labels[1:]
			continue
		}
		whole := true
		for j := range y {
			if lacks && t.isMissing(row.Fields, labels[j]) {
				y[j], whole = lacking32, false
				continue
			}
			v, err := t.number(row, labels[j])
			if err != nil {
				return err
			}
			y[j] = v
		}
		if !whole {
			labels = labels[width:]
			continue
		}
		if j, problem := o.Rule().Check(y); problem != "" {
			return t.meaningless(o, labels, y, j, problem)
		}
		labels = labels[width:]
	}
	if weight < 0 {
		return nil
	}
	if lacks && t.isMissing(row.Fields, weight) {
		rows.W[len(rows.W)-1] = lacking32
		return nil
	}
	v, err := t.number(row, weight)
	if err == nil && v < 0 {
		err = t.wrongf(weight, "the weight %v is negative", v)
	}
	rows.W[len(rows.W)-1] = v
	return err
}

// horizonSteps returns the number of rows that are foretold from a window.
func (r *reader) horizonSteps() int { return max(1, r.src.Series.Steps) }

// Rolls tells whether forecasts of a series are what its windows are of, so that they can go on from there.
func Rolls(src *spec.Source, network *net.Net) bool {
	s := src.Series
	same := src.Label == nil || slices.Equal(src.Label, s.Columns)
	return same && s.Horizon == 1 && s.SamplingRate == 1 && len(network.Outputs) == 1 &&
		network.Outputs[0].Classes == nil && network.Outputs[0].Layer.Shape.Size() == len(s.Columns)*max(1, s.Steps)
}
