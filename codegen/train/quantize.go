package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

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
)

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
			if least, most, ok := z.q.Pixels(l, z.n.Params); ok && z.readsPictures() {
				low, high = max(low, least), min(high, most)
			}
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

// readsPictures tells whether the training rows are pictures, whose numbers are bytes.
func (z *quantizing) readsPictures() bool {
	d := z.p.Spec.Data
	return d != nil && d.Train != nil && d.Train.Format == "image"
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
