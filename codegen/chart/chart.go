// Package chart draws curves, dots and bars as SVG, with the standard library alone: what nngen adds to a user's go.mod
// stays small.
//
// A picture is a function of the numbers: no time, no fonts of the machine, and coordinates of one decimal.
package chart

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// Mark is a comment that every picture holds.
const Mark = "<!-- Drawn by nngen -->"

// Colors of the parts of a chart, those of the palette Tableau 10.
const (
	Blue   = "#1f77b4"
	Orange = "#ff7f0e"
	Green  = "#2ca02c"
	Pale   = "#aec7e8"
	Grey   = "#c7c7c7"
)

// Palette are colors of curves that lie side by side.
var Palette = []string{Blue, Orange, Green, "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf"}

// Chart is a drawing with two axes.
type Chart struct {
	Title, X, Y string // and the labels of the axes
	LogX, LogY  bool   // for positive numbers
	WholeX      bool   // ticks at whole numbers alone
	LegendBelow bool   // the legend at the bottom, for curves that rise
	Beside      bool   // the legend beside the plot, for many curves
	// Names, if not nil, are those of the rows of horizontal bars, from top to bottom.
	Names  []string
	Series []Series
	Lines  []Line
}

// Kind says how numbers are drawn.
type Kind int

// The kinds of series.
const (
	Curve Kind = iota
	Dots
	Bars     // from 0 to X, in row Y from the top
	Segments // thin lines between each two points
)

// Series are points that are drawn alike.
type Series struct {
	Name   string // in the legend; "" for none
	Kind   Kind
	Color  string
	Radius float64 // of dots
	Points []Point
}

// Point is a place. Error, if not 0, is the half length of a whisker: along X for bars, else along Y.
type Point struct{ X, Y, Error float64 }

// Line is a vertical line, dashed.
type Line struct {
	Name, Color string
	X           float64
}

// Sizes of a picture, in the units of its view box.
const (
	width           = 640
	height          = 400
	margin, top     = 18, 40 // margin at the right
	bottom          = 52
	leastPlot       = 320 // of the plot beside a legend, for which the picture grows
	row             = 24  // of a bar
	letter          = 6.6
	small           = 12 // of ticks and the legend, in pixels
	firstX, labelAt = 40, 16
)

// picture is a chart while it is drawn.
type picture struct {
	*Chart
	b                   bytes.Buffer
	x, y                Axis
	left, right, bottom float64 // of the plot
	wide                float64 // of the picture
	keys                []key   // of the legend
}

// key is an entry of the legend: a name, and how its line is drawn.
type key struct{ name, mark string }

// SVG draws the chart. It is an error if a number is not finite.
func (c *Chart) SVG() ([]byte, error) {
	p := &picture{Chart: c}
	if err := p.ranges(); err != nil {
		return nil, err
	}
	tall := height
	if c.Names != nil {
		tall = top + bottom + row*max(1, len(c.Names))
	}
	p.bottom = float64(tall - bottom)
	p.listKeys()
	p.margins()
	fmt.Fprintf(&p.b,
		`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="sans-serif" font-size="%d">`+
			"\n%s\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", int(p.wide), tall, small, Mark)
	p.text((p.left+p.right)/2, 22, "middle", ` font-size="15"`, c.Title)
	p.grid()
	for _, s := range c.Series {
		p.series(s)
	}
	for _, l := range c.Lines {
		fmt.Fprintf(&p.b, `<path d="M%.1f %dV%.1f" stroke="%s" stroke-dasharray="5 4"/>`+"\n",
			p.px(l.X), top, p.bottom, l.Color)
	}
	p.legend()
	p.b.WriteString("</svg>\n")
	return p.b.Bytes(), nil
}

// ranges finds the axes.
func (p *picture) ranges() error {
	var xs, ys []float64
	for _, s := range p.Series {
		for _, at := range s.Points {
			if !finite(at.X) || !finite(at.Y) || !finite(at.Error) {
				return fmt.Errorf("the point (%v, %v) cannot be drawn", at.X, at.Y)
			}
			if s.Kind == Bars {
				xs = append(xs, 0, at.X-at.Error, at.X+at.Error)
				continue
			}
			xs, ys = append(xs, at.X), append(ys, at.Y-at.Error, at.Y+at.Error)
		}
	}
	for _, l := range p.Lines {
		xs = append(xs, l.X)
	}
	p.x, p.y = Around(xs), Around(ys)
	p.x.Log, p.y.Log = p.LogX && p.x.Low > 0, p.LogY && p.y.Low > 0
	p.x, p.y = p.x.Widen(0.02), p.y.Widen(0.04)
	if p.Names != nil {
		p.y = Axis{Low: 0, High: float64(max(1, len(p.Names)))}
	}
	return nil
}

func finite(v float64) bool { return v-v == 0 }

// margins makes room for the labels of the vertical axis, and for a legend beside the plot.
func (p *picture) margins() {
	longest := 0
	for _, n := range p.Names {
		longest = max(longest, min(len([]rune(n)), mostLetters))
	}
	if p.Names == nil {
		for _, v := range p.y.Ticks(6) {
			longest = max(longest, len(p.y.Label(v, 6)))
		}
	}
	p.left = firstX + letter*float64(longest)
	p.wide, p.right = width, width-margin
	if p.Beside {
		p.right -= 2*margin + p.legendWidth()
		if more := math.Ceil(p.left + leastPlot - p.right); more > 0 {
			p.wide, p.right = p.wide+more, p.right+more
		}
	}
}

// mostLetters of a name are shown beside its bar.
const mostLetters = 28

func (p *picture) px(v float64) float64 { return p.left + float64(p.x.Share(v)*(p.right-p.left)) }

func (p *picture) py(v float64) float64 { return p.bottom - float64(p.y.Share(v)*(p.bottom-top)) }

// text writes words at a place.
func (p *picture) text(x, y float64, anchor, more, words string) {
	fmt.Fprintf(&p.b, `<text x="%.1f" y="%.1f" text-anchor="%s"%s>%s</text>`+"\n", x, y, anchor, more, escaped(words))
}

// escaped returns words as text of XML, which holds no control characters.
func escaped(words string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(words)) // a strings.Builder takes all
	return b.String()
}

// grid draws the ticks, their lines, and the labels of the axes.
func (p *picture) grid() {
	const line = `<path d="M%.1f %.1f%c%.1f" stroke="#e1e1e1"/>` + "\n"
	ticks, step := p.x.Ticks(8), p.x.Step(8)
	if p.WholeX && step < 1 {
		step = 1
		ticks = nil
		for v := math.Ceil(p.x.Low); v <= p.x.High; v++ {
			ticks = append(ticks, v)
		}
	}
	if p.x.Log {
		step = 0
	}
	for _, v := range ticks {
		fmt.Fprintf(&p.b, line, p.px(v), float64(top), 'V', p.bottom)
		p.text(p.px(v), p.bottom+labelAt, "middle", "", Label(v, step))
	}
	if p.Names == nil {
		for _, v := range p.y.Ticks(6) {
			fmt.Fprintf(&p.b, line, p.left, p.py(v), 'H', p.right)
			p.text(p.left-6, p.py(v)+4, "end", "", p.y.Label(v, 6))
		}
	}
	for i, n := range p.Names {
		if r := []rune(n); len(r) > mostLetters {
			n = string(r[:mostLetters-1]) + "…"
		}
		p.text(p.left-6, top+(float64(i)+0.5)*row+4, "end", "", n)
	}
	fmt.Fprintf(&p.b, `<path d="M%.1f %dV%.1fH%.0f" fill="none" stroke="#444"/>`+"\n", p.left, top, p.bottom, p.right)
	p.text((p.left+p.right)/2, p.bottom+38, "middle", "", p.X)
	if p.Y != "" {
		middle := (top + p.bottom) / 2
		p.text(14, middle, "middle", fmt.Sprintf(` transform="rotate(-90 14 %.1f)"`, middle), p.Y)
	}
}

// series draws one series.
func (p *picture) series(s Series) {
	if s.Kind == Segments {
		fmt.Fprintf(&p.b, `<path fill="none" stroke="%s" d="`, s.Color)
		for i, at := range s.Points {
			fmt.Fprintf(&p.b, "%c%.1f %.1f", "ML"[i%2], p.px(at.X), p.py(at.Y))
		}
		p.b.WriteString("\"/>\n")
		return
	}
	if s.Kind == Curve && len(s.Points) > 1 {
		fmt.Fprintf(&p.b, `<path fill="none" stroke="%s" stroke-width="2" d="`, s.Color)
		for i, at := range s.Points {
			fmt.Fprintf(&p.b, "%c%.1f %.1f", "ML"[min(i, 1)], p.px(at.X), p.py(at.Y))
		}
		p.b.WriteString("\"/>\n")
		return
	}
	for _, at := range s.Points {
		if s.Kind == Bars {
			p.bar(s, at)
			continue
		}
		if at.Error != 0 {
			fmt.Fprintf(&p.b, `<path d="M%.1f %.1fV%.1f" stroke="%s"/>`+"\n", p.px(at.X), p.py(at.Y-at.Error),
				p.py(at.Y+at.Error), s.Color)
		}
		fmt.Fprintf(&p.b, `<circle cx="%.1f" cy="%.1f" r="%.1f" fill="%s"/>`+"\n", p.px(at.X),
			p.py(at.Y), max(s.Radius, 1), s.Color)
	}
}

// bar draws a horizontal bar with its whisker.
func (p *picture) bar(s Series, at Point) {
	from, to, y := p.px(math.Min(0, at.X)), p.px(math.Max(0, at.X)), top+(at.Y+0.5)*row
	fmt.Fprintf(&p.b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%d" fill="%s"/>`+"\n", from,
		y-row/3, to-from, row*2/3, s.Color)
	if at.Error != 0 {
		fmt.Fprintf(&p.b, `<path d="M%.1f %.1fH%.1f" stroke="#222"/>`+"\n", p.px(at.X-at.Error), y, p.px(at.X+at.Error))
	}
}

// listKeys lists what the legend names: series, then lines.
func (p *picture) listKeys() {
	add := func(name, mark string) {
		if name != "" {
			p.keys = append(p.keys, key{name, mark})
		}
	}
	for _, s := range p.Series {
		add(s.Name, fmt.Sprintf(`stroke="%s" stroke-width="2"`, s.Color))
	}
	for _, l := range p.Lines {
		add(l.Name, fmt.Sprintf(`stroke="%s" stroke-dasharray="5 4"`, l.Color))
	}
}

// legendWidth returns the room from the begin of the lines of the legend to the right end of its names, in most fonts.
func (p *picture) legendWidth() float64 {
	longest := 0
	for _, k := range p.keys {
		longest = max(longest, len([]rune(k.name)))
	}
	return margin + letter*float64(longest)
}

// legend names the series and lines, at the right of the plot or beside it.
func (p *picture) legend() {
	x, y := p.wide-margin-margin-p.legendWidth(), float64(top+16)
	if p.LegendBelow && !p.Beside {
		y = p.bottom - 12 - 18*float64(len(p.keys)-1)
	}
	for i, k := range p.keys {
		at := y + 18*float64(i)
		fmt.Fprintf(&p.b, `<path d="M%.1f %.1fh22" %s/>`+"\n", x, at-4, k.mark)
		p.text(x+28, at, "start", "", k.name)
	}
}
