package train

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// history returns one line of JSON for each epoch: {"epoch":1,"lr":0.001,"loss":…}. Numbers that are
// not finite are null.
func history(epochs []Event) []byte {
	var b []byte
	for _, e := range epochs {
		b = append(b, `{"epoch":`...)
		b = strconv.AppendInt(b, int64(e.Epoch), 10)
		b = append(b, `,"lr":`...)
		b = strconv.AppendFloat(b, e.LR, 'g', -1, 64)
		for _, m := range e.Metrics {
			b = append(b, `,"`+m.Name+`":`...)
			if m.Value == nil {
				b = append(b, "null"...)
			} else {
				b = strconv.AppendFloat(b, *m.Value, 'g', -1, 64)
			}
		}
		b = append(b, "}\n"...)
	}
	return b
}

// curve is a metric over the epochs, on the training and the validation set.
type curve struct {
	name       string
	lower      bool // whether lower is better
	train, val plotter.XYs
}

// curves returns one curve for each metric.
func curves(epochs []Event) []*curve {
	var list []*curve
	index := map[string]*curve{}
	for _, e := range epochs {
		for _, m := range e.Metrics {
			if m.Value == nil {
				continue
			}
			name := strings.TrimPrefix(m.Name, "val_")
			c := index[name]
			if c == nil {
				c = &curve{name: name, lower: m.Lower}
				index[name] = c
				list = append(list, c)
			}
			at := plotter.XY{X: float64(e.Epoch), Y: *m.Value}
			if name == m.Name {
				c.train = append(c.train, at)
			} else {
				c.val = append(c.val, at)
			}
		}
	}
	return list
}

// svg draws the curve; best is the epoch whose weights were kept, 0 for the last. Numbers beyond those that an axis can
// show as they are are drawn in units of a power of ten. It is an error if they cannot be drawn.
func (c *curve) svg(title string, best int) (picture []byte, err error) {
	defer func() {
		if r := recover(); r != nil { // the library panics at ranges that it cannot show
			picture, err = nil, fmt.Errorf("its numbers cannot be drawn: %v", r)
		}
	}()
	unit := c.unit()
	scale := math.Pow(10, -float64(unit))
	label := c.name
	if unit != 0 {
		label = fmt.Sprintf("%s in 1e%d", c.name, unit)
	}
	p := newPlot(title+": "+c.name, "epoch", label)
	p.X.Tick.Marker = plot.TickerFunc(wholeTicks)
	p.Legend.Top = c.lower
	for _, part := range []struct {
		name   string
		points plotter.XYs
		color  color.Color
	}{{"training", c.train, color.RGBA{R: 31, G: 119, B: 180, A: 255}}, {"validation", c.val, color.RGBA{R: 255,
		G: 127, B: 14, A: 255}}} {
		if len(part.points) == 0 {
			continue
		}
		points := make(plotter.XYs, len(part.points))
		for i, at := range part.points {
			if points[i] = at; unit != 0 {
				points[i].Y *= scale
			}
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = part.color, vg.Points(1.5)
		p.Add(line)
		p.Legend.Add(part.name, line)
		for _, at := range points {
			if int(at.X) != best {
				continue
			}
			dot, err := plotter.NewScatter(plotter.XYs{at})
			if err != nil {
				return nil, err
			}
			dot.GlyphStyle = draw.GlyphStyle{Color: part.color, Radius: vg.Points(3.5), Shape: draw.CircleGlyph{}}
			p.Add(dot)
		}
	}
	return drawn(p)
}

// newPlot returns an empty plot.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.BackgroundColor = color.White
	for _, style := range []*text.Style{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle,
		&p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		style.Font.Variant = "Sans"
	}
	p.Title.Padding = vg.Points(8)
	// The lines of the legend come before its words, whose width depends on the reader's fonts.
	p.Legend.Left, p.Legend.XOffs, p.Legend.Padding = true, 11*vg.Centimeter, vg.Points(4)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{Y: 225}, color.Gray{Y: 225}
	p.Add(grid)
	return p
}

// drawn returns a plot as SVG.
func drawn(p *plot.Plot) ([]byte, error) { return drawnAs(p, 10*vg.Centimeter) }

// drawnAs returns a plot of some height as SVG.
func drawnAs(p *plot.Plot, height vg.Length) ([]byte, error) {
	widen(&p.Y)
	canvas := vgsvg.New(16*vg.Centimeter, height)
	p.Draw(draw.New(canvas))
	var b bytes.Buffer
	_, err := canvas.WriteTo(&b)
	return b.Bytes(), err
}

// unit returns the power of ten in which the numbers of a curve are drawn: 0 for those whose marks have few digits.
func (c *curve) unit() int {
	largest := 0.0
	for _, at := range append(slices.Clone(c.train), c.val...) {
		largest = math.Max(largest, math.Abs(at.Y))
	}
	if largest == 0 || largest >= 1e-6 && largest < 1e6 {
		return 0
	}
	// Powers of ten that a float64 and its inverse hold; what is smaller is drawn as small.
	return int(math.Max(-300, math.Floor(math.Log10(largest))))
}

// widen makes the range of an axis one that has marks: neighbouring numbers, or a single one, get some room.
func widen(a *plot.Axis) {
	if room := 1e-9 * math.Max(math.Abs(a.Min), math.Abs(a.Max)); a.Max-a.Min <= room {
		a.Min, a.Max = a.Min-1, a.Max+1
	}
}

// wholeTicks places marks at whole numbers, about ten of them.
func wholeTicks(low, high float64) []plot.Tick {
	step := 1.0
	for k := 0; (high-low)/step > 12; k++ {
		step *= []float64{2, 2.5, 2}[k%3]
	}
	var ticks []plot.Tick
	for at := math.Ceil(low/step) * step; at <= high; at += step {
		ticks = append(ticks, plot.Tick{Value: at, Label: strconv.FormatFloat(at, 'f', -1, 64)})
	}
	return ticks
}
