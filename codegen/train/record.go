package train

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/describe"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/report"
	"github.com/nngen/nngen/codegen/runs"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/runtime/safetensors"
)

// digest returns a checksum as text.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// dataSums returns the checksums of the files of the data, by path.
func dataSums(p *project.Project) (map[string]string, error) {
	sums := map[string]string{}
	for _, name := range p.DataFiles() {
		b, err := fs.ReadFile(p.Files(), name)
		if err != nil {
			return nil, err
		}
		sums[name] = digest(b)
	}
	return sums, nil
}

// kept returns the epoch whose weights were kept.
func (r *Result) kept() Event {
	for _, e := range r.Epochs {
		if e.Epoch == r.Best {
			return e
		}
	}
	return r.Epochs[len(r.Epochs)-1]
}

// numbers returns metrics by name, those that are finite.
func numbers(list []Metric) map[string]float64 {
	all := map[string]float64{}
	for _, m := range list {
		if m.Value != nil {
			all[m.Name] = *m.Value
		}
	}
	return all
}

// metadata says whence weights come.
func (r *Result) metadata(seed uint64, sums map[string]string) map[string]string {
	var files strings.Builder
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		fmt.Fprintf(&files, "%s %s\n", name, sums[name])
	}
	// Pairs in plain text: what has no quotes to escape is read without an allocation.
	var metrics []string
	for name, v := range numbers(r.kept().Metrics) {
		metrics = append(metrics, fmt.Sprintf("%s=%v", name, v))
	}
	slices.Sort(metrics)
	return map[string]string{"nngen": project.Version(), "seed": fmt.Sprint(seed), "data": digest([]byte(files.String())),
		"epoch": fmt.Sprint(r.kept().Epoch), "metrics": strings.Join(metrics, " ")}
}

// record keeps the run beside the spec, and returns its folder.
func (r *Result) record(ctx context.Context, p *project.Project, g *program, sets *data.Sets, plan Plan, o Options, sums map[string]string,
	start time.Time) (string, error) {
	weights, err := os.ReadFile(filepath.Join(p.Dir, output.Weights))
	if err != nil {
		return "", err
	}
	run := &runs.Run{Name: p.Spec.Name, Nngen: project.Version(), Spec: digest(p.Spec.Source), Seed: p.Spec.Training.Seed, Data: sums,
		Train: plan.Train, Validation: plan.Validation, Test: plan.Test, Params: r.Params, Frozen: r.Frozen, Limit: plan.Epochs,
		Epochs: r.Epochs[len(r.Epochs)-1].Epoch, Best: r.Best, Stopped: r.Stopped, Interrupted: r.Interrupted, Weights: digest(weights),
		Metrics: numbers(r.kept().Metrics), Times: runs.Times{Start: start.UTC(), Seconds: r.Took.Seconds()}}
	if o.Seed != nil {
		run.Seed = *o.Seed
	}
	if o.From != "" {
		b, err := os.ReadFile(o.From)
		if err != nil {
			return "", err
		}
		run.From = digest(b)
	}
	if r.Test != nil {
		run.TestMetrics = numbers(r.Test.flat())
	}
	if run.Detail, err = r.detail(ctx, p, g, sets, weights); err != nil {
		return "", err
	}
	out, err := compile(p, false)
	if err != nil {
		return "", err
	}
	dir, err := run.Save(p.Base, map[string][]byte{"spec.yaml": p.Spec.Source, output.History: history(r.Epochs), "architecture.svg": describe.New(out).SVG()})
	if err != nil {
		return "", err
	}
	saved, err := runs.Open(dir)
	if err != nil {
		return "", err
	}
	saved.Times = runs.Times{} // so that the page is a function of the inputs too
	page, err := report.HTML([]*runs.Run{saved})
	if err != nil {
		return "", err
	}
	return dir, output.Replace(filepath.Join(dir, "report.html"), page)
}

// detail measures what a report shows beyond numbers.
func (r *Result) detail(ctx context.Context, p *project.Project, g *program, sets *data.Sets, weights []byte) (*runs.Detail, error) {
	d := &runs.Detail{On: "test"}
	set := sets.Test
	switch {
	case set.N > 0:
	case sets.Validation.N > 0:
		d.On, set = "validation", sets.Validation
	default:
		d.On, set = "training", sets.Train
	}
	ys, _, err := g.outputs(ctx, "eval", filepath.Join(p.Dir, output.Weights), set)
	if err != nil {
		return nil, err
	}
	for i, o := range g.net.Outputs {
		d.Outputs = append(d.Outputs, detailOf(g.net, o, set, ys[i], set.Y[i]))
	}
	f, err := safetensors.Open(weights)
	if err != nil {
		return nil, err
	}
	var trained []int
	for i, q := range g.net.Params {
		if q.Role != ir.Trained && q.Role != ir.Frozen {
			continue
		}
		x := make([]float32, q.Size())
		if err := f.Read(safetensors.Tensor{Name: q.Name, Shape: q.Shape, Data: x}); err != nil {
			return nil, err
		}
		d.Weights = append(d.Weights, histogram(q.Name, x))
		if q.Role == ir.Trained {
			d.Updates, trained = append(d.Updates, q.Name), append(trained, i)
		}
	}
	for _, e := range r.Epochs {
		row := make([]*float64, len(trained))
		for k, i := range trained {
			if i < len(e.Updates) {
				row[k] = e.Updates[i]
			}
		}
		d.UpdateRatio = append(d.UpdateRatio, row)
	}
	return d, nil
}

// Sizes of what a report shows.
const (
	bins     = 10  // of calibration
	bars     = 40  // of a histogram of weights
	points   = 600 // of a regression
	worst    = 12  // examples
	maxInput = 4096
)

// histogram counts the numbers of an array.
func histogram(name string, x []float32) runs.Histogram {
	h := runs.Histogram{Name: name, Counts: make([]int, bars)}
	if len(x) == 0 {
		return h
	}
	h.Low, h.High = float64(slices.Min(x)), float64(slices.Max(x))
	for _, v := range x {
		k := 0
		if h.High > h.Low {
			k = int(float64(bars) * (float64(v) - h.Low) / (h.High - h.Low))
		}
		h.Counts[min(k, bars-1)]++
	}
	return h
}

// detailOf measures one output on a set.
func detailOf(network *net.Net, o *net.Output, s fit.Set, y, t []float32) runs.Output {
	d := runs.Output{Name: o.Name, Task: o.Task, Classes: o.Classes}
	width := o.Width()
	rows := len(y) / width
	losses := make([]float64, rows)
	switch {
	case o.Task == "multiclass":
		detailClasses(&d, width, y, t, losses)
	case o.Task == "binary":
		detailBinary(&d, width, y, t, losses)
	default:
		detailNumbers(&d, width, y, t, losses)
	}
	steps := o.Steps()
	order := make([]int, rows)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(losses[b], losses[a]) })
	in := network.Inputs[0].Shape
	for _, i := range order[:min(worst, rows)] {
		if losses[i] <= 0 {
			break
		}
		e := runs.Example{Number: i / steps, Loss: losses[i], Shape: in, Target: word(o, t[i*width:][:width]), Prediction: word(o, y[i*width:][:width])}
		x := s.X[0][e.Number*in.Size():][:in.Size()]
		e.Input = slices.Clone(x[:min(len(x), maxInput)])
		if len(x) > maxInput {
			e.Shape = []int{maxInput}
		}
		d.Worst = append(d.Worst, e)
	}
	return d
}

// word writes a row of an output, or of targets.
func word(o *net.Output, row []float32) string {
	switch {
	case o.Task == "multiclass" && len(o.Classes) == len(row):
		best := argmax(row)
		if row[best] == 1 {
			return o.Classes[best]
		}
		return fmt.Sprintf("%s (%.2f)", o.Classes[best], row[best])
	case o.Task == "binary" && len(row) == 1 && len(o.Classes) == 2:
		q := row[0]
		if q == 0 || q == 1 {
			return o.Classes[int(q)]
		}
		return fmt.Sprintf("%s (%.2f)", o.Classes[bit(q >= 0.5)], max(q, 1-q))
	}
	var parts []string
	for _, v := range row[:min(len(row), 6)] {
		parts = append(parts, fmt.Sprintf("%.4g", v))
	}
	return strings.Join(parts, ", ")
}

func argmax(x []float32) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}

// calibrate counts a prediction by its confidence, the probability of the class that is predicted.
func calibrate(list []runs.Bin, confidence float64, right bool) {
	if confidence != confidence {
		return
	}
	b := &list[max(0, min(bins-1, int(confidence*bins)))]
	b.Count++
	b.Confidence += confidence
	b.Right += float64(bit(right))
}

// finish makes means of the sums of bins, and leaves out those that are empty.
func finish(list []runs.Bin) []runs.Bin {
	list = slices.DeleteFunc(list, func(b runs.Bin) bool { return b.Count == 0 })
	for i := range list {
		list[i].Confidence /= float64(list[i].Count)
		list[i].Right /= float64(list[i].Count)
	}
	return list
}

// classesShown bounds the classes of a confusion matrix that can be read.
const classesShown = 30

// detailClasses measures an output whose units are classes of which one holds.
func detailClasses(d *runs.Output, width int, y, t []float32, losses []float64) {
	counts, right := make([]int, width), 0
	d.Calibration = make([]runs.Bin, bins)
	if width <= classesShown {
		d.Confusion = make([][]int, width)
		for i := range d.Confusion {
			d.Confusion[i] = make([]int, width)
		}
	}
	for i := range losses {
		truth, guess := argmax(t[i*width:][:width]), argmax(y[i*width:][:width])
		q := float64(y[i*width+truth])
		losses[i] = -math.Log(math.Max(q, 1e-30))
		counts[truth]++
		right += bit(truth == guess)
		if d.Confusion != nil {
			d.Confusion[truth][guess]++
		}
		calibrate(d.Calibration, float64(y[i*width+guess]), truth == guess)
	}
	d.Calibration = finish(d.Calibration)
	n := float64(max(len(losses), 1))
	d.Baseline = runs.Baseline{What: "always the most frequent class", Name: "accuracy", Value: float64(slices.Max(counts)) / n, Ours: float64(right) / n}
}

// detailBinary measures an output each of whose units tells whether something holds.
func detailBinary(d *runs.Output, width int, y, t []float32, losses []float64) {
	holds, right := make([]int, width), 0
	d.Calibration = make([]runs.Bin, bins)
	if width == 1 && len(d.Classes) == 2 {
		d.Confusion = [][]int{{0, 0}, {0, 0}}
	}
	for i := range losses {
		for j := range width {
			truth, q := t[i*width+j] > 0.5, float64(y[i*width+j])
			guess := q >= 0.5
			if truth {
				losses[i] -= math.Log(math.Max(q, 1e-30))
			} else {
				losses[i] -= math.Log(math.Max(1-q, 1e-30))
			}
			holds[j] += bit(truth)
			right += bit(truth == guess)
			if d.Confusion != nil {
				d.Confusion[bit(truth)][bit(guess)]++
			}
			calibrate(d.Calibration, math.Max(q, 1-q), truth == guess)
		}
	}
	d.Calibration = finish(d.Calibration)
	n, most := len(losses), 0
	for _, k := range holds {
		most += max(k, n-k)
	}
	all := float64(max(n*width, 1))
	d.Baseline = runs.Baseline{What: "always what is more frequent", Name: "accuracy", Value: float64(most) / all, Ours: float64(right) / all}
}

// detailNumbers measures a regression.
func detailNumbers(d *runs.Output, width int, y, t []float32, losses []float64) {
	mean := make([]float64, width)
	for i, v := range t {
		mean[i%width] += float64(v) / float64(len(losses))
	}
	ours, base := 0.0, 0.0
	for i := range t {
		e, b := float64(y[i])-float64(t[i]), float64(t[i])-mean[i%width]
		losses[i/width] += e * e
		ours, base = ours+e*e, base+b*b
	}
	n := float64(max(len(t), 1))
	d.Baseline = runs.Baseline{What: "always the mean", Name: "rmse", Value: math.Sqrt(base / n), Ours: math.Sqrt(ours / n)}
	step := max(1, (len(t)+points-1)/points)
	for i := 0; i < len(t); i += step {
		d.Points = append(d.Points, runs.Point{Target: float64(t[i]), Prediction: float64(y[i])})
	}
}
