package train

import (
	"math"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/chart"
)

// history returns one line of JSON for each epoch: {"epoch":1,"lr":0.001,"loss":…}. Numbers that are
// not finite are null.
func history(epochs *Epochs) []byte {
	var b []byte
	for i, e := range epochs.All() {
		if i == 1 { // there may be millions: room for all lines as long as the first, and some more
			b = append(make([]byte, 0, len(b)*epochs.Len()*5/4), b...)
		}
		b = append(b, `{"epoch":`...)
		b = strconv.AppendInt(b, int64(numberOf(e)), 10)
		for k, name := range e.Names[1:] {
			b = append(append(append(b, `,"`...), name...), `":`...)
			b = appendNumber(b, e.Values[1+k])
		}
		b = append(b, "}\n"...)
	}
	return b
}

// appendNumber appends a number as JSON has it, null for one that is not finite.
func appendNumber(b []byte, v float64) []byte {
	if v-v != 0 {
		return append(b, "null"...)
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

// curve is a metric over the epochs, on the training and the validation set.
type curve struct {
	name       string
	lower      bool // whether lower is better
	train, val side
}

// side is a curve on one of the two sets.
type side struct {
	chart.Trace
	best []chart.Point // of the epoch whose weights were kept
}

// curves returns one curve for each metric; best is the epoch whose weights were kept, 0 for the last.
func curves(epochs *Epochs, best int) []*curve {
	var list []*curve
	index := map[string]*curve{}
	for _, e := range epochs.All() {
		for i, of := range e.Names[2:] {
			y := e.Values[2+i]
			if math.IsNaN(y) {
				continue
			}
			name := strings.TrimPrefix(of, "val_")
			c := index[name]
			if c == nil {
				c = &curve{name: name, lower: epochs.lower[of]}
				index[name] = c
				list = append(list, c)
			}
			s := &c.train
			if name != of {
				s = &c.val
			}
			s.Add(e.Get("epoch"), y)
			if numberOf(e) == best {
				s.best = []chart.Point{{X: e.Get("epoch"), Y: y}}
			}
		}
	}
	return list
}

// svg draws the curve. It is an error if a number is not finite.
func (c *curve) svg(title string) ([]byte, error) {
	picture := &chart.Chart{Title: title + ": " + c.name, X: "epoch", Y: c.name, WholeX: true, LegendBelow: !c.lower}
	for _, part := range []struct {
		name, color string
		side        *side
	}{{"training", chart.Blue, &c.train}, {"validation", chart.Orange, &c.val}} {
		points := part.side.Points()
		if len(points) == 0 {
			continue
		}
		picture.Series = append(picture.Series, chart.Series{Name: part.name, Color: part.color, Points: points})
		if part.side.best != nil {
			picture.Series = append(picture.Series,
				chart.Series{Kind: chart.Dots, Radius: 4.5, Color: part.color, Points: part.side.best})
		}
	}
	return picture.SVG()
}
