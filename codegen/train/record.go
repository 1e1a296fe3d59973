package train

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
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
	"github.com/nngen/nngen/codegen/proof"
	"github.com/nngen/nngen/codegen/report"
	"github.com/nngen/nngen/codegen/runs"
	"github.com/nngen/nngen/codegen/stats"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/runtime/safetensors"
)

// digest returns a checksum as text.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// kept returns the epoch whose weights were kept.
func (r *Result) kept() runs.Epoch { return r.Epochs.kept(r.Best) }

// metrics returns those of the epoch whose weights were kept.
func (r *Result) metrics() []Metric { return r.Epochs.metrics(r.kept()) }

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
func (r *Result) metadata(seed uint64, n *note) map[string]string {
	meta := n.origin()
	meta["nngen"], meta["seed"] = project.Version(), fmt.Sprint(seed)
	meta["epoch"], meta["metrics"] = fmt.Sprint(numberOf(r.kept())), pairs(numbers(r.metrics()))
	return meta
}

// origin returns what weights say of what they learned from.
func (n *note) origin() map[string]string {
	meta := map[string]string{dataKey: dataSum(n.Data)}
	if n.Seen != "" {
		meta[seenKey] = n.Seen
	}
	if n.Learned != nil {
		meta[learnedKey] = strings.Join(n.Learned, " ")
	}
	return meta
}

// dataKey is the key of the metadata of weights that holds the checksum of the data.
const dataKey = net.TrainedKey

// dataSum returns one checksum of those of the files of the data, by path.
func dataSum(sums map[string]string) string {
	var files strings.Builder
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		fmt.Fprintf(&files, "%s %s\n", name, sums[name])
	}
	return digest([]byte(files.String()))
}

// pairs writes metrics as pairs in plain text: what has no quotes to escape is read without an allocation.
func pairs(metrics map[string]float64) string {
	var list []string
	for name, v := range metrics {
		list = append(list, fmt.Sprintf("%s=%v", name, v))
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// record keeps the run beside the spec, and returns its folder; from is the file of weights that it began with, nil if
// it drew them.
func (r *Result) record(p *project.Project, g *program, j judged, plan Plan, from *proof.Resource, o Options,
	sums map[string]string, start time.Time) (string, error) {
	weights, err := os.ReadFile(filepath.Join(p.Dir, output.Weights))
	if err != nil {
		return "", err
	}
	run := &runs.Run{Name: p.Spec.Name, Nngen: project.Version(), Spec: digest(p.Spec.Source),
		Seed: p.Spec.Training.Seed, Data: sums,
		Train: plan.Train, Validation: plan.Validation, Test: plan.Test, Params: r.Params,
		Frozen: r.Frozen, Limit: plan.Epochs,
		Epochs: numberOf(r.Epochs.last()), Best: r.Best, Stopped: r.Stopped,
		Interrupted: r.Interrupted, Weights: digest(weights),
		Metrics: numbers(r.metrics()), Times: runs.Times{Start: start.UTC(), Seconds: r.Took.Seconds()}}
	if o.Seed != nil {
		run.Seed = *o.Seed
	}
	if from != nil {
		run.From = from.Digest.SHA256
	}
	for _, o := range j.Outputs {
		if o.Positive != "" {
			if run.Positive == nil {
				run.Positive = map[string]string{}
			}
			run.Positive[o.Name] = o.Positive
		}
	}
	if r.Test != nil {
		run.TestRemark = r.Test.Seen
		run.TestMetrics = numbers(append(r.Test.flat(), r.Test.ofTargets()...))
	}
	if run.Detail, err = r.detail(g, j, weights); err != nil {
		return "", err
	}
	out, err := compile(p, false)
	if err != nil {
		return "", err
	}
	dir, err := run.Save(p.Base, map[string][]byte{"spec.yaml": p.Spec.Source, output.History: r.trained[output.History],
		"architecture.svg": describe.New(out).SVG()})
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

// judged is what a trained network makes of the set that a report shows.
type judged struct {
	*Evaluation
	on   string
	set  fit.Set
	ys   [][]float32
	outs []decided
	rows *data.Rows
}

// withoutCoverage takes back what says nothing of examples that intervals were fitted to.
func (j *judged) withoutCoverage() {
	for i := range j.Outputs {
		o := &j.Outputs[i]
		o.Metrics = slices.DeleteFunc(o.Metrics, func(m metric) bool { return strings.HasPrefix(m.Name, "interval_") })
	}
}

// judgedOn returns the set that a report shows: of those held out the test set, or else the validation set, or else
// that of the training.
func judgedOn(sets *data.Sets) judged {
	switch {
	case sets.Test.N > 0:
		return judged{on: "test", set: sets.Test}
	case sets.Validation.N > 0:
		return judged{on: "validation", set: sets.Validation}
	}
	return judged{on: "training", set: sets.Train}
}

// detail gathers what a report shows beyond numbers.
func (r *Result) detail(g *program, j judged, weights []byte) (*runs.Detail, error) {
	d := &runs.Detail{On: j.on}
	for i, o := range g.net.Outputs {
		d.Outputs = append(d.Outputs, detailOf(g.net, o, j.outs[i], &j.Outputs[i], j.set, j.ys[i], j.set.Y[i],
			func(i int) []string { return j.rows.Fields(j.set, i) }))
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
		if err := f.ReadAny(safetensors.Tensor{Name: q.Name, Shape: q.Shape, Data: x}); err != nil {
			return nil, err
		}
		d.Weights = append(d.Weights, histogram(q.Name, x))
		if q.Role == ir.Trained {
			d.Updates, trained = append(d.Updates, q.Name), append(trained, i)
		}
	}
	if r.Epochs.Every > 1 {
		d.UpdateEvery = r.Epochs.Every
	}
	for _, updates := range r.Epochs.Updates {
		row := make([]*float64, len(trained))
		for k, i := range trained {
			if i < len(updates) {
				row[k] = updates[i]
			}
		}
		d.UpdateRatio = append(d.UpdateRatio, row)
	}
	d.Gradients, err = g.gradients()
	return d, err
}

// gradients returns histograms of the gradients that the training left, by parameter; none if there were too many, or
// one is not finite.
func (g *program) gradients() ([]runs.Histogram, error) {
	b, err := os.ReadFile(g.Path(gradientsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, g.Explain(err)
	}
	f, err := safetensors.Open(b)
	if err != nil {
		return nil, err
	}
	total := 0
	for _, q := range g.net.Params {
		if q.Role == ir.Trained {
			total += q.Size()
		}
	}
	flat, err := array(f, "gradients", total)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(flat, func(v float32) bool { return v-v != 0 }) {
		return nil, nil // there is nothing to draw
	}
	var list []runs.Histogram
	for _, q := range g.net.Params {
		if q.Role == ir.Trained {
			list = append(list, histogram(q.Name, flat[:q.Size()]))
			flat = flat[q.Size():]
		}
	}
	return list, nil
}

// Sizes of what a report shows.
const (
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

// detailOf gathers what is shown of an output, with what was measured of it; fields returns those of a row of the set.
func detailOf(network *net.Net, o *net.Output, out decided, r *OutputEvaluation, s fit.Set, y, t []float32,
	fields func(i int) []string) runs.Output {
	d := runs.Output{Name: o.Name, Task: o.Task, Classes: o.Classes}
	for _, m := range r.Metrics {
		d.Metrics = append(d.Metrics, m.String())
	}
	for _, b := range r.Baselines {
		d.Baselines = append(d.Baselines, b.String())
	}
	for i := range r.Targets {
		of := &r.Targets[i]
		pair := of.targetMetrics()
		d.Metrics = append(d.Metrics, fmt.Sprintf("%s: %s, %s", of.Name, of.metric(pair[0]), of.metric(pair[1])))
	}
	width := o.Width()
	rows := len(y) / width
	if c := rowsOfClasses(o, y, t); c != nil {
		for _, b := range c.Calibration(stats.CalibrationBins) {
			d.Calibration = append(d.Calibration, runs.Bin{Count: b.Rows, Confidence: b.Confidence, Right: b.Right})
		}
		if c.Count() == len(o.Classes) && len(o.Classes) <= classesShown {
			d.Confusion = c.Confusion()
		}
	}
	if o.Task == "regression" {
		step := max(1, (len(t)+points-1)/points)
		for i := 0; i < len(t); i += step {
			d.Points = append(d.Points, runs.Point{Target: number(t[i]), Prediction: number(y[i])})
		}
	}
	losses := make([]float64, rows)
	for i := range losses {
		losses[i] = rowLoss(o.Task, y[i*width:][:width], t[i*width:][:width])
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
		e := runs.Example{Number: i / steps, Loss: number(losses[i]), Shape: in, Fields: fields(i / steps),
			Target: word(o, decided{}, t[i*width:][:width]), Prediction: word(o, out, y[i*width:][:width])}
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
func word(o *net.Output, d decided, row []float32) string {
	switch {
	case o.Classes != nil && hasNaN(row):
		return "NaN"
	case o.Task == "multiclass" && len(o.Classes) == len(row):
		best := argmax(row)
		if row[best] == 1 {
			return o.Classes[best]
		}
		return fmt.Sprintf("%s (%.2f)", o.Classes[best], row[best])
	case o.Task == "binary" && len(row) == 1 && len(o.Classes) == 2:
		if row[0] == 0 || row[0] == 1 {
			return o.Classes[int(row[0])]
		}
		p := predicted(o, d, row)
		return fmt.Sprintf("%s (%.2f)", p.Label, p.Probability)
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

// classesShown bounds the classes of a confusion matrix that can be read.
const classesShown = 30

// rowsOfClasses returns the predictions of all rows of an output, each unit of one that tells whether several things
// hold by itself; nil for a regression, for classes without end such as the tokens of a text, and for predictions that
// are NaN.
func rowsOfClasses(o *net.Output, y, t []float32) *stats.Classes {
	switch {
	case o.NextToken || slices.ContainsFunc(y, func(v float32) bool { return v != v }):
		return nil
	case o.Task == "multiclass":
		return stats.Multiclass(o.Width(), y, t)
	case o.Task == "binary":
		return stats.Binary(y, t)
	}
	return nil
}

// rowLoss is how wrong a row is: the cross-entropy of classes, the sum of the squares of errors; +Inf if a prediction
// is NaN.
func rowLoss(task string, y, t []float32) float64 {
	const least = 1e-30 // a probability that has a logarithm
	sum := 0.0
	for j := range y {
		q, target := float64(y[j]), float64(t[j])
		switch {
		case q != q:
			return math.Inf(1)
		case task == "regression":
			sum += (q - target) * (q - target)
		case target > 0.5:
			sum -= math.Log(math.Max(q, least))
		case task == "binary":
			sum -= math.Log(math.Max(1-q, least))
		}
	}
	return sum
}
