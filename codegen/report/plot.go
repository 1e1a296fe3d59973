package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/runs"
)

// colors is the number of colours, classes c0, c1, … of the page's style.
const colors = 8

// Sizes of a plot, in the units of its view box.
const (
	width, height            = 460, 260
	left, right, top, bottom = 62, 12, 10, 40
)

// plot is a drawing of lines. The axis of Y is logarithmic if Positive allows it and the numbers span two decades.
type plot struct {
	X, Y     string
	Positive bool
	Lines    []line
	Marks    []mark
}

// line is one line, or dots.
type line struct {
	Class, Label string
	Dots         bool // with dots
	Bare         bool // dots alone
	at           [][2]float64
}

// add adds a point; one that is not finite is left out.
func (l *line) add(x, y float64) {
	if x-x == 0 && y-y == 0 {
		l.at = append(l.at, [2]float64{x, y})
	}
}

// mark is a vertical line.
type mark struct {
	at           float64
	class, label string
}

// axis maps numbers to a length.
type axis struct {
	low, high float64
	log       bool
}

// share returns where v is between the ends.
func (a axis) share(v float64) float64 {
	if a.log {
		return (math.Log(v) - math.Log(a.low)) / (math.Log(a.high) - math.Log(a.low))
	}
	return (v - a.low) / (a.high - a.low)
}

// ticks returns about n round numbers of the axis: powers of ten, or with 2 and 5 between, of a logarithmic one.
func (a axis) ticks(n int) []float64 {
	var list []float64
	if a.log {
		from, to := math.Ceil(math.Log10(a.low)-1e-9), math.Floor(math.Log10(a.high)+1e-9)
		step := math.Max(1, math.Ceil((to-from)/float64(n)))
		for k := from; k <= to; k += step {
			list = append(list, math.Pow(10, k))
		}
		return list
	}
	raw := (a.high - a.low) / float64(n)
	step := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, f := range []float64{1, 2, 5, 10} {
		if f*step >= raw {
			step *= f
			break
		}
	}
	for k := math.Ceil(a.low/step - 1e-9); k*step <= a.high+1e-9*step; k++ {
		list = append(list, k*step)
	}
	return list
}

// axes returns the two axes with room around the numbers.
func (p plot) axes() (x, y axis) {
	x, y = axis{math.Inf(1), math.Inf(-1), false}, axis{math.Inf(1), math.Inf(-1), false}
	for _, l := range p.Lines {
		for _, at := range l.at {
			x.low, x.high = math.Min(x.low, at[0]), math.Max(x.high, at[0])
			y.low, y.high = math.Min(y.low, at[1]), math.Max(y.high, at[1])
		}
	}
	for _, a := range []*axis{&x, &y} {
		if a.low > a.high {
			a.low, a.high = 0, 1
		}
		if a.high-a.low <= 1e-12*math.Max(math.Abs(a.low), math.Abs(a.high)) {
			room := math.Max(math.Abs(a.low)*0.1, 1e-300)
			if a.low == 0 {
				room = 1
			}
			a.low, a.high = a.low-room, a.high+room
		}
	}
	if p.Positive && y.low > 0 && y.high/y.low >= 100 {
		y.log = true
		y.low, y.high = y.low/1.2, y.high*1.2
	} else {
		room := 0.05*y.high - 0.05*y.low
		y.low, y.high = y.low-room, y.high+room
	}
	return x, y
}

// tick writes a number of an axis.
func tick(v float64) string {
	if v == 0 {
		return "0" // also for −0
	}
	if a := math.Abs(v); a != 0 && (a < 1e-3 || a >= 1e5) {
		return strings.Replace(strconv.FormatFloat(round(v), 'e', -1, 64), "e+0", "e", 1)
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// svg draws the plot. Colours are those of the page.
func (p plot) svg() template.HTML {
	x, y := p.axes()
	px := func(v float64) float64 { return left + x.share(v)*(width-left-right) }
	py := func(v float64) float64 { return height - bottom - y.share(v)*(height-top-bottom) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img">`, width, height)
	for _, v := range y.ticks(5) {
		fmt.Fprintf(&b, `<path class="grid" d="M%d %.1fH%d"/><text class="tick" x="%d" y="%.1f" text-anchor="end">%s</text>`,
			left, py(v), width-right, left-6, py(v)+3.5, tick(v))
	}
	for _, v := range x.ticks(6) {
		fmt.Fprintf(&b, `<path class="grid" d="M%.1f %dV%d"/><text class="tick" x="%.1f" y="%d" text-anchor="middle">%s</text>`,
			px(v), top, height-bottom, px(v), height-bottom+14, tick(v))
	}
	fmt.Fprintf(&b, `<text class="axis" x="%d" y="%d" text-anchor="middle">%s</text>`, (left+width-right)/2, height-6, html.EscapeString(p.X))
	fmt.Fprintf(&b, `<text class="axis" x="12" y="%d" text-anchor="middle" transform="rotate(-90 12 %[1]d)">%s</text>`, (top+height-bottom)/2, html.EscapeString(p.Y))
	for _, m := range p.Marks {
		if m.at >= x.low && m.at <= x.high {
			fmt.Fprintf(&b, `<path class="mark %s" d="M%.1f %dV%d"><title>%s</title></path>`, m.class, px(m.at), top, height-bottom, html.EscapeString(m.label))
		}
	}
	for _, l := range p.Lines {
		title := ""
		if l.Label != "" {
			title = "<title>" + html.EscapeString(l.Label) + "</title>"
		}
		if !l.Bare {
			fmt.Fprintf(&b, `<path class="line %s" d="`, l.Class)
			for i, at := range l.at {
				fmt.Fprintf(&b, "%c%.1f %.1f", "ML"[min(i, 1)], px(at[0]), py(at[1]))
			}
			fmt.Fprintf(&b, `">%s</path>`, title)
		}
		if l.Dots || len(l.at) == 1 {
			for _, at := range l.at {
				fmt.Fprintf(&b, `<circle class="dot %s" cx="%.1f" cy="%.1f" r="2.5"/>`, l.Class, px(at[0]), py(at[1]))
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
		fmt.Fprintf(&b, `<rect class="bar" x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%d</title></rect>`, float64(i)*bar, tall-t, bar-0.5, t, n)
	}
	fmt.Fprintf(&b, `<text class="tick" x="0" y="%d">%s</text><text class="tick" x="%d" y="%[1]d" text-anchor="end">%[4]s</text></svg>`,
		tall+14, tick(round(h.Low)), w, tick(round(h.High)))
	return template.HTML(b.String())
}

// round returns v with three digits.
func round(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	if err != nil {
		return v
	}
	return r
}
