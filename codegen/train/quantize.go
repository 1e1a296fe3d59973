package train

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/quant"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/codegen/stats"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// Quantization is what nngen quantize says of a network that it made.
type Quantization struct {
	Package    string           `json:"package"` // its folder
	Observer   string           `json:"observer"`
	Rows       int              `json:"calibration_rows"`
	Learned    int              `json:"learned_ranges"` // that training found, in place of the observer
	Layers     []QuantizedLayer `json:"layers"`
	Float      []string         `json:"float32_layers"`
	Int8Bytes  int64            `json:"weights_bytes"`
	FloatBytes int64            `json:"float32_weights_bytes"`
	HeldOut    string           `json:"held_out"` // which rows; "" for none
	Examples   int              `json:"examples"` // how many of them were measured
	Of         int              `json:"of"`
	Before     []metric         `json:"before"` // of several outputs with the name of one in front, as price_rmse
	After      []metric         `json:"after"`
	Shifts     []Shift          `json:"shifts"`
	Remark     string           `json:"remark,omitempty"` // on the rows that are held out
	Worse      []string         `json:"worse,omitempty"`  // on outputs that lose much
	// Refitted is to how many validation rows the intervals were fitted again; 0 if there are none.
	Refitted int `json:"interval_rows,omitempty"`
	// Whole says that the package in float32 takes one step after another, and this one whole sequences alone.
	Whole bool `json:"whole_sequences_only"`
	// Unguarded says that the package in float32 tells inputs that are unlike the training rows, and this one does not.
	Unguarded bool `json:"without_guard"`
	halves    bool // whether the package that it was made from has some weights in 16 bits
	measured  []measuredOutput
}

// measuredOutput is what the metrics of an output are before and after.
type measuredOutput struct {
	name          string
	before, after []metric
}

// take notes the metrics of outputs.
func (r *Quantization) take(outputs []measuredOutput) {
	r.measured = outputs
	named := func(o measuredOutput, list []metric) []metric {
		list = slices.Clone(list)
		for i := range list {
			if len(outputs) > 1 {
				list[i].Name = o.name + "_" + list[i].Name
			}
		}
		return list
	}
	for _, o := range outputs {
		r.Before, r.After = append(r.Before, named(o, o.before)...), append(r.After, named(o, o.after)...)
	}
}

// Shift is how far quantisation moves the numbers of an output on the held-out rows: the mean and the largest absolute
// difference.
type Shift struct {
	Output        string `json:"output"`
	Probabilities bool   `json:"probabilities"`
	Mean          number `json:"mean"`
	Max           number `json:"max"`
}

// QuantizedLayer is what quantisation does to the output of a layer.
type QuantizedLayer struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	// SNR is the signal-to-noise ratio of the output in dB, beside that of float64; Own is that of the layer alone, its
	// input being what float64 has, quantised.
	SNR number `json:"snr_db"`
	Own number `json:"own_snr_db"`
	// Low and High are the range that the observer chose, Saturated the share of the numbers beyond it, Outliers that
	// of those farther than four standard deviations from the mean; they are of an int8 output.
	Low       number `json:"low"`
	High      number `json:"high"`
	Saturated number `json:"saturated"`
	Outliers  number `json:"outliers"`
	Integer   bool   `json:"int8_output"`
	weighted  bool   // see quant.Kind
}

// quantizeWork bounds the multiply-adds of the rows that accuracy is measured on, which the reference computes: some
// ten seconds.
const quantizeWork = 4e9

// quantizePiece is the number of examples that the reference computes at a time.
const quantizePiece = 32

// fewRows is how many rows say something of the tails of what layers compute: below, at most two numbers of a column
// are taken for them; see quant.Observed.Beyond.
const fewRows = 10

// Quantize makes the package of 8-bit integers of the trained network of a project. It is an error, and nothing is
// written, if accuracy falls by more than the spec allows, if the rows that it is measured on are not those that the
// training left out, or if the package does not build or pass its own test.
func Quantize(ctx context.Context, p *project.Project) (*Quantization, error) {
	t, err := openTrained(p, "")
	if err != nil {
		return nil, err
	}
	out, err := p.Compile(codegen.Options{Int8: true, Embed: true, Fitted: t.fitted})
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(t.weights)
	if err != nil {
		return nil, err
	}
	weights, err := project.Tensors(out.Net, b)
	if err != nil {
		return nil, err
	}
	sets, err := data.Load(p.Spec, p.Base, t.net, p.Spec.Training.Seed, data.Options{Fitted: t.fitted})
	if err != nil {
		return nil, err
	}
	z := &quantizing{ctx: ctx, p: p, t: t, out: out, q: out.Int8, weights: weights,
		n: &ref.Network{Net: out.Net, Params: map[*ir.Param][]float64{}}}
	for _, q := range out.Net.Params {
		for _, v := range weights[q.Name] {
			z.n.Params[q] = append(z.n.Params[q], float64(v))
		}
	}
	r := &Quantization{Observer: p.Spec.Quantize.Observer, Whole: out.Stream != nil, Unguarded: out.Net.Guard != nil,
		Package: filepath.Join(p.Dir, codegen.Int8Package(p.Spec.Name)),
		halves:  slices.ContainsFunc(out.Net.Params, func(q *ir.Param) bool { return q.DType != ir.Float32 })}
	held, name := sets.Test, "test"
	if held.N == 0 {
		held, name = sets.Validation, "validation"
	}
	if held.N > 0 {
		r.HeldOut = name
		if r.Remark, err = t.seenBefore(p, sets); err != nil {
			return nil, err
		}
	} else {
		held = sets.Train
	}
	if err := z.calibrate(r, sets.Train); err != nil {
		return nil, err
	}
	outs, err := (&program{net: out.Net}).decided(t.weights)
	if err != nil {
		return nil, err
	}
	again, err := z.widen(r, outs, sets)
	if err != nil {
		return nil, err
	}
	if err := z.measure(r, held, outs, again); err != nil {
		return nil, err
	}
	r.remarkWorse()
	if err := z.check(r); err != nil {
		return r, err
	}
	of, err := z.q.Ranges()
	if err != nil {
		return nil, err
	}
	meta := map[string]string{
		"spec": z.q.Sum(), project.Int8Source: output.Sum(b), quant.RangesKey: of,
		project.IOKey: p.Spec.Quantize.IO, "calibration": fmt.Sprintf("%d training rows, %s", r.Rows, z.observer()),
	}
	t.net.Reading.SetMeta(meta)
	file, err := safetensors.Encode(meta, z.q.Tensors(z.all))
	if err != nil {
		return nil, err
	}
	pkg, err := p.Quantized(file)
	if err != nil {
		return nil, err
	}
	r.Int8Bytes, r.FloatBytes = int64(len(file)), int64(len(b))
	files, err := p.QuantizedModule(modulePath+p.Spec.Name, file, pkg)
	if err != nil {
		return nil, err
	}
	if err := selfTestInt8(ctx, t.net, files); err != nil {
		return nil, err
	}
	if err := pkg.Write(); err != nil {
		return nil, err
	}
	p.Written(pkg)
	return r, nil
}

// selfTestInt8 builds the package of 8-bit integers of a network, among the files of a module, and runs its self-test.
func selfTestInt8(ctx context.Context, network *net.Net, files map[string][]byte) error {
	tested, err := testInt8(ctx, network, files)
	switch {
	case err != nil:
		return err
	case tested.Failure != "":
		return fmt.Errorf("the package of 8-bit integers does not pass its own test, so it was not put in place: %s",
			tested.Failure)
	}
	return nil
}

// quantizing is a quantisation under way.
type quantizing struct {
	ctx      context.Context
	p        *project.Project
	t        *trained
	out      *codegen.Output
	q        *quant.Network
	n        *ref.Network
	weights  map[string][]float32
	observed map[*op.Layer]*quant.Observed
	all      quant.Numbers
}

// observer describes how ranges are chosen.
func (z *quantizing) observer() string {
	if s := z.p.Spec.Quantize; s.Observer == quant.Percentile {
		return fmt.Sprintf("%s %g", s.Observer, s.Percentile)
	}
	return z.p.Spec.Quantize.Observer
}

// spread returns at most n of the examples of a set, evenly spread.
func spread(s fit.Set, n int) fit.Set {
	n = min(n, s.N)
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(i * s.N / n)
	}
	return data.Pick(s, rows)
}

// pieces calls f with some examples of a set at a time, as the reference reads them, on all processors; done gets what
// f returned, in order.
func pieces[T any](ctx context.Context, s fit.Set, f func(b ref.Batch) T, done func(first int, x T)) error {
	var wait sync.WaitGroup
	count := (s.N + quantizePiece - 1) / quantizePiece
	results := make([]chan T, count)
	slots := make(chan bool, runtime.GOMAXPROCS(0))
	for i := range results {
		results[i] = make(chan T, 1)
	}
	wait.Add(1)
	go func() {
		defer wait.Done()
		for i := range count {
			slots <- true
			if ctx.Err() != nil {
				close(results[i])
				<-slots
				continue
			}
			wait.Add(1)
			go func() {
				defer wait.Done()
				results[i] <- f(batchOf(s, i*quantizePiece, min((i+1)*quantizePiece, s.N)))
			}()
		}
	}()
	for i := range count {
		if x, ok := <-results[i]; ok {
			done(i*quantizePiece, x)
			<-slots
		}
	}
	wait.Wait()
	return ctx.Err()
}

// batchOf returns the inputs of examples.
func batchOf(s fit.Set, from, to int) ref.Batch {
	b := ref.Batch{N: to - from}
	for _, x := range s.X {
		width := len(x) / s.N
		in := make([]float64, 0, b.N*width)
		for _, v := range x[from*width : to*width] {
			in = append(in, float64(v))
		}
		b.Inputs = append(b.Inputs, in)
	}
	return b
}

// calibrate finds the ranges on training rows, and quantises.
func (z *quantizing) calibrate(r *Quantization, train fit.Set) error {
	set := spread(train, z.p.Spec.Quantize.Rows)
	if set.N == 0 {
		return errors.New("there are no training rows to calibrate on")
	}
	r.Rows, z.observed = set.N, map[*op.Layer]*quant.Observed{}
	err := pieces(z.ctx, set, func(b ref.Batch) *ref.Pass { return z.n.Forward(b, false, 0) },
		func(_ int, pass *ref.Pass) { z.q.Observe(z.observed, pass.Values, pass.States) })
	if err != nil {
		return err
	}
	ranges := map[*op.Layer][2]float64{}
	for l, o := range z.observed {
		if o.Low-o.Low != 0 || o.High-o.High != 0 {
			return fmt.Errorf("layer %q computes %v to %v on the calibration rows: only finite activations can be quantised",
				l.Name, o.Low, o.High)
		}
		low, high := o.Range(z.p.Spec.Quantize.Observer, z.p.Spec.Quantize.Percentile)
		if z.p.Spec.Quantize.Observer == quant.MinMax && (z.q.Rounds(l) || z.extrapolates()) {
			low, high = o.Beyond(set.N)
			low, high = z.q.Within(l, low, high)
		}
		ranges[l] = [2]float64{low, high}
		numbers := func(p *ir.Param) []float32 { return z.weights[p.Name] }
		if low, high, ok := z.out.Net.Learned(l, numbers); ok {
			ranges[l] = z.q.Trained(l, [2]float64{low, high}, ranges[l])
			r.Learned++
		}
	}
	z.all, err = z.q.Quantize(z.weights, ranges)
	return err
}

// seenBefore says what was decided about the rows of a file that the network is measured on, or its intervals are
// fitted to, and that it may have learned from them; "" if there is nothing to say. It is an error if splits hold out
// other rows than those that the training left out.
func (t *trained) seenBefore(p *project.Project, sets *data.Sets) (string, error) {
	if err := t.checkTest(p, sets.Test, "put that back"); err != nil {
		return "", err
	}
	var all []string
	say := func(text string, err error) error {
		if text != "" {
			all = append(all, text)
		}
		return err
	}
	if sets.Test.N > 0 {
		all = append(all, sets.TestRemarks...)
		why, err := t.testSeen(p)
		if err := cmp.Or(say(seenRemark(why), err), say(t.ownLearned(p, p.Spec.Data.Test))); err != nil {
			return "", err
		}
	}
	if sets.Validation.N > 0 && judgesValidation(t.net, sets.Test) {
		all = append(all, sets.ValidationRemarks...)
		if err := t.checkValidation(p, sets.Validation, "put that back"); err != nil {
			return "", err
		}
		if err := cmp.Or(say(t.unknownValidation(p), nil), say(t.ownLearned(p, p.Spec.Data.Validation))); err != nil {
			return "", err
		}
	}
	return strings.Join(all, "; "), nil
}

// extrapolates tells whether an output is a number: what is cut off of an activation takes from it all that lies
// beyond, where it seldom changes which class is the most probable.
func (z *quantizing) extrapolates() bool {
	return slices.ContainsFunc(z.out.Net.Outputs, func(o *net.Output) bool { return o.Task == "regression" })
}

// widen fits the intervals of outputs to what the integers foretell of those validation rows that the intervals of
// floats were fitted to, or as many of them as the reference computes in some seconds: outside of these are more targets
// than foreseen. It returns the outputs with their radii. Intervals that hold everything, since nothing was fitted, stay.
func (z *quantizing) widen(r *Quantization, outs []decided, sets *data.Sets) ([]decided, error) {
	again, least := slices.Clone(outs), 0
	for i, o := range z.out.Net.Outputs {
		if outs[i].radius != nil && outs[i].radius[0] < math.MaxFloat32 {
			least = max(least, stats.ConformalRows(o.Interval))
		}
	}
	if least == 0 {
		return again, nil
	}
	step := 2
	if sets.Test.N > 0 {
		step = 1
	}
	var rows []int32
	for k := range calibrationRows(sets.Validation.N, sets.Test.N > 0) {
		rows = append(rows, int32(k*step))
	}
	set := spread(data.Pick(sets.Validation, rows), max(least, z.most()))
	ys := make([][]float32, len(outs))
	err := pieces(z.ctx, set, func(b ref.Batch) [][]float64 {
		return z.q.Outputs(z.q.Reference(z.all, b.N, b.Inputs, nil))
	}, func(_ int, y [][]float64) {
		for k := range ys {
			ys[k] = appendFloats(ys[k], y[k])
		}
	})
	if err != nil {
		return nil, err
	}
	for i, o := range z.out.Net.Outputs {
		if outs[i].radius == nil || outs[i].radius[0] == math.MaxFloat32 {
			continue
		}
		b := intervals{o, ys[i], set.Y[i], make([]float32, len(outs[i].radius))}
		if !b.fit(set.N, 1) {
			return nil, tooFew(o, set.N)
		}
		again[i].radius = b.radius
		for _, p := range z.q.Params {
			if p.Name == o.Radius.Name {
				z.all[p] = quant.Array{Float: b.radius}
			}
		}
	}
	r.Refitted = set.N
	return again, nil
}

// most returns how many rows the reference computes in some seconds.
func (z *quantizing) most() int {
	return int(math.Max(quantizePiece, quantizeWork/golden.Work(z.out.Net)/3))
}

// compared is what a piece of the examples gives.
type compared struct {
	n             int
	before, after [][]float64
	units         map[*quant.Unit]*noise
}

// noise sums over the numbers of a value.
type noise struct {
	signal, error, own float64
	beyond, count      int
}

func (n *noise) add(m *noise) {
	n.signal, n.error, n.own, n.beyond, n.count = n.signal+m.signal, n.error+m.error, n.own+m.own,
		n.beyond+m.beyond, n.count+m.count
}

// compare runs both networks on some examples.
func (z *quantizing) compare(b ref.Batch) compared {
	pass := z.n.Forward(b, false, 0)
	values := z.q.Reference(z.all, b.N, b.Inputs, nil)
	own := z.q.Apart(z.all, b.N, pass.Values)
	c := compared{n: b.N, after: z.q.Outputs(values), units: map[*quant.Unit]*noise{}}
	for _, o := range z.out.Net.Outputs {
		c.before = append(c.before, pass.Values[o.Layer].Data)
	}
	for _, u := range z.q.Units {
		if !u.Reported() {
			continue
		}
		n := &noise{}
		want := pass.Values[u.Last()].Data
		low, high := u.Bounds()
		for i, w := range want {
			d, e := u.Real(values[u], i)-w, u.Real(own[u], i)-w
			n.signal, n.error, n.own, n.count = n.signal+w*w, n.error+d*d, n.own+e*e, n.count+1
			if w < low || w > high {
				n.beyond++
			}
		}
		c.units[u] = n
	}
	return c
}

// measure compares both networks on held-out rows, by the outputs as each of them has them.
func (z *quantizing) measure(r *Quantization, held fit.Set, outs, again []decided) error {
	r.Of = held.N
	set := spread(held, z.most())
	r.Examples = set.N
	units := map[*quant.Unit]*noise{}
	before, after := make([][]float32, len(z.out.Net.Outputs)), make([][]float32, len(z.out.Net.Outputs))
	err := pieces(z.ctx, set, z.compare, func(_ int, c compared) {
		for u, n := range c.units {
			if units[u] == nil {
				units[u] = &noise{}
			}
			units[u].add(n)
		}
		for k := range before {
			before[k], after[k] = appendFloats(before[k], c.before[k]), appendFloats(after[k], c.after[k])
		}
	})
	if err != nil {
		return err
	}
	for _, u := range z.q.Units {
		if u.Kind == quant.Float && len(u.In) > 0 {
			r.Float = append(r.Float, u.Name)
		}
		if n := units[u]; n != nil {
			r.Layers = append(r.Layers, z.layer(u, n))
		}
	}
	if r.HeldOut == "" {
		return nil
	}
	measured := func(ys [][]float32, outs []decided) (all [][]metric) {
		for i, o := range (&program{net: z.out.Net}).measured(math.NaN(), set, ys, outs).Outputs {
			o.judgeNumbers(z.out.Net.Outputs[i], outs[i], sample{s: set, y: ys[i], t: set.Y[i]})
			all = append(all, o.Metrics)
		}
		return all
	}
	var list []measuredOutput
	was, is := measured(before, outs), measured(after, again)
	for i, o := range z.out.Net.Outputs {
		list = append(list, measuredOutput{o.Name, was[i], is[i]})
	}
	r.take(list)
	for i, o := range z.out.Net.Outputs {
		mean, most := shift(before[i], after[i])
		r.Shifts = append(r.Shifts,
			Shift{Output: o.Name, Probabilities: len(o.Classes) > 0, Mean: number(mean), Max: number(most)})
	}
	return nil
}

// shift returns the mean and the largest absolute difference of numbers.
func shift(before, after []float32) (mean, most float64) {
	for i, v := range before {
		d := math.Abs(float64(after[i]) - float64(v))
		mean += d / float64(len(before))
		most = math.Max(most, d)
	}
	return mean, most
}

func appendFloats(to []float32, x []float64) []float32 {
	for _, v := range x {
		to = append(to, float32(v))
	}
	return to
}

// layer describes the output of a unit.
func (z *quantizing) layer(u *quant.Unit, n *noise) QuantizedLayer {
	l := QuantizedLayer{Name: u.Name, Kind: u.Kind.String(), SNR: decibels(n.signal, n.error),
		Own: decibels(n.signal, n.own), Integer: u.Integer(), weighted: u.Kind.Weighted()}
	if last := u.Last().Name; last != u.Name {
		l.Name += "…" + last
	}
	if u.Integer() {
		low, high := u.Interval()
		l.Low, l.High, l.Saturated = number(low), number(high), number(float64(n.beyond)/float64(n.count))
		l.Outliers = number(z.observed[u.Range.Layer].Outliers())
	}
	return l
}

// decibels returns a ratio of powers; infinity without noise.
func decibels(signal, noise float64) number { return number(10 * math.Log10(signal/noise)) }

// check is an error if accuracy fell too far.
func (z *quantizing) check(r *Quantization) error {
	limit := z.p.Spec.Limits.AccuracyDrop
	if limit == nil {
		return nil
	}
	at := z.p.Spec.Limits.AccuracyDropPos
	if r.HeldOut == "" {
		return fmt.Errorf("%s:%d:%d: limits: accuracy_drop is measured on held-out rows, but the spec has none; write "+
			"data: {test_split: 0.2}", at.File, at.Line, at.Col)
	}
	before, after, of, ok := r.mostLost()
	if !ok {
		return fmt.Errorf("%s:%d:%d: limits: accuracy_drop is for outputs with classes, of which the network has none",
			at.File, at.Line, at.Col)
	}
	drop := 100 * (before - after)
	if drop <= *limit {
		return nil
	}
	return fmt.Errorf("%s:%d:%d: limits: accuracy%s falls by %.2f points, from %.2f %% to %.2f %%, the limit is %g; %s",
		at.File, at.Line, at.Col, of, drop, 100*before, 100*after, *limit, r.remedy())
}

// remedy names the layers that lose most, and says what to do.
func (r *Quantization) remedy() string {
	layers := slices.Clone(r.Layers)
	layers = slices.DeleteFunc(layers, func(l QuantizedLayer) bool { return !l.weighted })
	slices.SortStableFunc(layers, func(a, b QuantizedLayer) int { return cmp.Compare(a.Own, b.Own) })
	var worst []string
	for _, l := range layers[:min(3, len(layers))] {
		name, _, _ := strings.Cut(l.Name, "…")
		worst = append(worst, fmt.Sprintf("%s (%.1f dB)", name, float64(l.Own)))
	}
	return fmt.Sprintf("the layers that lose most are %s: leave them in float32 by quantize: {skip: […]}, or try another "+
		"observer", strings.Join(worst, ", "))
}

// What makes an output much worse: an rmse by this factor, an accuracy by this much.
const (
	worseError    = 1.25
	worseAccuracy = 0.02
)

// remarkWorse remarks on the outputs that quantisation makes much worse.
func (r *Quantization) remarkWorse() {
	for _, o := range r.measured {
		for i, before := range o.before {
			after := o.after[i]
			if before.Name == "rmse" && after.Value > worseError*before.Value ||
				before.Name == "accuracy" && before.Value-after.Value > worseAccuracy {
				r.Worse = append(r.Worse, fmt.Sprintf("%s is much worse in 8 bits, %s → %s; %s", o.name, before,
					strings.TrimPrefix(after.String(), after.Name+" "), r.remedy()))
			}
		}
	}
}

// mostLost returns the accuracy of the output that lost most of it, before and after, and which it is of several; not ok
// if none has classes.
func (r *Quantization) mostLost() (before, after float64, of string, ok bool) {
	for _, o := range r.measured {
		i := slices.IndexFunc(o.before, func(m metric) bool { return m.Name == "accuracy" })
		if i < 0 {
			continue
		}
		if b, a := float64(o.before[i].Value), float64(o.after[i].Value); !ok || b-a > before-after {
			if before, after, ok = b, a, true; len(r.measured) > 1 {
				of = " of " + o.name
			}
		}
	}
	return before, after, of, ok
}

// JSON returns the report as indented JSON.
func (r *Quantization) JSON() ([]byte, error) { return json.MarshalIndent(r, "", "  ") }

// String returns the report as text.
func (r *Quantization) String() string {
	before := "in float32"
	if r.halves {
		before = "in 16 bits and float32"
	}
	text := r.Table() + fmt.Sprintf("%s: weights of %d bytes, %.0f %% of the %d %s\n",
		r.Package, r.Int8Bytes, 100*float64(r.Int8Bytes)/float64(r.FloatBytes), r.FloatBytes, before)
	if r.Whole {
		text += fmt.Sprintf("%s takes whole sequences: State and Step, which take one step after another, are in the "+
			"package in "+
			"float32 alone\n", r.Package)
	}
	if r.Unguarded {
		text += fmt.Sprintf("%s has no guard: Check, which tells inputs that are unlike the training rows, is in the "+
			"package in "+
			"float32 alone\n", r.Package)
	}
	return text
}

// Table returns what the report says of layers and of accuracy.
func (r *Quantization) Table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "calibrated on %s, ranges by %s", spec.Count(r.Rows, "training row"), r.Observer)
	if r.Learned > 0 {
		fmt.Fprintf(&b, ", %d of them by training", r.Learned)
	}
	b.WriteByte('\n')
	if r.Rows < fewRows {
		say := "say"
		if r.Rows == 1 {
			say = "says"
		}
		fmt.Fprintf(&b, "%s %s little of the range of a number: what goes beyond it is cut off\n",
			spec.Count(r.Rows, "row"), say)
	}
	if r.Refitted > 0 {
		fmt.Fprintf(&b, "intervals fitted again, to %s\n", spec.Count(r.Refitted, "validation row"))
	}
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "layer\tkind\tSNR dB\town dB\tlow\thigh\tsaturated\toutliers\t\n")
	for _, l := range r.Layers {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t", l.Name, l.Kind, ratio(l.SNR), ratio(l.Own))
		if l.Integer {
			fmt.Fprintf(w, "%.4g\t%.4g\t%.3f %%\t%.3f %%\t\n", float64(l.Low), float64(l.High),
				100*float64(l.Saturated), 100*float64(l.Outliers))
			continue
		}
		fmt.Fprint(w, "float32\t\t\t\t\n")
	}
	w.Flush()
	if len(r.Float) > 0 {
		fmt.Fprintf(&b, "in float32: %s\n", strings.Join(r.Float, ", "))
	}
	switch {
	case r.HeldOut == "":
		b.WriteString("no rows are held out: accuracy was not measured\n")
	default:
		of := ""
		if r.Examples < r.Of {
			of = fmt.Sprintf(" of %d, evenly spread", r.Of)
		}
		if r.Remark != "" {
			fmt.Fprintf(&b, "remark: %s\n", r.Remark)
		}
		fmt.Fprintf(&b, "on %d rows%s of the %s set, before and after:", r.Examples, of, r.HeldOut)
		for _, o := range r.measured {
			if len(r.measured) > 1 {
				fmt.Fprintf(&b, "\n  %s:", o.name)
			}
			comma := ""
			for i, m := range o.before {
				if i < 2 || m.Name == intervalCoverage {
					fmt.Fprintf(&b, "%s %s → %s", comma, m, strings.TrimPrefix(o.after[i].String(), m.Name+" "))
					comma = ","
				}
			}
		}
		b.WriteByte('\n')
		for _, s := range r.Shifts {
			b.WriteString(s.String())
		}
		for _, text := range r.Worse {
			fmt.Fprintf(&b, "remark: %s\n", text)
		}
	}
	return b.String()
}

// ratio writes decibels; a dash for a layer of which all is 0, in float64 and in integers.
func ratio(x number) string {
	if math.IsNaN(float64(x)) {
		return "–"
	}
	return fmt.Sprintf("%.1f", float64(x))
}

func (s Shift) String() string {
	if s.Probabilities {
		return fmt.Sprintf("probabilities of %s move by %.2f points in the mean, by %.2f at most\n", s.Output,
			100*float64(s.Mean), 100*float64(s.Max))
	}
	return fmt.Sprintf("numbers of %s move by %.3g in the mean, by %.3g at most\n", s.Output, float64(s.Mean),
		float64(s.Max))
}
