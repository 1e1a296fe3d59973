package golden

import (
	"fmt"
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/quant"
	"github.com/nngen/nngen/codegen/ref"
)

// mostDraws is how many times as many examples are drawn for vectors of 8-bit integers as they hold. One whose values
// come close to a half of their scale is not taken: float32 may round it to either side, and the outputs with it.
const mostDraws = 32

// Int8 returns the vectors of a network in 8-bit integers, given its numbers, the checksum of the file that they are
// from, and the file that stands there, nil for none. Integers are exact, so that tolerances are those of what float32
// computes behind them. The remark says what is left out, "" for nothing.
func Int8(q *quant.Network, all quant.Numbers, checksum string, old []byte) (b []byte, remark string, err error) {
	seed := q.Net.Spec.Training.Seed
	effort, ok := Plan(q.Net, 1, mostInference)
	key := digest(fmt.Appendf(nil, "edition %d int8 %+v seed %d %s %s", edition, effort, seed, q.Sum(), checksum))
	if fresh(old, key) {
		return old, "", nil
	}
	v := vectors{meta: map[string]string{"spec": q.Sum(), "of": key, "weights": checksum}}
	n := &ref.Network{Net: q.Net, Seed: seed, Params: map[*ir.Param][]float64{}}
	for p, a := range all {
		if p.DType == ir.Float32 {
			n.Params[p] = widen(nil, a.Float)
		}
	}
	draw := &Source{Seed: seed}
	batch := ref.Batch{}
	for i := 0; i < mostDraws && batch.N < effort.Rows; i++ {
		more := int8Examples(n, q, all, effort.Rows, draw)
		w := &quant.Watch{}
		q.Reference(all, more.N, more.Inputs, w)
		for r, tied := range w.Tied {
			if tied || batch.N == effort.Rows {
				continue
			}
			for k, in := range q.Net.Inputs {
				size := in.Shape.Size()
				if batch.N == 0 {
					batch.Inputs = append(batch.Inputs, nil)
				}
				batch.Inputs[k] = append(batch.Inputs[k], more.Inputs[k][r*size:][:size]...)
			}
			batch.N++
		}
	}
	if batch.N == 0 {
		batch, ok = int8Examples(n, q, all, 1, draw), false
	}
	for i, in := range q.Net.Inputs {
		v.add("x."+in.Name, batch.N, batch.Inputs[i])
	}
	if !ok {
		v.meta["outputs"] = "none"
		b, err = v.encode()
		return b,
			"the vectors of 8-bit integers hold no outputs: examples take too much work, or float32 decides how they " +
				"are rounded", err
	}
	values := q.Reference(all, batch.N, batch.Inputs, nil)
	want := q.Outputs(values)
	if c := q.Core(); c != nil {
		for i, in := range q.Net.Inputs {
			v.add("int8.x."+in.Name, batch.N, whole(values[c.In[i]].Ints))
		}
		for i, o := range q.Net.Outputs {
			v.add("int8.y."+o.Name, batch.N, whole(values[c.Out[i]].Ints))
		}
	}
	var others [][][]float64
	for range effort.Disturbances {
		w := &quant.Watch{Disturb: func(x, bound []float64) {
			for i := range x {
				x[i] += draw.Sign() * bound[i]
			}
		}}
		others = append(others, q.Outputs(q.Reference(all, batch.N, batch.Inputs, w)))
	}
	for i, o := range q.Net.Outputs {
		v.expect("y."+o.Name, batch.N, want[i], Column(others, i))
	}
	b, err = v.encode()
	return b, "", err
}

// int8Examples draws inputs over the ranges of their quantised values, and a twentieth beyond.
func int8Examples(n *ref.Network, q *quant.Network, all quant.Numbers, rows int, draw *Source) ref.Batch {
	b := examples(n, rows, draw)
	for k, in := range q.Net.Inputs {
		low, high, ok := q.InputRange(all, in)
		if !ok {
			continue
		}
		center, scale := preprocessing(n, in)
		for i := range b.Inputs[k] {
			t := low + (high-low)*(1.1*draw.Next()-0.05)
			b.Inputs[k][i] = float64(float32(t/scale[i%len(scale)] + center[i%len(center)]))
			if math.IsNaN(b.Inputs[k][i]) {
				b.Inputs[k][i] = 0
			}
		}
	}
	return b
}

// whole returns whole numbers as vectors hold them.
func whole(x []int64) []float64 {
	var all []float64
	for _, v := range x {
		all = append(all, float64(v))
	}
	return all
}
