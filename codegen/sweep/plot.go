package sweep

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/chart"
)

// file is one that a sweep writes to its folder.
type file struct {
	name     string
	contents []byte
}

// The files that Collect writes.
const (
	resultsFile = "results.jsonl"
	tableFile   = "table.txt"
	plotFile    = "plot.svg"
	curvesFile  = "curves.svg"
	ratesFile   = "rates.svg"
	surfacePlot = "surface.svg"
)

// collected are all of them.
var collected = []string{resultsFile, tableFile, PageFile, plotFile, curvesFile, ratesFile, surfacePlot}

// pictures draws what the table shows.
func (t *Table) pictures() (list []file, err error) {
	for _, p := range []struct {
		name  string
		chart *chart.Chart
	}{
		{plotFile, t.plot()},
		{curvesFile, t.curves(t.Metric)},
		{ratesFile, t.rates()},
		{surfacePlot, t.surface()},
	} {
		if p.chart == nil {
			continue
		}
		svg, err := p.chart.SVG()
		if err != nil {
			return nil, err
		}
		list = append(list, file{p.name, svg})
	}
	return list, nil
}

// plot draws the scores with their deviations: over Plan.Over, or the one field whose values are numbers, a curve for
// each combination of the values of the others; without such a field in the order of the table.
func (t *Table) plot() *chart.Chart {
	picture := &chart.Chart{Title: t.plan.specs[0].Name + ": " + t.Metric, X: "rank in the table", Y: t.Metric}
	over, at := t.over()
	if over == "" {
		single := chart.Series{Kind: chart.Dots, Radius: 2.5, Color: chart.Pale}
		means := chart.Series{Kind: chart.Dots, Radius: 4.5, Color: chart.Blue}
		t.dots(t.Rows, at, &single, &means)
		picture.Series = []chart.Series{single, means}
		return picture
	}
	picture.X = over
	low, high := extent(at)
	picture.LogX = low > 0 && high/low >= 20
	var groups []string
	for _, s := range t.plan.Settings { // in the order in which they were asked for
		if g := t.group(s, over); !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	var scores []float64
	for i, g := range groups {
		rows, xs := t.along(g, over, at)
		color := chart.Palette[i%len(chart.Palette)]
		single := chart.Series{Kind: chart.Dots, Radius: 2, Color: chart.Grey}
		means := chart.Series{Kind: chart.Dots, Radius: 4, Color: color}
		t.dots(rows, xs, &single, &means)
		line := chart.Series{Name: g, Color: color, Points: bare(means.Points)}
		picture.Series = append(picture.Series, single, line, means)
		for _, q := range slices.Concat(means.Points, single.Points) {
			scores = append(scores, q.Y)
		}
		if len(groups) > 1 {
			continue
		}
		trained := chart.Series{Name: "training", Color: chart.Orange}
		for k, r := range rows {
			if !math.IsNaN(r.Training) {
				trained.Points = append(trained.Points, chart.Point{X: xs[k], Y: r.Training})
			}
		}
		if len(trained.Points) > 0 {
			picture.Series[1].Name = "held out"
			picture.Series = append(picture.Series, trained)
		}
	}
	picture.Beside = len(groups) > 1
	if picture.LogY = wide(scores); picture.LogY {
		for _, s := range picture.Series {
			for i := range s.Points {
				if q := &s.Points[i]; q.Error >= q.Y { // a whisker to zero or below, where a logarithmic axis has no place
					q.Error = 0
				}
			}
		}
	}
	return picture
}

// bare returns points without whiskers.
func bare(points []chart.Point) (list []chart.Point) {
	for _, q := range points {
		list = append(list, chart.Point{X: q.X, Y: q.Y})
	}
	return list
}

// dots adds the scores of rows, which stand at places, and their means.
func (t *Table) dots(rows []Row, at []float64, single, means *chart.Series) {
	for i, r := range rows {
		if math.IsNaN(r.Mean) {
			continue
		}
		point := chart.Point{X: at[i], Y: r.Mean}
		if !math.IsNaN(r.SD) {
			point.Error = r.SD
		}
		means.Points = append(means.Points, point)
		for _, s := range r.Scores {
			if s == s && len(r.Scores) > 1 {
				single.Points = append(single.Points, chart.Point{X: at[i], Y: s})
			}
		}
	}
}

// over returns what the plot has along, and the place of each row; "" and ranks if no field has numbers, or several
// have.
func (t *Table) over() (name string, at []float64) {
	name = t.plan.Over
	for i := range t.Fields {
		if _, ok := t.numbers(i); ok && t.plan.Over == "" {
			if name != "" {
				name = ""
				break
			}
			name = t.Fields[i]
		}
	}
	if name == parameters {
		for _, r := range t.Rows {
			at = append(at, float64(r.Parameters))
		}
		return name, at
	}
	if i := slices.Index(t.Fields, name); i >= 0 {
		if at, ok := t.numbers(i); ok {
			return name, at
		}
	}
	for i := range t.Rows {
		at = append(at, float64(i+1))
	}
	return "", at
}

// numbers returns the values of a field of each row, and whether all are finite numbers.
func (t *Table) numbers(i int) (list []float64, ok bool) {
	for _, r := range t.Rows {
		x, err := strconv.ParseFloat(r.Values[i], 64)
		if err != nil || x-x != 0 {
			return nil, false
		}
		list = append(list, x)
	}
	return list, true
}

// group names the combination of a setting's values that are not along the plot. Numbers of parameters come from fields
// of numbers.
func (t *Table) group(values []string, over string) string {
	var parts []string
	for i, v := range values {
		if _, ok := t.numbers(i); t.Fields[i] == over || ok && over == parameters {
			continue
		}
		if t.Fields[i] != caseField {
			v = t.shortField(i) + " " + v
		}
		parts = append(parts, v)
	}
	return strings.Join(parts, ", ")
}

// shortField returns the end of the path of a field, as long as tells it from the other fields.
func (t *Table) shortField(i int) string {
	path := strings.Split(t.Fields[i], ".")
	for n := 1; n < len(path); n++ {
		name := strings.Join(path[len(path)-n:], ".")
		if !slices.ContainsFunc(t.Fields,
			func(f string) bool { return f != t.Fields[i] && strings.HasSuffix("."+f, "."+name) }) {
			return name
		}
	}
	return t.Fields[i]
}

// along returns the rows of a group and their places, from left to right.
func (t *Table) along(group, over string, at []float64) (rows []Row, xs []float64) {
	var order []int
	for i, r := range t.Rows {
		if t.group(r.Values, over) == group {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(at[a], at[b]) })
	for _, i := range order {
		rows, xs = append(rows, t.Rows[i]), append(xs, at[i])
	}
	return rows, xs
}

// mostCurves are drawn in one picture.
const mostCurves = 10

// rate is the name of the learning rate in Result.Curve.
const rate = "lr"

// curves draws a metric of the first rows of the table over the epochs, the mean of their trials: on held-out examples
// if there are such in every epoch, else on the training set. A dot marks the epoch whose weights early stopping kept,
// of a row of one trial.
func (t *Table) curves(metric string) *chart.Chart {
	picture := &chart.Chart{X: "epoch", Beside: true}
	var all []float64
	for _, name := range []string{"val_" + metric, metric} {
		picture.Series, all = nil, nil
		for i, r := range t.ordered() {
			s := chart.Series{Name: t.label(r), Color: chart.Palette[i]}
			for epoch, v := range r.mean(name) {
				if v-v == 0 {
					s.Points = append(s.Points, chart.Point{X: float64(epoch + 1), Y: v})
					all = append(all, v)
				}
			}
			if len(s.Points) == 0 {
				continue
			}
			picture.Series = append(picture.Series, s)
			if best := int(r.Best); len(r.curves) == 1 && best > 0 && metric != rate {
				picture.Series = append(picture.Series, chart.Series{Kind: chart.Dots, Radius: 4, Color: s.Color,
					Points: s.Points[best-1 : best]})
			}
		}
		if picture.Y = name; len(all) > 0 {
			picture.Title = t.plan.specs[0].Name + ": " + name
			picture.LogY = wide(all)
			return picture
		}
	}
	return nil
}

// rates draws the learning rates over the epochs; nil if none of them changes.
func (t *Table) rates() *chart.Chart {
	picture := t.curves(rate)
	if picture == nil {
		return nil
	}
	for _, s := range picture.Series {
		if slices.ContainsFunc(s.Points, func(q chart.Point) bool { return q.Y != s.Points[0].Y }) {
			picture.Y = "learning rate at the end of the epoch"
			return picture
		}
	}
	return nil
}

// ordered returns the first rows of the table, in the order in which their settings were asked for.
func (t *Table) ordered() []Row {
	rows := slices.Clone(t.Rows[:min(mostCurves, len(t.Rows))])
	slices.SortFunc(rows, func(a, b Row) int { return a.Setting - b.Setting })
	return rows
}

// label names a row among others.
func (t *Table) label(r Row) string {
	name := t.group(r.Values, "")
	if runes := []rune(name); len(runes) > mostLetters {
		name = string(runes[:mostLetters-1]) + "…"
	}
	if r.Failed > 0 {
		name += ": diverged"
	}
	return name
}

// mostLetters of a name are in a legend.
const mostLetters = 60

// mean returns the mean of a metric over the trials, for each epoch that all of them had.
func (r *Row) mean(metric string) (list []float64) {
	for epoch := 0; ; epoch++ {
		sum := 0.0
		for _, c := range r.curves {
			if epoch >= len(c[metric]) {
				return list
			}
			if v := c[metric][epoch]; v != nil {
				sum += *v
			} else {
				sum = math.NaN()
			}
		}
		if len(r.curves) == 0 {
			return nil
		}
		list = append(list, sum/float64(len(r.curves)))
	}
}

// wide tells whether numbers want a logarithmic axis: positive ones of which some is 30 times as large as another.
func wide(numbers []float64) bool {
	low, high := extent(numbers)
	return low > 0 && high/low > 30
}

func extent(x []float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range x {
		low, high = math.Min(low, v), math.Max(high, v)
	}
	return low, high
}
