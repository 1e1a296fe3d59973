package train

import (
	"image/color"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// curves draws each metric over the epochs, training and validation in one picture, as
// <metric>.svg in dir.
func (r *Result) curves(dir string) error {
	if len(r.Epochs) == 0 {
		return nil
	}
	var names []string
	for _, m := range r.Epochs[0].Metrics {
		name := strings.TrimPrefix(m.Name, "val_")
		if name == m.Name || !has(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		p := plot.New()
		p.Title.Text = r.Net.Spec.Name + ": " + name
		p.X.Label.Text = "epoch"
		p.Y.Label.Text = name
		for _, line := range []struct {
			metric, label string
			color         color.Color
		}{{name, "training", color.RGBA{R: 0x1f, G: 0x77, B: 0xb4, A: 255}}, {"val_" + name, "validation", color.RGBA{R: 0xd6, G: 0x27, B: 0x28, A: 255}}} {
			var xy plotter.XYs
			for _, e := range r.Epochs {
				if v, ok := value(e, line.metric); ok {
					xy = append(xy, plotter.XY{X: float64(e.Epoch), Y: v})
				}
			}
			if xy == nil {
				continue
			}
			l, err := plotter.NewLine(xy)
			if err != nil {
				return err
			}
			l.Color, l.Width = line.color, vg.Points(1.5)
			p.Add(l)
			p.Legend.Add(line.label, l)
		}
		p.Legend.Top = true
		if err := p.Save(16*vg.Centimeter, 10*vg.Centimeter, filepath.Join(dir, name+".svg")); err != nil {
			return err
		}
	}
	return nil
}

func has(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}
