package norm

import (
	"math"

	"github.com/nngen/nngen/runtime/vec"
)

// RMSNorm computes y[i,j] = x[i,j]·r[i]·γ[j] for n rows of f, with r = 1/√(mean of x² + ε), and keeps r:
//
//	y, x   n×f
//	gamma  f
//	rstd   n: r, for the gradient
//
// The mean is vec.Dot of the row with itself over f. y may be x.
//
// Source: Zhang and Sennrich, Root mean square layer normalization, 2019.
func RMSNorm(n, f int, y, x, gamma, rstd []float32, eps float32) {
	if !fits(n, f, len(y)) || !fits(n, f, len(x)) || len(gamma) < f || len(rstd) < n {
		panic(badShape)
	}
	for i := range n {
		row, out := x[i*f:][:f], y[i*f:][:f]
		r := float32(1 / math.Sqrt(float64(vec.Dot(row, row)/float32(f)+eps)))
		rstd[i] = r
		vec.Scale(out, row, r)
		vec.Mul(out, out, gamma[:f])
	}
}

// RMSNormGrad computes the gradients of RMSNorm from dy, x, γ and r:
//
//	dx = r·(g − x·r²·mean(g∘x)), g = dy∘γ;  dγ = Σ dy∘x·r over the rows, in order
//
// dx may be dy. It does not allocate in the steady state.
func RMSNormGrad(n, f int, dx, dgamma, dy, x, gamma, rstd []float32) {
	if !fits(n, f, len(dx)) || !fits(n, f, len(dy)) || !fits(n, f, len(x)) || len(gamma) < f || len(dgamma) < f || len(rstd) < n {
		panic(badShape)
	}
	clear(dgamma[:f])
	scratch := rows.Get().(*[]float32)
	if cap(*scratch) < f {
		*scratch = make([]float32, f)
	}
	hat := (*scratch)[:f]
	for i := range n {
		row, d, out, r := x[i*f:][:f], dy[i*f:][:f], dx[i*f:][:f], rstd[i]
		vec.Scale(hat, row, r)
		vec.DotRowsAcc(1, f, dgamma, d, hat)
		vec.Mul(out, d, gamma[:f])
		mean := vec.Dot(out, hat) / float32(f)
		vec.Axpy(-mean, hat, out)
		vec.Scale(out, out, r)
	}
	rows.Put(scratch)
}
