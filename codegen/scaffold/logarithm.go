package scaffold

import (
	"maps"
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/stats"
	"github.com/nngen/nngen/codegen/table"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/spec"
)

// logWhy is why labels are learned as their logarithms.
const logWhy = "all are above 0, and strongly skewed to the right"

// fitLog tells whether the labels, numbers of a regression, are better learned as their logarithms. That needs all of
// them, those of the table for testing too; the steps of a series are left as they are, as the output reads them too.
func (d *draft) fitLog() (bool, error) {
	if d.Task != "regression" || d.Time != "" || d.seen > 0 {
		return false, nil
	}
	for _, c := range d.labels {
		if c.many && (c.unit != "" || c.least <= 0) || !stats.FitsLog(c.values()) { // of many, not all are counted
			return false, nil
		}
	}
	if d.Test == "" {
		return true, nil
	}
	test, err := look(d.Test,
		table.Options{Missing: append(slices.Clone(spec.Missing), d.strayWords()...),
			Delimiter: d.table.Delimiter, Decimal: d.Decimal, Encoding: d.Encoding, Header: d.Header})
	if err != nil || test.seen > 0 {
		return false, err
	}
	for _, c := range d.labels {
		at := slices.IndexFunc(test.columns,
			func(o *column) bool { return o.name == c.name && (c.name != "" || o.place == c.place) })
		if at < 0 {
			return false, nil // which is said where the file is read
		}
		test.columns[at].unit = c.unit
		if x := test.columns[at].values(); len(x) == 0 || slices.Min(x) <= 0 {
			return false, nil
		}
	}
	return true, nil
}

// values returns the numbers of a column, each as often as it comes; NaN for what is none.
func (c *column) values() []float64 {
	e := encode.Column{Unit: c.unit}
	var list []float64
	var x [1]float32
	for _, field := range slices.Sorted(maps.Keys(c.counts)) {
		v := math.NaN()
		if e.Put(x[:], field, c.format) == nil {
			v = float64(x[0])
		}
		for range c.counts[field] {
			list = append(list, v)
		}
	}
	return list
}
