package sweep

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// svg draws the scores with their deviations: over the values of the one field that varies if those are numbers, else in
// the order of the table.
func (t *Table) svg() (picture []byte, err error) {
	defer func() {
		if r := recover(); r != nil { // the library panics at ranges that it cannot show
			picture, err = nil, fmt.Errorf("the scores cannot be drawn: %v", r)
		}
	}()
	p := plot.New()
	p.BackgroundColor = color.White
	p.Title.Text, p.Y.Label.Text = t.plan.specs[0].Name+": "+t.Metric, t.Metric
	p.Title.Padding = vg.Points(8)
	for _, s := range []*text.Style{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label} {
		s.Font.Variant = "Sans"
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{Y: 225}, color.Gray{Y: 225}
	p.Add(grid)
	at, numbers := t.positions()
	if numbers {
		p.X.Label.Text = t.Fields[0]
		if low, high := extent(at); low > 0 && high/low >= 20 {
			p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
		}
	} else {
		p.X.Label.Text = "rank in the table"
	}
	var points, single plotter.XYs
	var bars plotter.YErrors
	for i, r := range t.Rows {
		if math.IsNaN(r.Mean) {
			continue
		}
		sd := r.SD
		if math.IsNaN(sd) {
			sd = 0
		}
		points = append(points, plotter.XY{X: at[i], Y: r.Mean})
		bars = append(bars, struct{ Low, High float64 }{sd, sd})
		for _, s := range r.Scores {
			if s == s {
				single = append(single, plotter.XY{X: at[i], Y: s})
			}
		}
	}
	if len(points) > 0 {
		dots, err := plotter.NewScatter(single)
		if err != nil {
			return nil, err
		}
		dots.GlyphStyle = draw.GlyphStyle{Color: color.RGBA{R: 174, G: 199, B: 232, A: 255}, Radius: vg.Points(2), Shape: draw.CircleGlyph{}}
		means, err := plotter.NewScatter(points)
		if err != nil {
			return nil, err
		}
		means.GlyphStyle = draw.GlyphStyle{Color: color.RGBA{R: 31, G: 119, B: 180, A: 255}, Radius: vg.Points(3.5), Shape: draw.CircleGlyph{}}
		whiskers, err := plotter.NewYErrorBars(struct {
			plotter.XYer
			plotter.YErrorer
		}{points, bars})
		if err != nil {
			return nil, err
		}
		whiskers.Color = means.Color
		p.Add(dots, whiskers, means)
	}
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		if a.Max-a.Min <= 1e-9*math.Max(math.Abs(a.Min), math.Abs(a.Max)) {
			a.Min, a.Max = a.Min-0.5, a.Max+0.5
		}
	}
	canvas := vgsvg.New(16*vg.Centimeter, 10*vg.Centimeter)
	p.Draw(draw.New(canvas))
	var b bytes.Buffer
	_, err = canvas.WriteTo(&b)
	return b.Bytes(), err
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
