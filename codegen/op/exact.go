package op

import (
	"math"
	"math/bits"

	"github.com/nngen/nngen/codegen/ir"
)

// When does a float32 evaluation make no error at all? Sums and products of whole numbers are whole, and float32 holds
// all of them up to 2²⁴. So if inputs and parameters are whole multiples of powers of two, 2^e, the terms of a layer
// that only adds, multiplies, chooses and moves are multiples of 2^E, with E the sum of what its factors have. A bound
// of Def.Bound is at least u·S, with S the largest partial sum of absolute values, whatever the order of the sum. Where
// it is below 2^E/2, S is below 2^E·2²³: no partial sum was rounded, and the float64 reference has the very numbers.

// gridBits is the finest grid that probes know, multiples of 2^-gridBits: numbers around 1 have no finer one in
// float32.
const gridBits = 24

// Hold is how a probe draws a parameter, so that functions that read its products are exact: multiples of Unit, all 1
// of them if Constant, and 0 in the columns [From, To) of each Cols.
type Hold struct {
	Param          *ir.Param
	Unit           float64
	Constant       bool
	Cols, From, To int
}

// Settle rounds numbers to multiples of 2^-gridBits where all are within 2^-90 of one: what functions leave of 0 and 1
// far out, which float32 can't tell from them. It tells whether they are.
func Settle(x []float64) bool {
	for i, v := range x {
		r := math.Round(v*(1<<gridBits)) / (1 << gridBits)
		if !(math.Abs(v-r) <= 0x1p-90) {
			return false
		}
		x[i] = r
	}
	return true
}

// Grid returns the largest e ≤ 0 with which all numbers are multiples of 2^e; they are settled.
func Grid(x []float64) int {
	e := 0
	for _, v := range x {
		for ; math.Ldexp(v, -e) != math.Trunc(math.Ldexp(v, -e)); e-- {
		}
	}
	return e
}

// grid returns an exponent such that products of the call's numbers are multiples of its power of two: no factor but in
// square and dot is taken more than once.
func (c *Call) grid() int {
	e := Grid(c.DY.Data)
	for _, ts := range [][]Tensor{c.X, c.P} {
		for _, t := range ts {
			e += 2 * Grid(t.Data)
		}
	}
	return e
}

// below tells whether all bounds are below k halves of a power of two.
func below(bound []float64, k, e int) bool {
	half := float64(k) * math.Ldexp(1, e-1)
	for _, b := range bound {
		if !(b < half) {
			return false
		}
	}
	return true
}

// exactSums is the cell Exact of kinds that add, multiply, choose and move.
func exactSums(c *Call) bool { return exactTerms(c, 1) }

// exactTerms is exactSums where the bound is known to be k·u·S and more, with S as above.
func exactTerms(c *Call, k int) bool { return below(c.Layer.Def.Bound(c), k, c.grid()) }

// exactFar is that of functions that go to 0, to ±1 or to x faster than float32 can tell from 128 on: there, and at 0
// where they are multiples of a power of two.
func exactFar(c *Call) bool {
	for _, x := range c.X[0].Data {
		if x != 0 && math.Abs(x) < 128 {
			return false
		}
	}
	return exactSums(c)
}

// exactFactors is that of kinds that multiply by factors which are rounded once: the products are whole although the
// factors are not.
func exactFactors(x, factors, y []float64) bool {
	for i, v := range x {
		if float64(float32(v)*float32(factors[i])) != y[i] {
			return false
		}
	}
	return true
}

// ExactGrad tells for the gradients of a call whose results are exact which of them a float32 evaluation computes
// without an error, after Backward made them of exact ones. It settles them.
func ExactGrad(c *Call) (dx, dp []bool) {
	if f := c.Layer.Def.ExactGrad; f != nil {
		if dx, dp = f(c); dx != nil {
			return dx, dp
		}
	}
	if f := c.Layer.Def.Factors; f != nil && Settle(c.DX[0].Data) {
		return []bool{exactFactors(c.DY.Data, f(c), c.DX[0].Data)}, nil
	}
	return exactGradTerms(c, 1, 1)
}

// exactGradTerms is ExactGrad where the bounds of the gradients of inputs are known to be kx·u·S and more, with S as
// above, and those of parameters kp·u·S.
func exactGradTerms(c *Call, kx, kp int) (dx, dp []bool) {
	boundX, boundP := c.Layer.Def.GradBound(c)
	e := c.grid()
	each := func(ts []Tensor, bounds [][]float64, k int) (exact []bool) {
		for i, t := range ts {
			exact = append(exact, Settle(t.Data) && (i >= len(bounds) || below(bounds[i], k, e)))
		}
		return exact
	}
	return each(c.DX, boundX, kx), each(c.DP, boundP, kp)
}

// rows returns the number of rows of the last axis.
func (t Tensor) rows() int { return len(t.Data) / lastOf(t.Shape) }

// isGrid tells whether a constant is a multiple of a coarse power of two, as 0.5 is and 0.1 is not.
func isGrid(x float64) bool { return x*16 == math.Trunc(x*16) && math.Abs(x) <= 1<<10 }

// isPower tells whether a count is a power of two.
func isPower(n int) bool { return n > 0 && n&(n-1) == 0 }

// step returns the largest e with which all numbers are multiples of 2^e; 1023 for zeros.
func step(x []float64) int {
	e := 1023
	for _, v := range x {
		if v != 0 {
			f, k := math.Frexp(math.Abs(v))
			e = min(e, k-53+bits.TrailingZeros64(uint64(f*(1<<53))))
		}
	}
	return e
}

// fits tells whether sums whose terms have these sizes and are multiples of 2^e are exact in float32, in any order.
func fits(sizes []float64, e int) bool {
	most := math.Ldexp(1<<23, e)
	for _, s := range sizes {
		if !(s < most) {
			return false
		}
	}
	return true
}

// isFloat32 tells whether all numbers are in float32.
func isFloat32(x ...float64) bool {
	for _, v := range x {
		if float64(float32(v)) != v {
			return false
		}
	}
	return true
}

// columnSizes returns Σ |x| of the columns of a matrix.
func columnSizes(x []float64, cols int) []float64 {
	s := make([]float64, cols)
	for i, v := range x {
		s[i%cols] += math.Abs(v)
	}
	return s
}

// isShut is the cell Shut of norms: their scale, the first parameter, is 0.
func isShut(c *Call) bool {
	for _, v := range c.P[0].Data {
		if v != 0 {
			return false
		}
	}
	return true
}

// shutGrad is the cell ExactGrad of norms: of one whose scale is 0, the gradient of the inputs is 0, and that of the
// shift, the second parameter if there is one, a sum. Of others it says nothing.
func shutGrad(c *Call) (dx, dp []bool) {
	if !isShut(c) {
		return nil, nil
	}
	dp = make([]bool, len(c.P))
	if len(dp) > 1 {
		shift := c.DP[1].Data
		dp[1] = Settle(shift) && fits(columnSizes(c.DY.Data, len(shift)), step(c.DY.Data))
	}
	return []bool{Settle(c.DX[0].Data)}, dp
}
