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
	// Kink says that a kink lies between the two sides, however close they are: the comparison then means nothing.
	Kink bool
}

// Differences compares the gradients of the trained parameters with central differences of the
// objective, (J(w + h) − J(w − h))/2h, for at most max elements of each, evenly spread. Where a kink lies within h, the
// distance is a tenth, and then a hundredth: see distances.
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
	objective := func(base *Pass, except *ir.Param) float64 {
		pass := n.forward(b, true, step, base, except)
		j := n.Loss(b, pass)
		for p, x := range saved { // running statistics move; w is the caller's
			if p.Role == ir.Running {
				copy(n.Params[p], x)
			}
		}
		return j
	}
	base := n.Forward(b, true, step)
	grads := n.Backward(b, base)
	center := n.Loss(b, base)
	restore()
	var out []Difference
	for _, p := range n.trained() {
		w := n.Params[p]
		for k := range min(most, len(w)) {
			i := k * len(w) / min(most, len(w))
			at := w[i]
			// slopes returns the difference quotients of the two sides.
			slopes := func(h float64) (left, right float64) {
				w[i] = at + h
				up := objective(base, p)
				w[i] = at - h
				down := objective(base, p)
				w[i] = at
				return (center - down) / h, (up - center) / h
			}
			d := Difference{Name: p.Name, Element: i, Gradient: grads.Params[p][i]}
			for _, h := range distances {
				h *= math.Max(1, math.Abs(at))
				left, right := slopes(h)
				l, r := slopes(h / 4)
				d.Finite = (left + right) / 2
				if d.Kink = isKink(left, right, l, r); !d.Kink {
					break
				}
			}
			out = append(out, d)
		}
	}
	restore()
	return out
}

// distances are those of central differences, relative to weights above 1. What an objective of the size of 1 is rounded
// by, some 1e-15 after thousands of operations, makes the slopes over the quarter of the shortest wrong by 1e-15/2.5e-8 =
// 4e-8, a fiftieth of what isKink takes for a kink where slopes are 2e-2 and less.
var distances = []float64{1e-5, 1e-6, 1e-7}

// isKink tells, from the slopes on both sides of a point over a distance, and l and r over a quarter of it, whether
// the function has a kink there. Where it is smooth, the mean of the slopes changes with the square of the
// distance, and their difference is proportional to it. A kink s in the slope at a share k of the distance
// changes the mean by s·|1 − k|/2 − s·max(0, 1 − 4k)/2, and what is left of the difference by
// s·max(0, 1 − 4k) − s·(1 − k)/4: one of the two is never small.
func isKink(left, right, l, r float64) bool {
	size := math.Max(1e-2, math.Max(math.Abs(left), math.Abs(right)))
	return math.Abs((left+right)/2-(l+r)/2) > 2e-6*size || math.Abs((right-left)/4-(r-l)) > 2e-6*size
}
