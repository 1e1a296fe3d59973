package golden

import (
	"math"

	"github.com/nngen/nngen/codegen/ref"
)

// u is the unit roundoff of float32.
const u = 1.0 / (1 << 24)

// margin is the factor on the largest effect of disturbances that is seen. The effect of errors in random directions is
// about normal; the largest of twelve is above 1.6 deviations on average, and 4 times it above 4 with a probability of
// 1 − 2e-8 for each element. It covers weights with a folded norm too: they are rounded a few times more than a chain
// of products is for each, see pass fold-norm.
const margin = 4

// Tolerance returns how far float32 may be from numbers that disturbed evaluations change to others: margin times the
// largest change, and a few roundings of the number itself. Where there are fewer evaluations than twelve, an element
// counts as changed by half of the root mean square of all, at least. It is +Inf, never NaN, for a number of which a
// disturbed evaluation says nothing.
func Tolerance(want []float64, others [][]float64) []float64 {
	tol := make([]float64, len(want))
	sum := 0.0
	for i, w := range want {
		for _, o := range others {
			d := math.Abs(o[i] - w)
			if math.IsNaN(d) {
				d = math.Inf(1)
			}
			tol[i] = math.Max(tol[i], d)
			if !math.IsInf(d, 0) {
				sum += d * d
			}
		}
	}
	floor := 0.0
	if len(others) < mostDisturbances {
		floor = math.Sqrt(sum/float64(len(want)*len(others))) / 2
	}
	for i, w := range want {
		tol[i] = margin*math.Max(tol[i], floor) + 4*u*math.Abs(w) + 0x1p-120
		if math.IsNaN(tol[i]) { // w is
			tol[i] = math.Inf(1)
		}
	}
	return tol
}

// coarse rounds numbers to a 32nd of their tolerances, and these up, so that files do not depend on the last bits of
// float64: these differ between processors that fuse products with sums and others.
func coarse(want, tol []float64) (w, t []float64) {
	w, t = make([]float64, len(want)), make([]float64, len(want))
	for i, x := range want {
		if math.IsInf(tol[i], 0) {
			w[i], t[i] = x, tol[i]
			continue
		}
		_, exp := math.Frexp(tol[i])
		q := math.Ldexp(1, exp-6)
		w[i] = math.Round(x/q) * q
		t[i] = math.Ceil(tol[i]/q+0.5) * q
	}
	return w, t
}

// disturb sets up a network whose layers are off by their bounds, in random directions. What has no finite bound
// becomes NaN, which all that depends on it is then too.
func disturb(n *ref.Network, draw *Source) {
	n.Disturb = func(x, bound []float64) {
		for i, b := range bound[:len(x)] {
			x[i] += draw.Sign() * b
			if b-b != 0 {
				x[i] = math.NaN()
			}
		}
	}
}

// Disturbed evaluates f some times with disturbed layers: by what errors are likely, or by bounds.
func Disturbed(n *ref.Network, draw *Source, times int, likely bool, f func() [][]float64) [][][]float64 {
	disturb(n, draw)
	n.Bounds = &ref.Bounds{Likely: likely}
	defer func() { n.Disturb, n.Bounds = nil, nil }()
	var out [][][]float64
	for range times {
		out = append(out, f())
	}
	return out
}

// Column returns array i of each evaluation.
func Column(xs [][][]float64, i int) [][]float64 {
	var out [][]float64
	for _, x := range xs {
		out = append(out, x[i])
	}
	return out
}
