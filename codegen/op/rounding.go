package op

import "math"

// How far may a float32 evaluation be from the float64 one, on the same inputs? The bounds below are
// first-order worst cases (Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, §3.1
// and §3.5), with u the unit roundoff of float32 and γₖ = k·u/(1 − k·u):
//
//	sums of products   a chain of k fused multiply-adds errs by at most γₖ·Σ|aᵢ|·|bᵢ|; the sum is the
//	                   layer's own formula on absolute values
//	elementwise        a function with an error of c units in the last place errs by c·2u·|y|; its
//	                   derivative may come from a rounded y, hence c·u·(1 + |f′|)·|dy|
//	recurrence         the errors of the units of a step count as independent where they reach the next one,
//	                   a root of squares: a worst case would grow with each step until it bounds nothing.
//	                   Gates are from 0 to 1 however far they are off, so that errors come through by shares;
//	                   a bound that overflows all the same is +Inf, never NaN
//	norms              the error of mean and deviation is carried through to first order: see norm.go
//
// tiny covers results below the smallest normal number.
const (
	u    = 1.0 / (1 << 24)
	tiny = 0x1p-140
)

// gamma returns γₖ.
func gamma(k int) float64 { return float64(k) * u / (1 - float64(k)*u) }

// exact returns the bound of a layer that computes nothing.
func exact(c *Call) []float64 { return make([]float64, len(c.Y.Data)) }

// exactGrad is exact for gradients.
func exactGrad(c *Call) (dx, dp [][]float64) {
	return zerosLike(c.DX), zerosLike(c.DP)
}

func zerosLike(ts []Tensor) [][]float64 {
	z := make([][]float64, len(ts))
	for i, t := range ts {
		z[i] = make([]float64, len(t.Data))
	}
	return z
}

// scaled returns k·u·|x| + tiny for each element.
func scaled(k float64, x []float64) []float64 {
	b := make([]float64, len(x))
	for i, v := range x {
		b[i] = k*u*math.Abs(v) + tiny
	}
	return b
}

// absolute returns the call on absolute values of inputs, parameters and dy.
func absolute(c *Call) *Call {
	a := &Call{Layer: c.Layer, N: c.N, Training: c.Training, Draw: c.Draw}
	a.X, a.P, a.Y, a.DY = absAll(c.X), absAll(c.P), zeroTensor(c.Y), absTensor(c.DY)
	for _, t := range c.DX {
		a.DX = append(a.DX, zeroTensor(t))
	}
	for _, t := range c.DP {
		a.DP = append(a.DP, zeroTensor(t))
	}
	return a
}

func absAll(ts []Tensor) []Tensor {
	out := make([]Tensor, len(ts))
	for i, t := range ts {
		out[i] = absTensor(t)
	}
	return out
}

func absTensor(t Tensor) Tensor {
	a := zeroTensor(t)
	for i, v := range t.Data {
		a.Data[i] = math.Abs(v)
	}
	return a
}

func zeroTensor(t Tensor) Tensor { return Tensor{Shape: t.Shape, Data: make([]float64, len(t.Data))} }
