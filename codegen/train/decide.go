package train

import (
	"context"
	"fmt"
	"math"
	"os"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/stats"
	"github.com/nngen/nngen/runtime/fit"
)

// decide fits to a validation set what the outputs hold beside what was trained, temperatures first, since thresholds
// go by the probabilities that they give. It writes those into the file of weights, and returns a line on each with
// figures before and after.
//
// Intervals are fitted to all of the set if others measure their coverage, else to every other example, so that those
// between can.
func (g *program) decide(ctx context.Context, weights string, validation fit.Set,
	measured bool) (lines []string, err error) {
	for _, step := range []func(context.Context, string, fit.Set) ([]string, error){g.temper, g.chooseThresholds} {
		more, err := step(ctx, weights, validation)
		if err != nil {
			return nil, err
		}
		lines = append(lines, more...)
	}
	more, err := g.widen(ctx, weights, validation, measured)
	return append(lines, more...), err
}

// widen fits the radius of the intervals of outputs.
func (g *program) widen(ctx context.Context, weights string, validation fit.Set,
	measured bool) (lines []string, err error) {
	var ys [][]float32
	found := map[string][]float32{}
	n, step := calibrationRows(validation.N, measured), 2
	if measured {
		step = 1
	}
	for i, o := range g.net.Outputs {
		if o.Radius == nil {
			continue
		}
		if ys == nil {
			if ys, _, err = g.outputs(ctx, "predict", weights, validation); err != nil {
				return nil, err
			}
		}
		b := intervals{o, ys[i], validation.Y[i], make([]float32, o.Radius.Size())}
		if !b.fit(n, step) {
			return nil, tooFew(o, n)
		}
		found[o.Radius.Name] = b.radius
		line := fmt.Sprintf("%s: intervals of %g %%, fitted to %d validation examples", o.Name, 100*o.Interval, n)
		if !measured {
			covered, width := b.coverage(1, 2, validation.N)
			line += fmt.Sprintf(": %.2f %% of the targets of the %d others are in them, which are %.4g wide on average",
				100*covered, validation.N-n, width)
		}
		lines = append(lines, line)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return lines, g.setConstants(weights, found)
}

// calibrationRows returns how many of n validation examples intervals are fitted to: all, or every other one.
func calibrationRows(n int, measured bool) int {
	if measured {
		return n
	}
	return (n + 1) / 2
}

// tooFew is the error of intervals that n examples are too few for.
func tooFew(o *net.Output, n int) error {
	return fmt.Errorf("output %q: intervals of %g %% are fitted to at least %d validation examples that nothing else "+
		"is measured on, but there are %d: "+
		"raise validation_split, name a test set, or lower interval", o.Name, 100*o.Interval,
		stats.ConformalRows(o.Interval), n)
}

// checkIntervals verifies that there are enough validation examples for the intervals of all outputs.
func checkIntervals(network *net.Net, sets *data.Sets) error {
	n := calibrationRows(sets.Validation.N, sets.Test.N > 0)
	for _, o := range network.Outputs {
		if o.Radius != nil && n < stats.ConformalRows(o.Interval) {
			return tooFew(o, n)
		}
	}
	return nil
}

// intervals are those of an output for predictions y of targets t.
type intervals struct {
	o      *net.Output
	y, t   []float32
	radius []float32 // of each target
}

// fit fits each radius to n examples, the first, that step behind it, and so on; false if they are too few.
func (b intervals) fit(n, step int) bool {
	for j := range b.radius {
		outside := make([]float64, n)
		for k := range outside {
			outside[k] = b.outside(k*step, j)
		}
		r, ok := stats.Conformal(outside, b.o.Interval)
		if !ok {
			return false
		}
		if b.o.Ratio() { // the rounding of a factor, and of a prediction times it, is less than 2⁻²² of it
			r = min(math.Exp(r)*(1+0x1p-22), math.MaxFloat32)
		}
		b.radius[j] = float32(r)
		if float64(b.radius[j]) < r { // so that rounding leaves nothing outside
			b.radius[j] = math.Nextafter32(b.radius[j], float32(math.Inf(1)))
		}
	}
	return true
}

// of returns the interval of target j of example i, as generated code computes it.
func (b intervals) of(i, j int) (low, high float32) {
	width := b.o.Layer.Shape.Size()
	y, r := b.y[i*width:][:width], b.radius[j]
	last := y[width-len(b.radius)+j]
	if low, high = y[j]-r, last+r; b.o.Ratio() {
		low, high = y[j]/r, last*r
	}
	if b.o.Quantiles == nil {
		return low, high
	}
	return min(low, high), max(low, high)
}

// outside returns by how much target j of example i lies outside of the interval of radius 0, below 0 for inside; in
// logarithms where intervals are made by a factor.
func (b intervals) outside(i, j int) float64 {
	width := b.o.Layer.Shape.Size()
	y := b.y[i*width:][:width]
	low, high, t := float64(y[j]), float64(y[width-len(b.radius)+j]), float64(b.t[i*width+j])
	if b.o.Ratio() {
		low, high, t = math.Log(low), math.Log(high), math.Log(t)
	}
	return math.Max(low-t, t-high)
}

// coverage returns the share of the targets of examples from, from + step, … below to that are in their intervals, and
// the mean width of those.
func (b intervals) coverage(from, step, to int) (covered, width float64) {
	n, size := 0.0, b.o.Layer.Shape.Size()
	for i := from; i < to; i += step {
		for j := range b.radius {
			n++
			low, high := b.of(i, j)
			if t := b.t[i*size+j]; low <= t && t <= high {
				covered++
			}
			width += float64(high) - float64(low)
		}
	}
	return covered / n, width / n
}

// softened is the temperature at which scores are read off probabilities: at 1 those of a network that is sure round to
// 0 and 1, whose logarithms say nothing. A power of two, by which scores are divided without rounding; those up to
// 32·87 apart still have probabilities in float32.
const softened = 32

// temper fits the temperatures of outputs.
func (g *program) temper(ctx context.Context, weights string, validation fit.Set) (lines []string, err error) {
	scales := map[string][]float32{}
	set := func(o *net.Output, t float64) {
		p := o.Temperature.Params[1]
		scales[p.Name] = make([]float32, p.Size())
		for i := range scales[p.Name] {
			scales[p.Name][i] = float32(1 / t)
		}
	}
	for _, o := range g.net.Outputs {
		if o.Temperature != nil {
			set(o, softened)
		}
	}
	if len(scales) == 0 {
		return nil, nil
	}
	if err := g.setConstants(weights, scales); err != nil {
		return nil, err
	}
	ys, _, err := g.outputs(ctx, "predict", weights, validation)
	if err != nil {
		return nil, err
	}
	for i, o := range g.net.Outputs {
		if o.Temperature == nil {
			continue
		}
		scores, truth := scoresOf(o, ys[i], validation.Y[i])
		t := stats.Temperature(scores, truth)
		set(o, t)
		before, after := stats.Tempered(scores, truth, 1), stats.Tempered(scores, truth, t)
		lines = append(lines,
			fmt.Sprintf("%s: temperature %.4g, fitted to %d validation examples: there log_loss %.4g → %.4g, "+
				"calibration_error %.2f → %.2f %%",
				o.Name, t, validation.N, before.LogLoss(), after.LogLoss(), 100*before.CalibrationError(stats.CalibrationBins),
				100*after.CalibrationError(stats.CalibrationBins)))
		if o.ClassWeights != nil {
			lines = append(lines, shifted(o, after))
		}
	}
	return lines, g.setConstants(weights, scales)
}

// shifted says that class_weights shift the probabilities of an output, by the class of which they are furthest from
// its share of the examples.
func shifted(o *net.Output, c *stats.Classes) string {
	mean, share := make([]float64, len(o.Classes)), make([]float64, len(o.Classes))
	for i, row := range c.P {
		for k, p := range row {
			mean[k] += 100 * p / float64(len(c.P))
		}
		share[c.Truth[i]] += 100 / float64(len(c.P))
	}
	most, instead := 0, ""
	for k := range mean {
		if math.Abs(mean[k]-share[k]) > math.Abs(mean[most]-share[most]) {
			most = k
		}
	}
	if o.Task == "binary" { // two are as far off
		most, instead = 1, ", and let decision choose a threshold"
	}
	return fmt.Sprintf("remark: %s: class_weights shift probabilities, which a temperature does not take back: there %q has "+
		"%.2f %% on average, and is the class of %.2f %%; for probabilities that are shares leave class_weights out%s",
		o.Name, o.Classes[most], mean[most], share[most], instead)
}

// scoresOf returns the scores of classes, up to a constant of each row, of an output whose temperature is softened, and
// the true classes.
func scoresOf(o *net.Output, y, t []float32) (scores [][]float64, truth []int) {
	c := classesOf(o, y, t)
	for _, p := range c.P {
		row := make([]float64, len(p))
		for k, v := range p {
			row[k] = softened * math.Log(math.Max(v, math.SmallestNonzeroFloat32))
		}
		scores = append(scores, row)
	}
	return scores, c.Truth
}

// chooseThresholds finds the thresholds of outputs.
func (g *program) chooseThresholds(ctx context.Context, weights string,
	validation fit.Set) (lines []string, err error) {
	var ys [][]float32
	chosen := map[string][]float32{}
	for i, o := range g.net.Outputs {
		if o.Decision == nil || o.Decision.Rule == net.FixedThreshold {
			continue
		}
		if ys == nil {
			if ys, _, err = g.outputs(ctx, "predict", weights, validation); err != nil {
				return nil, err
			}
		}
		y, t := ys[i], validation.Y[i]
		score := scoreOf(o.Decision)
		at := stats.Threshold(y, t, score)
		chosen[o.Threshold.Name] = []float32{at}
		counts := stats.At(y, t, at)
		lines = append(lines, fmt.Sprintf("%s: threshold %.4g, chosen for %s on %d validation examples: there %s → %s",
			o.Name, at, aim(o.Decision), validation.N,
			figures(stats.At(y, t, 0.5), o.Decision), figures(counts, o.Decision)))
		if score(counts) < 0 && o.Decision.Rule != net.LeastCost {
			lines = append(lines, fmt.Sprintf("remark: %s: no threshold has that on the validation set; this one comes nearest",
				o.Name))
		}
	}
	if len(chosen) == 0 {
		return nil, nil
	}
	return lines, g.setConstants(weights, chosen)
}

// scoreOf returns what the best threshold has the most of. Where a bound is not kept that is below 0, and more the
// nearer it comes.
func scoreOf(d *net.Decision) func(stats.Counts) float64 {
	bounded := func(of, bound func(stats.Counts) float64) func(stats.Counts) float64 {
		return func(c stats.Counts) float64 {
			if missing := d.At - bound(c); missing > 0 {
				return -missing
			}
			return of(c)
		}
	}
	switch d.Rule {
	case net.BestF1:
		return stats.Counts.F1
	case net.LeastCost:
		return func(c stats.Counts) float64 { return -costOf(d, c) }
	case net.RecallAtPrecision:
		return bounded(stats.Counts.Recall, stats.Counts.Precision)
	case net.PrecisionAtRecall:
		return bounded(stats.Counts.Precision, stats.Counts.Recall)
	}
	panic("BUG: no rule " + string(d.Rule))
}

// costOf returns what mistakes cost together.
func costOf(d *net.Decision, c stats.Counts) float64 {
	return d.FalsePositive*c.FP + d.FalseNegative*c.FN
}

// aim says what a threshold is chosen for.
func aim(d *net.Decision) string {
	switch d.Rule {
	case net.LeastCost:
		return fmt.Sprintf("the least cost, %g for each false positive and %g for each false negative,",
			d.FalsePositive, d.FalseNegative)
	case net.RecallAtPrecision:
		return fmt.Sprintf("the most recall with a precision of at least %g", float32(d.At))
	case net.PrecisionAtRecall:
		return fmt.Sprintf("the most precision with a recall of at least %g", float32(d.At))
	}
	return "the best f1"
}

// figures writes what a threshold gives.
func figures(c stats.Counts, d *net.Decision) string {
	n := c.TP + c.FP + c.FN + c.TN
	text := fmt.Sprintf("accuracy %.2f precision %.2f recall %.2f f1 %.2f %%", 100*(c.TP+c.TN)/n, 100*c.Precision(),
		100*c.Recall(), 100*c.F1())
	if d.Rule == net.LeastCost {
		text += fmt.Sprintf(" cost %g", costOf(d, c))
	}
	return text
}

// setConstants writes other constants into a file of weights.
func (g *program) setConstants(weights string, values map[string][]float32) error {
	b, err := os.ReadFile(weights)
	if err != nil {
		return g.Explain(err)
	}
	if b, err = project.WithTensors(g.net, b, values); err != nil {
		return err
	}
	return g.Explain(os.WriteFile(weights, b, 0o644))
}

// resetConstants takes from what a training begins with what is fitted when it is over.
func resetConstants(network *net.Net, initial map[string][]float32) {
	for _, o := range network.Outputs {
		all := o.Constants()
		if o.Temperature != nil {
			all = append(all, o.Temperature.Params...)
		}
		for _, p := range all {
			delete(initial, p.Name)
		}
	}
	for _, p := range network.Guard.Constants() {
		delete(initial, p.Name)
	}
}

// decided is an output as package fit has it, with what weights say of it.
type decided struct {
	fit.Output
	temperature float64   // 0 for none
	radius      []float32 // of the intervals of each target; nil for none
}

// decided returns the outputs with what a file of weights holds beside their layers.
func (g *program) decided(weights string) ([]decided, error) {
	b, err := os.ReadFile(weights)
	if err != nil {
		return nil, err
	}
	all := make([]decided, len(g.net.Outputs))
	var tensors map[string][]float32
	for i, o := range g.net.Outputs {
		all[i].Output = described(o)
		if tensors == nil && (o.Threshold != nil || o.Temperature != nil || o.Radius != nil) {
			if tensors, err = project.Tensors(g.net, b); err != nil {
				return nil, err
			}
		}
		if o.Threshold != nil {
			all[i].Threshold = tensors[o.Threshold.Name][0]
		}
		if o.Radius != nil {
			all[i].radius = tensors[o.Radius.Name]
		}
		if o.Temperature != nil {
			all[i].temperature = 1 / float64(tensors[o.Temperature.Params[1].Name][0])
		}
	}
	return all, nil
}
