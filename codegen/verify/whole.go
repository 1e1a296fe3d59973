package verify

import (
	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/ref"
)

// checkPieces compares the gradient over some examples at once, which generated code works off in two pieces, with the
// reference's, in the same pieces where norms over the batch take each for a batch. The bound is that of golden
// vectors.
func (c *testCase) checkPieces(r *Report, got run) {
	n := &ref.Network{Net: c.plain.Net, Params: map[*ir.Param][]float64{}, Seed: c.script.Seed, DisturbLosses: true}
	last := got.Steps[len(got.Steps)-1].After
	for _, p := range c.plain.Net.Params {
		n.Params[p] = vector(c.load(last[p.Name]))
	}
	b := first(c.batch(), c.script.Part)
	values := func() [][]float64 {
		size := b.N
		if c.plain.Net.MovesStatistics() {
			size = pieceOf(c.plain.Net)
		}
		loss, grads := n.Pieces(b, size, uint64(len(got.Steps)))
		var flat []float64
		for _, p := range c.plain.Net.Params {
			if p.Role == ir.Trained {
				flat = append(flat, grads[p]...)
			}
		}
		return [][]float64{{loss}, flat}
	}
	want := values()
	others := golden.Disturbed(n, &golden.Source{Seed: c.script.Seed + 1}, disturbances, false, values)
	r.tensor(Pieces, "loss").compare(0, []float32{float32(got.PartLoss)}, want[0],
		golden.Tolerance(want[0], golden.Column(others, 0)))
	r.tensor(Pieces, "gradient").compare(0, c.load(got.Part), want[1], golden.Tolerance(want[1], golden.Column(others, 1)))
}

// reference returns the reference with the parameters that training starts from, as predictions read them.
func (c *testCase) reference(res result) *ref.Network {
	n := &ref.Network{Net: c.plain.Net, Params: map[*ir.Param][]float64{}, Seed: c.script.Seed}
	for _, p := range c.plain.Net.Params {
		n.Params[p] = vector(c.load(res.Plain.Steps[0].Before[p.Name]))
		net.Round(p, n.Params[p])
	}
	return n
}

// checkPredictions compares what the inference package predicts with the parameters that training starts from with the
// reference: the first ones of a network with much work in an example. The bound is that of golden vectors.
func (c *testCase) checkPredictions(r *Report, res result) {
	n := c.reference(res)
	b := first(c.batch(), max(2, int(predictionWork/((disturbances+1)*work(c.plain.Net)))))
	want := golden.Predictions(n, b)
	others := golden.Disturbed(n, &golden.Source{Seed: c.script.Seed + 2}, disturbances, false,
		func() [][]float64 { return golden.Predictions(n, b) })
	for i, o := range c.plain.Net.Outputs {
		r.tensor(Prediction, o.Name).compare(0, c.load(res.Batch[i])[:len(want[i])], want[i],
			golden.Tolerance(want[i], golden.Column(others, i)))
	}
}

// predictionWork bounds the multiply-adds of all evaluations of predictions.
const predictionWork = 1e8

// disturbances is the number of disturbed evaluations that a bound is taken from.
const disturbances = 12

// batch returns all examples of the script.
func (c *testCase) batch() ref.Batch { return c.script.batch() }

func (s *script) batch() ref.Batch {
	b := ref.Batch{}
	for _, rows := range s.Rows {
		b.N += rows
	}
	for _, x := range s.Inputs {
		b.Inputs = append(b.Inputs, vector(x))
	}
	for _, x := range s.Targets {
		b.Targets = append(b.Targets, vector(x))
	}
	if s.Weights != nil {
		b.Weights = vector(s.Weights)
	}
	return b
}
