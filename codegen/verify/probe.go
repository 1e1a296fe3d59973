package verify

import (
	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
)

// probeScript runs a network on a probe: one step, and predictions.
func probeScript(network *net.Net, p *golden.Probe) script {
	s := script{Seed: p.Seed, Params: map[string][]float32{}, Rows: []int{p.Batch.N}, Part: p.Batch.N, LR: []float64{0}}
	for _, x := range p.Batch.Inputs {
		s.Inputs = append(s.Inputs, narrow(x))
	}
	for _, t := range p.Batch.Targets {
		s.Targets = append(s.Targets, narrow(t))
	}
	for _, q := range network.Params {
		s.Params[q.Name] = p.Params(q)
	}
	return s
}

// checkProbe compares layers in training, gradients of parameters and predictions with exact arithmetic, those that are
// exact.
func (c *testCase) checkProbe(r *Report, p *golden.Probe, res result) {
	network, graph := c.plain.Net, c.plain.Step
	byName := map[string]*op.Layer{}
	for _, l := range network.Layers {
		byName[l.Name] = l
	}
	step, live := res.Plain.Steps[0], results(graph)
	for _, o := range graph.Layers {
		want := p.Trained[byName[o.Name]]
		if values, ok := step.Values[o.Value.String()]; want != nil && ok && live[o.Value] {
			r.tensor(Exact, o.Name).equal(c.load(values), want)
		}
	}
	all := c.load(step.Grads)
	for _, q := range network.Params {
		if q.Role != ir.Trained {
			continue
		}
		got := all[:q.Size()]
		all = all[q.Size():]
		if want := p.Grads[q]; want != nil {
			r.tensor(Exact, "d."+q.Name).equal(got, p.Penalized(q, want))
		}
	}
	for i, o := range network.Outputs {
		if want := p.Values[o.Layer]; want != nil {
			r.tensor(Exact, "PredictBatch "+o.Name).equal(c.load(res.Batch[i]), want)
			r.tensor(Exact, "Predict "+o.Name).equal(c.load(res.Single[i]), want)
			if res.Streamed != nil {
				r.tensor(Exact, "Step "+o.Name).equal(c.load(res.Streamed[i]), want)
				r.tensor(Exact, "StepBlock "+o.Name).equal(c.load(res.Blocked[i]), want)
			}
		}
	}
}

// equal counts a computed array that must equal exact arithmetic.
func (t *Tensor) equal(got []float32, want []float64) {
	t.compare(0, got, want, make([]float64, len(want)))
}

// narrow returns numbers as float32.
func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}
