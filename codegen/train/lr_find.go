package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/nngen/nngen/codegen/chart"
	"github.com/nngen/nngen/codegen/project"
)

// Finding is the loss of a network against the learning rate, from a training whose rate grows exponentially with each
// step. Source: Smith, Cyclical learning rates for training neural networks, 2017, §3.3.
type Finding struct {
	Points []FoundPoint `json:"points"`
	// Steepest is the rate at which the smoothed loss falls fastest, and Tenth a tenth of the rate at which it is
	// least; both are 0 if it did not fall.
	Steepest float64 `json:"steepest"`
	Tenth    float64 `json:"tenth_of_minimum"`
	// Last is the rate at which the training ended because the loss had grown to several times what it was at first, or
	// was no longer finite; 0 if it came to the highest rate.
	Last float64 `json:"diverged_at,omitempty"`
}

// FoundPoint is one step: the objective of its batch before it, and the same smoothed over the rates around.
type FoundPoint struct {
	LR       float64 `json:"lr"`
	Loss     float64 `json:"loss"`
	Smoothed float64 `json:"smoothed"`
}

// FindOptions steer Find.
type FindOptions struct {
	Low, High   float64 // the first and the last rate
	Steps       int
	Seed        *uint64 // see Options
	From        string  // see Options
	Workers     int     // see Options
	SkipBadRows float64
	Log         io.Writer
}

// Find trains the network of a project for some steps at growing rates. It writes nothing.
func Find(ctx context.Context, p *project.Project, o FindOptions) (*Finding, error) {
	switch {
	case !(o.Low > 0 && o.High > o.Low && !math.IsInf(o.High, 0)):
		return nil, fmt.Errorf("the rates go from a number above 0 to a larger one, not from %v to %v", o.Low, o.High)
	case o.Steps < 20:
		return nil, fmt.Errorf("%d steps are too few for a curve; --steps is at least 20", o.Steps)
	}
	out, err := compile(p, false)
	if err != nil {
		return nil, err
	}
	sets, initial, _, err := load(p, out.Net, Options{SkipBadRows: o.SkipBadRows, From: o.From, Log: o.Log},
		before(p, Options{From: o.From}, ""))
	if err != nil {
		return nil, err
	}
	g, err := build(ctx, p)
	if err != nil {
		return nil, err
	}
	defer g.Close()
	g.Workers = o.Workers
	if err := g.saveData(g.Path("train"), sets, initial); err != nil {
		return nil, err
	}
	seed := p.Spec.Training.Seed
	if o.Seed != nil {
		seed = *o.Seed
	}
	f := &Finding{}
	err = g.run(ctx, false, func(e Event) {
		if loss := e.Get("loss"); e.Kind == "step" && e.LR != nil && loss != nil {
			f.Points = append(f.Points, FoundPoint{LR: *e.LR, Loss: *loss})
		}
	}, "-mode", "find", "-data", g.Path("train"), "-seed", fmt.Sprint(seed), "-steps", fmt.Sprint(o.Steps),
		"-low", fmt.Sprint(o.Low), "-high", fmt.Sprint(o.High))
	if err != nil {
		return nil, err
	}
	if len(f.Points) < o.Steps && len(f.Points) > 0 {
		f.Last = f.Points[len(f.Points)-1].LR
	}
	return f, f.suggest()
}

// smoothing is the deviation, in decades of the rate, of the Gaussian that the loss is smoothed with: the loss of
// single batches then moves little, and the fall of a loss, over one or two decades, keeps its shape.
const smoothing = 0.15

// suggest fills in what follows from rates and losses.
func (f *Finding) suggest() error {
	n := len(f.Points)
	if n < 3 {
		return errors.New("the loss is no number from the first steps on; look for infinite inputs, or begin at a lower rate")
	}
	at := make([]float64, n) // in decades
	for i, p := range f.Points {
		at[i] = math.Log10(p.LR)
	}
	least, noise := 0, 0.0
	for i := range f.Points {
		sum, total := 0.0, 0.0
		for j, p := range f.Points {
			d := (at[j] - at[i]) / smoothing
			w := math.Exp(-d * d / 2)
			sum, total = sum+w*p.Loss, total+w
		}
		p := &f.Points[i]
		if p.Smoothed = sum / total; p.Smoothed < f.Points[least].Smoothed {
			least = i
		}
	}
	for _, p := range f.Points[:max(least, 1)] {
		noise += (p.Loss - p.Smoothed) * (p.Loss - p.Smoothed)
	}
	// The deviation of a smoothed loss is that of a loss over the root of the number of steps that it is a mean of,
	// about 2·√π deviations of the Gaussian wide.
	wide := 2 * math.SqrtPi * smoothing * float64(n-1) / (at[n-1] - at[0])
	noise = math.Sqrt(noise / float64(max(least, 1)) / math.Max(1, wide))
	if least == 0 || f.Points[0].Smoothed-f.Points[least].Smoothed <= 3*noise {
		return nil
	}
	steepest, slope := 0, 0.0
	for i := 1; i < least; i++ {
		if s := f.slope(at, i); s < slope {
			steepest, slope = i, s
		}
	}
	if steepest > 0 {
		f.Steepest, f.Tenth = f.Points[steepest].LR, f.Points[least].LR/10
	}
	return nil
}

// descent is the deviation, in decades of the rate, of the Gaussian that weights the losses a slope is of: over two
// decades a dip of some batches, which smoothing leaves, is outweighed by the fall that a training takes.
const descent = 0.4

// slope returns the slope of the loss around point i, by a line of weighted least squares through the smoothed losses
// up to their rise: those above the first one are left out.
func (f *Finding) slope(at []float64, i int) float64 {
	var w, x, y, xx, xy float64
	for j, p := range f.Points {
		if j > i && p.Smoothed > f.Points[0].Smoothed {
			break
		}
		d := at[j] - at[i]
		g := math.Exp(-d * d / (2 * descent * descent))
		w, x, y, xx, xy = w+g, x+g*d, y+g*p.Smoothed, xx+g*d*d, xy+g*d*p.Smoothed
	}
	return (w*xy - x*y) / (w*xx - x*x)
}

// String writes the smoothed losses at four rates of each decade, and what follows from them.
func (f *Finding) String() string {
	var b strings.Builder
	b.WriteString("learning rate        loss\n")
	next := math.Inf(-1)
	for i, p := range f.Points {
		if at := math.Log10(p.LR); at >= next-1e-9 || i == len(f.Points)-1 {
			next = at + 0.25
			fmt.Fprintf(&b, "%13.2e  %10.4g\n", p.LR, p.Smoothed)
		}
	}
	if f.Last > 0 {
		fmt.Fprintf(&b, "ended at %.2e: the loss grew to several times what it was at first, or was no longer a number\n",
			f.Last)
	}
	if f.Steepest == 0 {
		b.WriteString("no suggestion: the loss did not fall by more than its noise; take more --steps or larger batches\n")
		return b.String()
	}
	fmt.Fprintf(&b, "suggestion           lr: %.1e\n", f.Steepest)
	fmt.Fprintf(&b, "the loss falls fastest at %.2e; a tenth of the rate at which it is least is %.2e\n", f.Steepest,
		f.Tenth)
	return b.String()
}

// byRate ends the title of the picture, which begins with the name of the network.
const byRate = ": learning rates"

// Drawn tells whether a picture is one of SVG.
func Drawn(picture []byte) bool {
	return bytes.Contains(picture, []byte(chart.Mark)) && bytes.Contains(picture, []byte(byRate+"<"))
}

// SVG draws the losses.
func (f *Finding) SVG(name string) ([]byte, error) {
	var raw, smooth []chart.Point
	low, high := math.Inf(1), math.Inf(-1)
	for _, q := range f.Points {
		low, high = math.Min(low, q.Smoothed), math.Max(high, q.Smoothed)
	}
	// A loss that grows without bound would leave nothing of the rest to be seen.
	top := math.Min(high, f.Points[0].Smoothed+1.5*(f.Points[0].Smoothed-low)+1e-12)
	for _, q := range f.Points {
		if q.Loss <= top {
			raw = append(raw, chart.Point{X: q.LR, Y: q.Loss})
		}
		if q.Smoothed <= top {
			smooth = append(smooth, chart.Point{X: q.LR, Y: q.Smoothed})
		}
	}
	picture := &chart.Chart{Title: name + byRate, X: "learning rate", Y: "loss",
		LogX: true, Series: []chart.Series{
			{Kind: chart.Dots, Radius: 2, Color: chart.Pale, Points: raw},
			{Name: "smoothed", Color: chart.Blue, Points: smooth},
		}}
	for _, l := range []chart.Line{{Name: "falls fastest", Color: chart.Green, X: f.Steepest},
		{Name: "minimum / 10", Color: chart.Orange, X: f.Tenth}} {
		if l.X != 0 {
			picture.Lines = append(picture.Lines, l)
		}
	}
	return picture.SVG()
}
