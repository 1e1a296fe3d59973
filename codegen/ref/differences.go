package ref

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
)

// Difference is the derivative of the objective with respect to one number, by the hand-derived
// gradient and by a central difference.
type Difference struct {
	Name             string // of the parameter
	Element          int
	Gradient, Finite float64
	// Kink says that the two sides disagree so much that a kink must lie between them: the
	// comparison then means nothing.
	Kink bool
}

// Differences compares the gradients of the trained parameters with central differences of the
// objective, (J(w + h) − J(w − h))/2h, for at most max elements of each, evenly spread.
func (n *Network) Differences(b Batch, step uint64, most int) []Difference {
	saved := map[*ir.Param][]float64{}
	for p, x := range n.Params {
		saved[p] = append([]float64(nil), x...)
	}
	restore := func() {
		for p, x := range saved {
			copy(n.Params[p], x)
		}
	}
	objective := func() float64 {
		pass := n.Forward(b, true, step)
		j := n.Loss(b, pass)
		for p, x := range saved { // running statistics move; w is the caller's
			if p.Role == ir.Running {
				copy(n.Params[p], x)
			}
		}
		return j
	}
	grads := n.Backward(b, n.Forward(b, true, step))
	restore()
	var out []Difference
	for _, p := range n.trained() {
		w := n.Params[p]
		for k := range min(most, len(w)) {
			i := k * len(w) / min(most, len(w))
			h := 1e-5 * math.Max(1, math.Abs(w[i]))
			center := objective()
			at := w[i]
			w[i] = at + h
			up := objective()
			w[i] = at - h
			down := objective()
			w[i] = at
			d := Difference{Name: p.Name, Element: i, Gradient: grads.Params[p][i], Finite: (up - down) / (2 * h)}
			left, right := (center-down)/h, (up-center)/h
			d.Kink = math.Abs(left-right) > 1e-3*math.Max(1e-3, math.Max(math.Abs(left), math.Abs(right)))
			out = append(out, d)
		}
	}
	restore()
	return out
}
