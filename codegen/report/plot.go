package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"

	"github.com/nngen/nngen/codegen/chart"
	"github.com/nngen/nngen/codegen/runs"
)

// colors is the number of colours, classes c0, c1, … of the page's style.
const colors = 8

// Sizes of a plot, in the units of its view box.
const (
	width, height            = 460, 260
	left, right, top, bottom = 62, 12, 10, 40
)

// apart is the quotient of numbers from which on a logarithmic axis tells them apart better: on a linear one the small
// lie within a twentieth of the height, some ten pixels.
const apart = 20

// plot is a drawing of lines. The axis of Y is logarithmic if Positive allows it and the numbers are far apart.
type plot struct {
	Title    string
	X, Y     string
	Positive bool
	WholeX   bool // ticks of X at whole numbers alone
	Lines    []line
	Marks    []mark
}

// line is one line, or dots.
type line struct {
	Class, Label string
	Dots         bool // with dots
	Bare         bool // dots alone
	at           chart.Trace
}

// add adds a point; one that is not finite is left out.
func (l *line) add(x, y float64) {
	if x-x == 0 && y-y == 0 {
		l.at.Add(x, y)
	}
}

// mark is a vertical line.
type mark struct {
	at           float64
	class, label string
}

// axes returns the two axes, that of Y with room around the numbers.
func (p plot) axes() (x, y chart.Axis) {
	var xs, ys []float64
	for _, l := range p.Lines {
		for _, at := range l.at.Points() {
			xs, ys = append(xs, at.X), append(ys, at.Y)
		}
	}
	x, y = chart.Around(xs), chart.Around(ys)
	y.Log = p.Positive && y.Low > 0 && y.High/apart >= y.Low
	return x, y.Widen(0.05)
}

// chart returns the plot as a picture by itself, with a colour of its own for each line.
func (p plot) chart() *chart.Chart {
	_, y := p.axes()
	c := &chart.Chart{Title: p.Title, X: p.X, Y: p.Y, WholeX: p.WholeX, LogY: y.Log, Beside: true}
	for i, l := range p.Lines {
		c.Series = append(c.Series, chart.Series{Name: l.Label, Color: chart.Palette[i%len(chart.Palette)], Radius: 2.5,
			Points: l.at.Points()})
	}
	for _, m := range p.Marks {
		c.Lines = append(c.Lines, chart.Line{Name: m.label, Color: "#7f7f7f", X: m.at})
	}
	return c
}

// svg draws the plot. Colours are those of the page.
func (p plot) svg() template.HTML {
	x, y := p.axes()
	px := func(v float64) float64 { return left + x.Share(v)*(width-left-right) }
	py := func(v float64) float64 { return height - bottom - y.Share(v)*(height-top-bottom) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img">`, width, height)
	for _, v := range y.Ticks(5) {
		fmt.Fprintf(&b, `<path class="grid" d="M%d %.1fH%d"/><text class="tick" x="%d" y="%.1f" text-anchor="end">%s</text>`,
			left, py(v), width-right, left-6, py(v)+3.5, y.Label(v, 5))
	}
	for _, v := range x.Ticks(6) {
		if p.WholeX && v != math.Round(v) {
			continue
		}
		fmt.Fprintf(&b,
			`<path class="grid" d="M%.1f %dV%d"/><text class="tick" x="%.1f" y="%d" text-anchor="middle">%s</text>`,
			px(v), top, height-bottom, px(v), height-bottom+14, x.Label(v, 6))
	}
	fmt.Fprintf(&b, `<text class="axis" x="%d" y="%d" text-anchor="middle">%s</text>`, (left+width-right)/2,
		height-6, html.EscapeString(p.X))
	fmt.Fprintf(&b, `<text class="axis" x="12" y="%d" text-anchor="middle" transform="rotate(-90 12 %[1]d)">%s</text>`,
		(top+height-bottom)/2, html.EscapeString(p.Y))
	for _, m := range p.Marks {
		if m.at >= x.Low && m.at <= x.High {
			fmt.Fprintf(&b, `<path class="mark %s" d="M%.1f %dV%d"><title>%s</title></path>`, m.class, px(m.at), top,
				height-bottom, html.EscapeString(m.label))
		}
	}
	for _, l := range p.Lines {
		title := ""
		if l.Label != "" {
			title = "<title>" + html.EscapeString(l.Label) + "</title>"
		}
		if !l.Bare {
			fmt.Fprintf(&b, `<path class="line %s" d="`, l.Class)
			for i, at := range l.at.Points() {
				fmt.Fprintf(&b, "%c%.1f %.1f", "ML"[min(i, 1)], px(at.X), py(at.Y))
			}
			fmt.Fprintf(&b, `">%s</path>`, title)
		}
		if points := l.at.Points(); l.Dots || len(points) == 1 {
			for _, at := range points {
				fmt.Fprintf(&b, `<circle class="dot %s" cx="%.1f" cy="%.1f" r="2.5"/>`, l.Class, px(at.X), py(at.Y))
			}
		}
	}
	b.WriteString("</svg>")
	legend := ""
	for _, l := range p.Lines {
		if l.Label != "" {
			legend += fmt.Sprintf(`<span class="key %s">%s</span> `, l.Class, html.EscapeString(l.Label))
		}
	}
	if legend != "" {
		b.WriteString(`<div class="legend">` + legend + `</div>`)
	}
	return template.HTML(b.String())
}

// histogram draws counts.
func histogram(h runs.Histogram) template.HTML {
	const w, tall = 220, 90
	most := 1
	for _, n := range h.Counts {
		most = max(most, n)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img">`, w, tall+18)
	for i, n := range h.Counts {
		if n == 0 {
			continue
		}
		t := math.Max(1, float64(tall)*float64(n)/float64(most))
		bar := float64(w) / float64(len(h.Counts))
		fmt.Fprintf(&b, `<rect class="bar" x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%d</title></rect>`,
			float64(i)*bar, tall-t, bar-0.5, t, n)
	}
	fmt.Fprintf(&b,
		`<text class="tick" x="0" y="%d">%s</text><text class="tick" x="%d" y="%[1]d" text-anchor="end">%[4]s</text></svg>`,
		tall+14, chart.Label(h.Low, 0), w, chart.Label(h.High, 0))
	return template.HTML(b.String())
}
