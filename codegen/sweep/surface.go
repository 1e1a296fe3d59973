package sweep

import (
	"context"
	"encoding/json"
	"math"
	"path/filepath"

	"github.com/nngen/nngen/codegen/chart"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/regular"
)

// surface is the mean loss of the training set over the two numbers of a network that has just those, on a grid, nil
// where it is not finite: see train.Program.Surface.
type surface struct {
	Plan      string     `json:"plan"`
	Low, High [2]float64 // corners
	Losses    []*float32
}

const (
	surfaceFile  = "surface.json"
	surfaceSteps = 81 // points along each side of the grid
	surfaceLines = 24 // heights at which the surface is cut
)

// saveSurface computes the surface around the paths of all trials, once these have results, and keeps it in the
// folder of the trials; it does nothing if there are no paths, or the surface is there. Of successive halving there is
// none: few of its trials come to their end.
func (r *Runner) saveSurface(ctx context.Context) error {
	p := r.Plan
	if p.surface() != nil {
		return nil
	}
	var xs, ys []float64
	first := -1 // trial with a path
	for _, i := range p.All() {
		res := p.result(i, 0)
		if res == nil {
			return nil // another call runs what is missing
		}
		for _, at := range res.Path {
			if x, y := float64(at[0]), float64(at[1]); math.Abs(x)+math.Abs(y) < mostShown {
				xs, ys = append(xs, x), append(ys, y)
				if first < 0 {
					first = i
				}
			}
		}
	}
	if first < 0 {
		return nil
	}
	t := p.trial(first)
	program, err := r.build(ctx, r.shared(t.setting))
	if err != nil {
		return err
	}
	sets, err := r.load(t)
	if err != nil {
		return err
	}
	x, y := chart.Around(xs).Widen(0.1), chart.Around(ys).Widen(0.1)
	s := surface{Plan: p.key(), Low: [2]float64{x.Low, y.Low}, High: [2]float64{x.High, y.High}}
	if s.Losses, err = program.Surface(ctx, sets, s.Low, s.High, surfaceSteps); err != nil {
		return err
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return output.Replace(filepath.Join(p.dir, "trials", surfaceFile), append(text, '\n'))
}

// surface reads the surface; nil if there is none that is of this plan.
func (p *Plan) surface() *surface {
	s := &surface{}
	text, err := regular.Read(filepath.Join(p.dir, "trials", surfaceFile), maxFile)
	if err != nil || json.Unmarshal(text, s) != nil || s.Plan != p.key() || len(s.Losses) != surfaceSteps*surfaceSteps {
		return nil
	}
	return s
}

// mostShown bounds the numbers that a picture of a surface shows: a path that leaves it diverges.
const mostShown = 100

// surface draws the paths of the trainings, of each setting the first, over the surface; nil if there is none.
func (t *Table) surface() *chart.Chart {
	s := t.plan.surface()
	if s == nil {
		return nil
	}
	picture := &chart.Chart{Title: t.plan.specs[0].Name + ": paths over the training loss", X: "first parameter",
		Y: "second parameter", Beside: true}
	picture.Series = append(picture.Series, chart.Series{Kind: chart.Segments, Color: chart.Grey, Points: s.contours()})
	for i, r := range t.ordered() {
		path := chart.Series{Name: t.label(r), Color: chart.Palette[i]}
		for _, at := range r.path {
			q := chart.Point{X: float64(at[0]), Y: float64(at[1])}
			if !(q.X >= s.Low[0] && q.X <= s.High[0] && q.Y >= s.Low[1] && q.Y <= s.High[1]) {
				break
			}
			path.Points = append(path.Points, q)
		}
		if len(path.Points) == 0 {
			continue
		}
		ends := chart.Series{Kind: chart.Dots, Radius: 4, Color: path.Color,
			Points: []chart.Point{path.Points[len(path.Points)-1]}}
		picture.Series = append(picture.Series, path, ends)
	}
	return picture
}

// contours returns the ends of the segments in which heights cut the surface, between the points of the grid linearly
// (marching squares). The heights are dense where it is low: they grow as the cube of their rank. A square with a
// corner whose loss is not finite is left out.
func (s *surface) contours() (list []chart.Point) {
	low, high := math.Inf(1), math.Inf(-1)
	losses := make([]float64, len(s.Losses))
	for i, v := range s.Losses {
		if losses[i] = math.NaN(); v != nil {
			losses[i] = float64(*v)
			low, high = math.Min(low, losses[i]), math.Max(high, losses[i])
		}
	}
	at := func(i, k int) (chart.Point, float64) {
		x := s.Low[0] + (s.High[0]-s.Low[0])*float64(k)/(surfaceSteps-1)
		y := s.Low[1] + (s.High[1]-s.Low[1])*float64(i)/(surfaceSteps-1)
		return chart.Point{X: x, Y: y}, losses[i*surfaceSteps+k]
	}
	for rank := 1; rank < surfaceLines; rank++ {
		height := low + (high-low)*math.Pow(float64(rank)/surfaceLines, 3)
		for i := range surfaceSteps - 1 {
			for k := range surfaceSteps - 1 {
				below, above := losses[i*surfaceSteps+k:], losses[(i+1)*surfaceSteps+k:]
				if sum := below[0] + below[1] + above[0] + above[1]; sum != sum {
					continue
				}
				var cuts []chart.Point
				corners := [][2]int{{i, k}, {i, k + 1}, {i + 1, k + 1}, {i + 1, k}}
				for c, a := range corners {
					b := corners[(c+1)%4]
					p, u := at(a[0], a[1])
					q, v := at(b[0], b[1])
					if (u < height) != (v < height) {
						share := (height - u) / (v - u)
						cuts = append(cuts, chart.Point{X: p.X + share*(q.X-p.X), Y: p.Y + share*(q.Y-p.Y)})
					}
				}
				list = append(list, cuts...) // two of them, or four at a saddle
			}
		}
	}
	return list
}
