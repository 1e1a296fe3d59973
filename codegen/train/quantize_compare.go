package train

import (
	"fmt"
	"math"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/quant"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/runtime/fit"
)

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
	z.n.Each = func(_ *op.Layer, c *op.Call, _ bool) { overflow(c.Y.Data) }
	defer func() { z.n.Each = nil }()
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
	r.setOutputs(list)
	for i, o := range z.out.Net.Outputs {
		mean, most := shift(before[i], after[i])
		r.Shifts = append(r.Shifts,
			Shift{Output: o.Name, Probabilities: len(o.Classes) > 0, Mean: number(mean), Max: number(most)})
	}
	return nil
}

// overflow makes infinities of what is beyond float32, as the package in float32 has it.
func overflow(x []float64) {
	for i, v := range x {
		if math.Abs(v) > math.MaxFloat32 {
			x[i] = math.Copysign(math.Inf(1), v)
		}
	}
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
	if math.IsNaN(drop) {
		return fmt.Errorf("%s:%d:%d: limits: accuracy_drop cannot be measured%s: a prediction is not a number",
			at.File, at.Line, at.Col, of)
	}
	if drop <= *limit {
		return nil
	}
	return fmt.Errorf("%s:%d:%d: limits: accuracy%s falls by %.2f points, from %.2f %% to %.2f %%, the limit is %g; %s",
		at.File, at.Line, at.Col, of, drop, 100*before, 100*after, *limit, r.remedy())
}
