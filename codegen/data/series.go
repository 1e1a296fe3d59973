package data

import (
	"fmt"
	"math"
	"strings"

	"github.com/nngen/nngen/runtime/fit"
)

// series reads windows over the rows of a table. A window belongs to a set by the index of its label, so
// the windows of a test set reach back into the time of the training set, but no label is in both. A bad row
// takes all windows with it that it is part of. Without labels, the windows are all that the rows fill,
// the last one too, whose label is yet to come.
func (r *reader) series(t *table) (fit.Set, error) {
	s := r.src.Series
	if len(r.net.Inputs) != 1 {
		return fit.Set{}, fmt.Errorf("%s: a series feeds one input, but the network has %d", t.file, len(r.net.Inputs))
	}
	columns, err := t.all(s.Columns)
	if err != nil {
		return fit.Set{}, err
	}
	in := r.net.Inputs[0]
	width := in.Shape.Size()
	if width%len(columns) != 0 || len(in.Shape) > 1 && len(columns) > 1 && in.Shape[len(in.Shape)-1] != len(columns) {
		return fit.Set{}, fmt.Errorf("%s: steps of %d columns do not fill input %q, which has the shape %s", t.file, len(columns), in.Name, in.Shape)
	}
	index, good, err := r.index(t)
	if err != nil {
		return fit.Set{}, err
	}
	values := make([]float32, len(t.rows)*len(columns))
	for i := range t.rows {
		for j, c := range columns {
			if good[i] {
				values[i*len(columns)+j], good[i] = r.inputNumber(t, i, c, in)
			}
		}
	}
	rows, labeled, err := r.seriesLabels(t, good)
	if err != nil {
		return fit.Set{}, err
	}
	steps := width / len(columns)
	reach := (steps - 1) * s.SamplingRate
	if reach+1 > len(t.rows) {
		return fit.Set{}, fmt.Errorf("%s: windows of %d steps reach over %d rows, but there are %d", t.file, steps, reach+1, len(t.rows))
	}
	set := fit.Set{X: [][]float32{nil}}
	var targets []int32
	for start := 0; start+reach < len(t.rows); start += s.SequenceStride {
		at := start + reach + s.Horizon
		if labeled && (at >= len(t.rows) || !labelWithin(s.From, s.To, index[at])) {
			continue
		}
		whole := !labeled || good[at]
		for k := range steps {
			whole = whole && good[start+k*s.SamplingRate]
		}
		if !whole {
			continue
		}
		for k := range steps {
			row := start + k*s.SamplingRate
			set.X[0] = append(set.X[0], values[row*len(columns):][:len(columns)]...)
		}
		set.N++
		targets = append(targets, int32(at))
	}
	if labeled {
		y := Pick(rows, targets)
		set.Y, set.W = y.Y, y.W
	}
	return set, nil
}

func labelWithin(from, to *float64, v float64) bool {
	return (from == nil || v >= *from) && (to == nil || v <= *to)
}

// index returns the index of each row, which must grow, and whether the row is good so far.
func (r *reader) index(t *table) ([]float64, []bool, error) {
	index, good := make([]float64, len(t.rows)), make([]bool, len(t.rows))
	name := r.src.Series.Index
	c := -1
	if name != "" {
		var err error
		if c, err = t.column(name); err != nil {
			return nil, nil, err
		}
	}
	last := math.Inf(-1)
	for i := range t.rows {
		index[i], good[i] = float64(i), true
		if c < 0 {
			continue
		}
		v, ok := r.number(t, i, c)
		if index[i], good[i] = float64(v), ok; !ok {
			continue
		}
		if index[i] <= last {
			r.fail(t.file, t.lines[i], "column %s: %s does not follow %v: the rows of a series are in order of time", t.name(c), strings.TrimSpace(t.rows[i][c]), last)
			good[i] = false
			continue
		}
		last = index[i]
	}
	return index, good, nil
}

// seriesLabels reads the labels and weights of all good rows; rows turn bad where they are. It also tells whether labels are
// wanted.
func (r *reader) seriesLabels(t *table, good []bool) (rows fit.Set, labeled bool, err error) {
	if r.o.Unlabeled {
		return fit.Set{}, false, nil
	}
	names := r.src.Label
	if names == nil {
		names = r.src.Series.Columns
	}
	labels, err := t.all(names)
	if err != nil {
		return fit.Set{}, false, err
	}
	want := 0
	for _, o := range r.net.Outputs {
		want += targetColumns(o)
	}
	if len(labels) != want {
		return fit.Set{}, false, fmt.Errorf("%s: %d label columns, but the outputs need %d", t.file, len(labels), want)
	}
	weight, err := r.weightColumn(t, labels)
	if err != nil {
		return fit.Set{}, false, err
	}
	rows.N = len(t.rows)
	for _, o := range r.net.Outputs {
		rows.Y = append(rows.Y, make([]float32, rows.N*o.Layer.Shape.Size()))
	}
	if weight >= 0 {
		rows.W = make([]float32, rows.N)
	}
	for i, row := range t.rows {
		good[i] = good[i] && r.row(t, i, row, nil, labels, weight, rows)
	}
	return rows, true, nil
}
