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
	for _, e := range epochs.All() {
		b = append(b, `{"epoch":`...)
		b = strconv.AppendInt(b, int64(numberOf(e)), 10)
		for i, name := range e.Names[1:] {
			b = append(append(append(b, `,"`...), name...), `":`...)
			b = appendNumber(b, e.Values[1+i])
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
	train, val []chart.Point
}

// curves returns one curve for each metric.
func curves(epochs *Epochs) []*curve {
	var list []*curve
	index := map[string]*curve{}
	for _, e := range epochs.All() {
		for i, of := range e.Names[2:] {
			at := chart.Point{X: e.Get("epoch"), Y: e.Values[2+i]}
			if math.IsNaN(at.Y) {
				continue
			}
			name := strings.TrimPrefix(of, "val_")
			c := index[name]
			if c == nil {
				c = &curve{name: name, lower: epochs.lower[of]}
				index[name] = c
				list = append(list, c)
			}
			if name == of {
				c.train = append(c.train, at)
			} else {
				c.val = append(c.val, at)
			}
		}
	}
	return list
}

// svg draws the curve; best is the epoch whose weights were kept, 0 for the last. It is an error if a number is not
// finite.
func (c *curve) svg(title string, best int) ([]byte, error) {
	picture := &chart.Chart{Title: title + ": " + c.name, X: "epoch", Y: c.name, WholeX: true, LegendBelow: !c.lower}
	for _, part := range []struct {
		name, color string
		points      []chart.Point
	}{{"training", chart.Blue, c.train}, {"validation", chart.Orange, c.val}} {
		if len(part.points) == 0 {
			continue
		}
		picture.Series = append(picture.Series, chart.Series{Name: part.name, Color: part.color, Points: part.points})
		for _, at := range part.points {
			if int(at.X) == best {
				picture.Series = append(picture.Series,
					chart.Series{Kind: chart.Dots, Radius: 4.5, Color: part.color, Points: []chart.Point{at}})
			}
		}
	}
	return picture.SVG()
}
