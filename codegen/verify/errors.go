package verify

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/nngen/nngen/codegen/bounds"
	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/ref"
)

// limit is the bound of an output's error, or why there is none.
type limit struct {
	bound float64
	why   string
}

func (l limit) known() bool { return l.why == "" }

// searchWork bounds the multiply-adds of the predictions of a search, and mostSearched their number.
const (
	searchWork   = 2e8
	mostSearched = 512
)

// searchErrors prepares the search for large errors with trained weights: at corners of the box of the inputs, where
// the gradient of an output makes it largest or smallest, at others drawn at random, and between.
func (c *testCase) searchErrors(weights map[string][]float32, seed uint64) {
	network := c.plain.Net
	n := min(mostSearched, int(searchWork/golden.Work(network)))
	if n < 4 {
		return
	}
	boxes := bounds.Ranges(network, weights)
	a, err := bounds.Analyze(network, weights, boxes, false)
	for i := range network.Outputs {
		l := limit{}
		if err != nil {
			l.why = err.Error()
		} else if bound, why := a.MaxError(i); why != nil {
			l.why = why.Error()
		} else {
			l.bound = bound
		}
		c.limits = append(c.limits, l)
	}
	if !slices.ContainsFunc(c.limits, limit.known) { // nothing to hold errors against
		return
	}
	s := &script{Seed: seed, Params: weights, Rows: []int{n}, LR: []float64{0}, PredictOnly: true}
	r := rand.New(rand.NewPCG(seed, 3))
	reference := c.trainedReference(weights)
	for _, in := range network.Inputs {
		s.Inputs = append(s.Inputs, make([]float32, 0, n*in.Shape.Size()))
	}
	for row := range n {
		x := make([][]float64, len(boxes))
		for k, box := range boxes {
			for _, v := range box {
				p := r.Float64()
				if row%4 != 0 { // a corner
					p = float64(r.IntN(2))
				}
				x[k] = append(x[k], v.Lo+p*(v.Hi-v.Lo))
			}
		}
		if row%4 >= 2 {
			for range 3 {
				c.climb(reference, boxes, x, row)
			}
		}
		for k, in := range network.Inputs {
			for _, v := range x[k] {
				if network.Tokens(in) > 0 {
					v = float64(int(v))
				}
				s.Inputs[k] = append(s.Inputs[k], float32(v))
			}
		}
	}
	c.search = s
}

// climb goes to the corner where the gradient says that one of the scores is largest, or smallest.
func (c *testCase) climb(n *ref.Network, boxes [][]bounds.Interval, x [][]float64, row int) {
	b := ref.Batch{N: 1, Inputs: x}
	pass := n.Forward(b, false, 0)
	scores := c.plain.Net.Outputs[row%len(c.plain.Net.Outputs)].Scores
	seed := make([]float64, scores.Shape.Size())
	seed[row/4%len(seed)] = float64(1 - row%2*2)
	for k, g := range n.InputGradients(pass, map[*op.Layer][]float64{scores: seed}) {
		for i, d := range g {
			switch v := boxes[k][i]; {
			case d > 0:
				x[k][i] = v.Hi
			case d < 0:
				x[k][i] = v.Lo
			}
		}
	}
}

// trainedReference returns the reference with trained weights.
func (c *testCase) trainedReference(weights map[string][]float32) *ref.Network {
	n := &ref.Network{Net: c.plain.Net, Params: map[*ir.Param][]float64{}}
	for _, q := range c.plain.Net.Params {
		n.Params[q] = vector(weights[q.Name])
	}
	return n
}

// remarkLimits says of which outputs there is no bound.
func (c *testCase) remarkLimits(r *Report) {
	for i, l := range c.limits {
		if !l.known() {
			r.Remarks = append(r.Remarks, fmt.Sprintf("no bound of the error of %s with the trained weights: %s",
				c.plain.Net.Outputs[i].Name, l.why))
		}
	}
}

// checkErrors holds the errors of a search against their bounds.
func (c *testCase) checkErrors(r *Report, res result) {
	n := c.trainedReference(c.search.Params)
	b := ref.Batch{N: c.search.Rows[0]}
	for _, x := range c.search.Inputs {
		b.Inputs = append(b.Inputs, vector(x))
	}
	for i, want := range golden.Predictions(n, b) {
		name := c.plain.Net.Outputs[i].Name
		if !c.limits[i].known() {
			continue
		}
		bound := make([]float64, len(want))
		for j := range bound {
			bound[j] = c.limits[i].bound
		}
		t := r.tensor(MaxError, name)
		t.compare(0, c.load(res.Batch[i]), want, bound)
		if t.Worst > 0 {
			r.Remarks = append(r.Remarks,
				fmt.Sprintf("MaxError of %s is %.3g, for %s: %.0f times the largest error of %d examples that were searched",
					name, c.limits[i].bound, bounds.RangeText(c.plain.Net), 1/t.Worst, b.N))
		}
	}
}
