package rnn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestStepsThatDoNotCountAreLeftOut holds a GRU over the steps that count against one over all steps, to whose others
// no gradient belongs: outputs, gradients of inputs and of weights have the same bits, however many shares there were.
func TestStepsThatDoNotCountAreLeftOut(t *testing.T) {
	for _, c := range []struct {
		n, t, f, u, truncate int
		steps                func(i int) int
	}{
		{1, 1, 1, 1, 0, func(int) int { return 1 }},
		{3, 4, 2, 5, 0, func(i int) int { return i }},
		{5, 4, 3, 8, 0, func(int) int { return 0 }},
		{7, 6, 3, 17, 0, func(int) int { return 6 }},
		{70, 5, 9, 12, 0, func(i int) int { return i * 7 % 6 }},
		{300, 7, 4, 6, 3, func(i int) int { return 1 + i*5%7 }},
		{130, 16, 16, 64, 0, func(i int) int { return 2 + i*11%15 }},
	} {
		steps, rows := make([]int32, c.n), 0
		for i := range steps {
			steps[i] = int32(min(c.t, c.steps(i)))
			rows += int(steps[i])
		}
		s := Shape{T: c.t, F: c.f, U: c.u, Truncate: c.truncate}
		rnd := rand.New(rand.NewPCG(1, 2))
		random := func(n int) []float32 {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(rnd.NormFloat64()) * 0.5
			}
			return x
		}
		x, dy := random(c.n*c.t*c.f), random(c.n*c.t*c.u)
		w, v, b := random(3*c.f*c.u), random(3*c.u*c.u), random(6*c.u)
		for i, k := range steps {
			clear(dy[(i*c.t+int(k))*c.u : (i+1)*c.t*c.u])
		}
		// The rows of steps that count, of all.
		some := func(width int, all []float32) []float32 {
			var y []float32
			for i, k := range steps {
				y = append(y, all[i*c.t*width:][:int(k)*width]...)
			}
			return y
		}
		for _, shares := range []int{1, 2, 3} {
			name := fmt.Sprintf("n=%d/t=%d/f=%d/u=%d/shares=%d", c.n, c.t, c.f, c.u, shares)
			s.Shares = shares
			h, gates, q := random(c.n*c.t*c.u), random(3*c.n*c.t*c.u), random(c.n*c.t*c.u)
			dx, deltas := random(c.n*c.t*c.f), random(4*c.n*c.t*c.u)
			h2, gates2, q2 := random(rows*c.u), random(3*rows*c.u), random(rows*c.u)
			dx2, deltas2 := random(rows*c.f), random(4*rows*c.u)
			x2, dy2, at := some(c.f, x), some(c.u, dy), 0
			for i := range shares {
				lo, hi := c.n*i/shares, c.n*(i+1)/shares
				part := func(x []float32, width int) []float32 { return x[lo*c.t*width : hi*c.t*width] }
				n := hi - lo
				GRU(n, s, part(h, c.u), part(gates, 3*c.u), part(q, c.u), part(x, c.f), w, v, b, nil)
				GRUGradFrom(n, s, part(dx, c.f), nil, nil, nil, part(deltas, 4*c.u), nil, part(dy, c.u), part(h, c.u),
					part(gates, 3*c.u), part(q, c.u), part(x, c.f), w, v, nil, nil)
				to := at
				for _, k := range steps[lo:hi] {
					to += int(k)
				}
				counted := func(x []float32, width int) []float32 { return x[at*width : to*width] }
				GRUSteps(steps[lo:hi], s, counted(h2, c.u), counted(gates2, 3*c.u), counted(q2, c.u), counted(x2, c.f), w, v, b)
				GRUStepsGrad(steps[lo:hi], s, counted(dx2, c.f), counted(deltas2, 4*c.u), counted(dy2, c.u),
					counted(h2, c.u), counted(gates2, 3*c.u), counted(q2, c.u), counted(x2, c.f), w, v)
				at = to
			}
			same(t, name+"/h", some(c.u, h), h2)
			same(t, name+"/dx", some(c.f, dx), dx2)
			for _, cut := range []int{0, 1, c.f, c.f + c.u/2} {
				dw, dv, db := random(3*c.f*c.u), random(3*c.u*c.u), random(6*c.u)
				dw2, dv2, db2 := random(3*c.f*c.u), random(3*c.u*c.u), random(6*c.u)
				for _, r := range [][2]int{{0, cut}, {cut, c.f + c.u}} {
					GRUWeights(c.n, s, r[0], r[1], dw, dv, db, deltas, h, x, nil)
					GRUStepsWeights(steps, s, r[0], r[1], dw2, dv2, db2, deltas2, h2, x2)
				}
				same(t, name+"/dw", dw, dw2)
				same(t, name+"/dv", dv, dv2)
				same(t, name+"/db", db, db2)
			}
		}
	}
}

func same(t *testing.T, name string, want, got []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(want[i]) != math.Float32bits(got[i]) {
			t.Fatalf("%s: element %d is %v, want %v", name, i, got[i], want[i])
		}
	}
}
