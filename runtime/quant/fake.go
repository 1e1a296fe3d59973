package quant

import "math"

// FakeTrain moves a range to that of x, and rounds x to its 256 steps: y = s·(clamp(round(x/s) + z) − z).
//
//	x, y  n, contiguous; y may be x
//	r     low, high, count
//
// low and high move by max(momentum, 1/(count + 1)) of the way to the least and the greatest x, and count goes up by one,
// unless it has come to steps > 0, or n is 0. With low and high taken to hold 0, s is (high − low)/255 and z is
// round(−128 − low/s), clamped to an int8; where s is 0, y is x. NaN and infinities stay what they are and move nothing.
// Halves are rounded to even.
//
// It does not allocate. It panics if y or r is too short.
func FakeTrain(y, x, r []float32, momentum float32, steps int) {
	if len(y) < len(x) || len(r) < 3 {
		panic(badFake)
	}
	if len(x) > 0 && (steps <= 0 || r[2] < float32(steps)) {
		low, high := float32(math.Inf(1)), float32(math.Inf(-1))
		for _, v := range x {
			if v < low && v >= -math.MaxFloat32 {
				low = v
			}
			if v > high && v <= math.MaxFloat32 {
				high = v
			}
		}
		if low <= high {
			w := max(momentum, 1/(r[2]+1))
			r[0] += float32(w * (low - r[0]))
			r[1] += float32(w * (high - r[1]))
		}
		r[2]++
	}
	g := fakeGridOf(r)
	for i, v := range x {
		y[i] = g.round(v)
	}
}

// FakeGrad passes dy straight through where FakeTrain did not clamp x: dx = dy there, else 0.
//
//	dx, dy, x  n, contiguous; dx may be dy
//	r          the range that FakeTrain left
//
// It does not allocate. It panics if a slice is too short.
func FakeGrad(dx, dy, x, r []float32) {
	if len(dx) < len(dy) || len(x) < len(dy) || len(r) < 3 {
		panic(badFake)
	}
	g := fakeGridOf(r)
	for i, d := range dy {
		if g.scale != 0 {
			if k := g.step(x[i]); !(k >= -128 && k <= 127) {
				d = 0
			}
		}
		dx[i] = d
	}
}

// FakeWeights rounds weights of n channels, which stand side by side, to 255 steps of each: y = s·round(w/s), s being the
// greatest |w| of the channel over 127; 0 where that is 0. A channel with a weight that is NaN is NaN.
//
//	w, y  k×n, contiguous
//
// Halves are rounded to even. y may be w. It does not allocate. It panics if y is too short, or if n does not divide the
// length of w.
func FakeWeights(n int, y, w []float32) {
	if n <= 0 || len(w)%n != 0 || len(y) < len(w) {
		panic(badFake)
	}
	for j := range n {
		most := float32(0)
		for i := j; i < len(w); i += n {
			most = max(most, float32(math.Abs(float64(w[i]))))
		}
		s := most / 127
		for i := j; i < len(w); i += n {
			if s == 0 {
				y[i] = 0
			} else {
				y[i] = float32(roundEven(w[i]/s) * s)
			}
		}
	}
}

const badFake = "quant: a slice is too short, or channels do not divide weights"

// fakeGrid is the steps of a range; scale is 0 for none.
type fakeGrid struct{ scale, zero float32 }

func fakeGridOf(r []float32) fakeGrid {
	low, high := min(r[0], 0), max(r[1], 0)
	s := (high - low) / 255
	if !(s > 0) {
		return fakeGrid{}
	}
	return fakeGrid{s, max(-128, min(roundEven(-128-low/s), 127))}
}

// step returns the number of the step that is nearest to x.
func (g fakeGrid) step(x float32) float32 { return roundEven(x/g.scale) + g.zero }

func (g fakeGrid) round(x float32) float32 {
	if g.scale == 0 || x-x != 0 {
		return x
	}
	return float32((max(-128, min(g.step(x), 127)) - g.zero) * g.scale)
}

func roundEven(x float32) float32 { return float32(math.RoundToEven(float64(x))) }
