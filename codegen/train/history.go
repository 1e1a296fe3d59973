package train

import (
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/chart"
)

// history returns one line of JSON for each epoch: {"epoch":1,"lr":0.001,"loss":…}. Numbers that are
// not finite are null.
func history(epochs []Event) []byte {
	var b []byte
	for _, e := range epochs {
		b = append(b, `{"epoch":`...)
		b = strconv.AppendInt(b, int64(e.Epoch), 10)
		b = append(b, `,"lr":`...)
		b = appendNumber(b, e.LR)
		for _, m := range e.Metrics {
			b = append(b, `,"`+m.Name+`":`...)
			b = appendNumber(b, m.Value)
		}
		b = append(b, "}\n"...)
	}
	return b
}

// appendNumber appends a number as JSON has it, null for nil.
func appendNumber(b []byte, v *float64) []byte {
	if v == nil {
		return append(b, "null"...)
	}
	return strconv.AppendFloat(b, *v, 'g', -1, 64)
}

// curve is a metric over the epochs, on the training and the validation set.
type curve struct {
	name       string
	lower      bool // whether lower is better
	train, val []chart.Point
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
			at := chart.Point{X: float64(e.Epoch), Y: *m.Value}
			if name == m.Name {
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
