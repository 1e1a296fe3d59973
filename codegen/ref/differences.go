package ref

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

// Difference is the derivative of the objective with respect to one number, or along one direction, by the hand-derived
// gradient and by a central difference.
type Difference struct {
	Name             string // of the parameter
	Element          int    // −1 for a direction, in which each element of the parameter takes part
	Elements         int    // that take part
	Gradient, Finite float64
	// Kink says that a kink lies between the two sides, however close they are: the comparison then means nothing.
	Kink bool
}

// Error returns how far the gradient is from the central difference, and Bound how far it may be: a hundred-thousandth
// of the larger one, or of 1e-2 where both are smaller. What a distance of 1e-5 or less brings in is far below that,
// 1e-10 times the third derivative, and so are roundings: see distances.
func (d Difference) Error() float64 { return math.Abs(d.Gradient - d.Finite) }

// Bound is the largest error of a gradient that is right.
func (d Difference) Bound() float64 {
	return 1e-5 * math.Max(1e-2, math.Max(math.Abs(d.Gradient), math.Abs(d.Finite)))
}

// agrees tells whether the gradient is within its bound. A NaN is not.
func (d Difference) agrees() bool { return d.Error() <= d.Bound() }

// Differences compares the gradients of the trained parameters with central differences of the objective, (J(w + h·v) −
// J(w − h·v))/2h: of each along a direction v of length 1 whose elements have all the same size and random signs, so
// that one wrong element of the gradient shows, and for the given number of its elements at most, evenly spread. Where
// both do not agree, since a kink seems to lie within h, other distances are tried: see distances. A direction is then
// drawn anew, once. Where they agree nobody asks for kinks, which takes as many evaluations again: one moves the
// central difference by half of what it changes in the slope, so that a gradient that agrees is that of the objective
// as well.
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
		n.discard(pass)
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
	n.keepStraight(base)
	restore()
	var out []Difference
	for k, p := range n.trained() {
		w := n.Params[p]
		at := append([]float64(nil), w...)
		// along compares derivatives along v, whose elements are those of w from first on.
		along := func(d Difference, size float64, first int, v []float64) Difference {
			for i, s := range v {
				d.Gradient += s * grads.Params[p][first+i]
			}
			objectiveAt := func(h float64) float64 {
				for i, s := range v {
					w[first+i] = at[first+i] + h*s
				}
				return objective(base, p)
			}
			slopes := func(h float64) (left, right float64) {
				up, down := objectiveAt(h), objectiveAt(-h)
				copy(w, at)
				return (center - down) / h, (up - center) / h
			}
			for _, h := range distances {
				h *= math.Max(1, size)
				left, right := slopes(h)
				d.Finite, d.Kink = (left+right)/2, false
				if d.agrees() {
					return d
				}
				l, r := slopes(h / 4)
				if d.Kink = isKink(left, right, l, r); !d.Kink {
					return d
				}
			}
			return d
		}
		for try := range 2 {
			d := along(Difference{Name: p.Name, Element: -1, Elements: len(w)}, 0, 0, direction(len(w), n.Seed, uint64(2*k+try)))
			if !d.Kink || try == 1 {
				out = append(out, d)
				break
			}
		}
		for k := range min(most, len(w)) {
			i := k * len(w) / min(most, len(w))
			out = append(out, along(Difference{Name: p.Name, Element: i, Elements: 1}, math.Abs(at[i]), i, []float64{1}))
		}
	}
	restore()
	return out
}

// directionStream is the stream of random numbers that signs of directions are drawn from.
const directionStream = 5 << 16

// direction returns a vector of length 1 whose elements have all the same size, with random signs.
func direction(n int, seed, step uint64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = math.Copysign(1/math.Sqrt(float64(n)), float64(op.Word(seed, directionStream, step, i))-0x1p31)
	}
	return v
}

// distances are those of central differences, relative to weights above 1, in the order in which they are tried: a
// short one first, since of the kinks of a network with many units fewer lie within it. What an objective of the size
// of 1 is rounded by, some 1e-15 after thousands of operations, makes the first wrong by 1e-15/1e-6 = 1e-9, a hundredth
// of the smallest bound, and the slopes over the quarter of the shortest by 1e-15/2.5e-8 = 4e-8, a fiftieth of what
// isKink takes for a kink where slopes are 2e-2 and less. One with penalties of thousands of weights is larger and
// rounded by more, which looks like a kink at all distances but the long one.
var distances = []float64{1e-6, 1e-5, 1e-4, 1e-7}

// isKink tells, from the slopes on both sides of a point over a distance, and l and r over a quarter of it, whether
// the function has a kink there. Where it is smooth, the mean of the slopes changes with the square of the
// distance, and their difference is proportional to it. A kink s in the slope at a share k of the distance
// changes the mean by s·|1 − k|/2 − s·max(0, 1 − 4k)/2, and what is left of the difference by
// s·max(0, 1 − 4k) − s·(1 − k)/4: one of the two is never small.
func isKink(left, right, l, r float64) bool {
	size := math.Max(1e-2, math.Max(math.Abs(left), math.Abs(right)))
	return math.Abs((left+right)/2-(l+r)/2) > 2e-6*size || math.Abs((right-left)/4-(r-l)) > 2e-6*size
}
