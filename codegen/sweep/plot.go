package sweep

import (
	"math"
	"strconv"

	"github.com/nngen/nngen/codegen/chart"
)

// svg draws the scores with their deviations: over the values of the one field that varies if those are numbers, else
// in the order of the table.
func (t *Table) svg() ([]byte, error) {
	picture := &chart.Chart{Title: t.plan.specs[0].Name + ": " + t.Metric, X: "rank in the table", Y: t.Metric}
	at, numbers := t.positions()
	if numbers {
		picture.X = t.Fields[0]
		low, high := extent(at)
		picture.LogX = low > 0 && high/low >= 20
	}
	means := chart.Series{Kind: chart.Dots, Radius: 4.5, Color: chart.Blue}
	single := chart.Series{Kind: chart.Dots, Radius: 2.5, Color: chart.Pale}
	for i, r := range t.Rows {
		if math.IsNaN(r.Mean) {
			continue
		}
		point := chart.Point{X: at[i], Y: r.Mean}
		if !math.IsNaN(r.SD) {
			point.Error = r.SD
		}
		means.Points = append(means.Points, point)
		for _, s := range r.Scores {
			if s == s {
				single.Points = append(single.Points, chart.Point{X: at[i], Y: s})
			}
		}
	}
	picture.Series = []chart.Series{single, means}
	return picture.SVG()
}

// positions returns where each row stands, and whether that is by numbers of the one field.
func (t *Table) positions() (at []float64, numbers bool) {
	numbers = len(t.Fields) == 1
	for i, r := range t.Rows {
		v := float64(i + 1)
		if numbers {
			x, err := strconv.ParseFloat(r.Values[0], 64)
			if numbers = err == nil && !math.IsInf(x, 0) && x == x; numbers {
				v = x
			}
		}
		at = append(at, v)
	}
	if !numbers {
		for i := range at {
			at[i] = float64(i + 1)
		}
	}
	return at, numbers
}

func extent(x []float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range x {
		low, high = math.Min(low, v), math.Max(high, v)
	}
	return low, high
}
