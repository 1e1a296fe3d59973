// Package report draws trainings as one page of HTML that needs nothing else: no network, no script, no file beside.
//
// It exists so that what happened in a training can be seen at a glance, kept, and handed on.
package report

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/chart"
	"github.com/nngen/nngen/codegen/runs"
)

//go:embed report.html.tmpl
var text string

var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"number": number, "short": func(s string) string { return s[:min(12, len(s))] },
	"percent": func(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) },
	"shade":   shade, "keys": func(m map[string]float64) []string { return slices.Sorted(maps.Keys(m)) },
	"files": func(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) },
	"add":   func(a, b int) int { return a + b },
	// A name may go on in another line behind each _, so that wide tables have room.
	"breakable": func(name string) template.HTML {
		return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(name), "_", "_<wbr>"))
	},
}).Parse(text))

// made matches what each page says of itself.
var made = regexp.MustCompile(`<p class="dim">Training report( of \d+ runs)?\. Made by nngen `)

// Written tells whether nngen wrote a page of runs.
func Written(page []byte) bool { return made.Match(page) }

// HTML returns the page of some runs, side by side.
func HTML(list []*runs.Run) ([]byte, error) {
	if len(list) == 0 {
		return nil, fmt.Errorf("a report is of at least one run")
	}
	v := view{Several: len(list) > 1}
	var names []string
	for i, r := range list {
		if !slices.Contains(names, r.Name) {
			names = append(names, r.Name)
		}
		v.Runs = append(v.Runs, newRun(r, i))
		v.Timed = v.Timed || r.Times.Seconds > 0
	}
	v.Title = strings.Join(names, ", ")
	v.Columns = columns(list)
	v.Curves = curves(list)
	var b bytes.Buffer
	err := page.Execute(&b, v)
	return b.Bytes(), err
}

// view is what the page shows.
type view struct {
	Title   string
	Several bool
	Timed   bool     // whether it is known how long the runs took
	Columns []string // metrics of the table
	Curves  []figure
	Runs    []run
}

// run is one run with its pictures.
type run struct {
	*runs.Run
	Label      string
	Color      int // index of its colour
	Drawing    template.URL
	Outputs    []output
	Histograms []figure
	Gradients  []figure
	Updates    *figure
}

// output is one output with its pictures.
type output struct {
	runs.Output
	Calibrated *figure
	Residuals  *figure
	Wrong      []wrong
	Most       int // largest count of the confusion matrix
}

// wrong is one example that the network is most wrong about.
type wrong struct {
	runs.Example
	Image template.URL
	Row   string
}

// figure is a drawing with its title.
type figure struct {
	Title string
	SVG   template.HTML
}

// Value returns a metric of the epoch that was kept, or of the test set.
func (r run) Value(name string) string {
	m := r.Metrics
	if test, ok := strings.CutPrefix(name, "test "); ok {
		m, name = r.TestMetrics, test
	}
	if v, ok := m[name]; ok {
		return number(v)
	}
	return "–"
}

// columns returns the metrics that some run has.
func columns(list []*runs.Run) []string {
	names := map[string]bool{}
	for _, r := range list {
		for name := range r.Metrics {
			names[name] = true
		}
		for name := range r.TestMetrics {
			names["test "+name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func newRun(r *runs.Run, i int) run {
	v := run{Run: r, Color: i % colors, Label: label(r, i)}
	if r.Drawing != "" {
		v.Drawing = template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(r.Drawing)))
	}
	for _, o := range r.Detail.Outputs {
		v.Outputs = append(v.Outputs, newOutput(o))
	}
	for _, h := range r.Detail.Weights {
		v.Histograms = append(v.Histograms, figure{h.Name, histogram(h)})
	}
	for _, h := range r.Detail.Gradients {
		v.Gradients = append(v.Gradients, figure{h.Name, histogram(h)})
	}
	v.Updates = updates(r)
	return v
}

// label tells runs apart.
func label(r *runs.Run, i int) string {
	return fmt.Sprintf("%d %s seed %d", i+1, r.Name, r.Seed)
}

func newOutput(o runs.Output) output {
	v := output{Output: o}
	for _, row := range o.Confusion {
		for _, n := range row {
			v.Most = max(v.Most, n)
		}
	}
	if len(o.Calibration) > 0 {
		diagonal, points := line{Class: "ideal"}, line{Class: "c0", Dots: true}
		diagonal.add(0, 0)
		diagonal.add(1, 1)
		for _, b := range o.Calibration {
			points.add(b.Confidence, b.Right)
		}
		v.Calibrated = &figure{"Calibration: share that is right against confidence",
			plot{X: "confidence", Y: "share right", Lines: []line{diagonal, points}}.svg()}
	}
	if len(o.Points) > 0 {
		zero, points := line{Class: "ideal"}, line{Class: "c0", Dots: true, Bare: true}
		low, high := math.Inf(1), math.Inf(-1)
		for _, p := range o.Points {
			if y := float64(p.Prediction); p.Prediction.Finite() {
				points.add(y, float64(p.Target)-y)
				low, high = math.Min(low, y), math.Max(high, y)
			}
		}
		zero.add(low, 0)
		zero.add(high, 0)
		v.Residuals = &figure{"Residuals: target − prediction against prediction",
			plot{X: "prediction", Y: "residual", Lines: []line{zero, points}}.svg()}
	}
	for _, e := range o.Worst {
		w := wrong{Example: e, Image: picture(e)}
		switch {
		case w.Image != "":
		case e.Fields != nil:
			w.Row = strings.Join(e.Fields, "; ")
		default:
			w.Row = row(e.Input)
		}
		v.Wrong = append(v.Wrong, w)
	}
	return v
}

// row writes the numbers of an input, the first ones of many.
func row(x []float32) string {
	const most = 24
	var parts []string
	for _, v := range x[:min(len(x), most)] {
		parts = append(parts, fmt.Sprintf("%.4g", v))
	}
	if len(x) > most {
		parts = append(parts, fmt.Sprintf("… %d in all", len(x)))
	}
	return strings.Join(parts, ", ")
}

// picture draws an input of the shape of an image, height×width×1 or ×3, by its least and largest number; "" for
// others.
func picture(e runs.Example) template.URL {
	s, n := e.Shape, len(e.Input)
	if len(s) != 3 || s[2] != 1 && s[2] != 3 || s[0] < 2 || s[1] < 2 || s[0] > n || s[1] > n || n != s[0]*s[1]*s[2] {
		return ""
	}
	low, high := slices.Min(e.Input), slices.Max(e.Input)
	level := func(v float32) uint8 {
		if high == low {
			return 128
		}
		return uint8(255 * (v - low) / (high - low))
	}
	img := image.NewRGBA(image.Rect(0, 0, s[1], s[0]))
	for y := range s[0] {
		for x := range s[1] {
			p := e.Input[(y*s[1]+x)*s[2]:]
			c := color.RGBA{level(p[0]), level(p[0]), level(p[0]), 255}
			if s[2] == 3 {
				c.G, c.B = level(p[1]), level(p[2])
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if png.Encode(&b, img) != nil {
		return ""
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()))
}

// curves returns a figure for each metric, with the lines of all runs, and one of the learning rate.
func curves(list []*runs.Run) []figure {
	var all []figure
	for _, p := range plots(list) {
		all = append(all, figure{p.Title, p.svg()})
	}
	return all
}

// PNG returns the curves of some runs as one picture.
func PNG(list []*runs.Run) ([]byte, error) {
	var all [][]byte
	for _, p := range plots(list) {
		svg, err := p.chart().SVG()
		if err != nil {
			return nil, err
		}
		all = append(all, svg)
	}
	if all == nil {
		return nil, errors.New("the runs have no epoch yet, and so no curves")
	}
	return chart.PNG(all...)
}

// plots returns a plot for each metric, with the lines of all runs, and one of the learning rate.
func plots(list []*runs.Run) (all []plot) {
	known := map[string]bool{}
	lines := make([]map[string]*line, len(list)) // of each run, by name
	for i, r := range list {
		lines[i] = map[string]*line{}
		for _, name := range r.History.Names() {
			lines[i][name] = &line{}
			known[strings.TrimPrefix(name, "val_")] = true
		}
		for _, e := range r.History.All() {
			x := e.Get("epoch")
			for k, name := range e.Names {
				lines[i][name].add(x, e.Values[k])
			}
		}
	}
	delete(known, "epoch")
	delete(known, "lr")
	names := slices.Collect(maps.Keys(known))
	slices.SortFunc(names, func(a, b string) int {
		if (a == "loss") != (b == "loss") {
			return map[bool]int{true: -1, false: 1}[a == "loss"]
		}
		return strings.Compare(a, b)
	})
	for _, name := range append(names, "lr") {
		p := plot{X: "epoch", WholeX: true, Y: name, Positive: name == "loss" || name == "lr"}
		if p.Title = map[string]string{"lr": "Learning rate", "loss": "Loss"}[name]; p.Title == "" {
			p.Title = name
		}
		for i, r := range list {
			for _, kind := range []struct{ key, class, what string }{{name, "", "training"},
				{"val_" + name, " val", "validation"}} {
				drawn := lines[i][kind.key]
				if drawn == nil || len(drawn.at.Points()) == 0 {
					continue
				}
				l := line{Class: fmt.Sprintf("c%d%s", i%colors, kind.class), Label: kind.what, at: drawn.at}
				switch {
				case len(list) > 1 && name == "lr":
					l.Label = label(r, i)
				case len(list) > 1:
					l.Label = label(r, i) + ", " + kind.what
				case name == "lr":
					l.Label = ""
				}
				p.Lines = append(p.Lines, l)
			}
			if r.Best > 0 && name != "lr" {
				p.Marks = append(p.Marks, mark{float64(r.Best), fmt.Sprintf("c%d", i%colors),
					"weights of epoch " + fmt.Sprint(r.Best)})
			}
		}
		if len(p.Lines) > 0 {
			all = append(all, p)
		}
	}
	return all
}

// updates returns the sizes of the changes of parameters from epoch to epoch; nil if none are known.
func updates(r *runs.Run) *figure {
	p := plot{X: "epoch", WholeX: true, Y: "change relative to the weights", Positive: true}
	every := max(1, r.Detail.UpdateEvery)
	lines := make([]line, len(r.Detail.Updates))
	for i, row := range r.Detail.UpdateRatio[:min(len(r.Detail.UpdateRatio), r.History.Len())] {
		if i > (r.History.Len()-1)/every {
			break
		}
		epoch := r.History.At(i * every).Get("epoch")
		for k := range min(len(row), len(lines)) {
			if row[k] != nil {
				lines[k].add(epoch, *row[k])
			}
		}
	}
	for k, l := range lines {
		if len(l.at.Points()) > 0 && len(p.Lines) < 2*colors {
			l.Class, l.Label = fmt.Sprintf("c%d", k%colors), r.Detail.Updates[k]
			p.Lines = append(p.Lines, l)
		}
	}
	if len(p.Lines) == 0 {
		return nil
	}
	title := "Update ratios: the change of each array in an epoch, relative to its size"
	if every > 1 {
		title += fmt.Sprintf("; one epoch of %d is drawn", every)
	}
	return &figure{title, p.svg()}
}

// number writes a number in few digits.
func number(v float64) string {
	if a := math.Abs(v); a != 0 && (a < 1e-3 || a >= 1e6) {
		return fmt.Sprintf("%.3g", v)
	}
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.4f", v), "0"), ".")
}

// shade returns how strong a cell of a confusion matrix is coloured, in percent.
func shade(n, most int) int {
	if most == 0 {
		return 0
	}
	return int(math.Round(85 * math.Sqrt(float64(n)/float64(most))))
}
