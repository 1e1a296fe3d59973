package norm

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
)

// BatchNormGrad computes the gradients of BatchNormTrain from its input and its saved mean
// and rstd. With h = (x − mean)·rstd, for each column
//
//	dx = γ·rstd·(dy − Σᵢ dy/n − h·Σᵢ dy·h/n)
//	dγ[j] = Σᵢ dy[i,j]·h[i,j]    dβ[j] = Σᵢ dy[i,j]
//
// The sums of dγ and dβ are set, or added to what is there if acc is set. dx may be dy or x.
// n = 0 leaves dx as it is. It does not allocate in the steady state.
func BatchNormGrad(n, f int, dx, dgamma, dbeta, dy, x, gamma, mean, rstd []float32, acc bool) {
	if !fits(n, f, len(dx)) || !fits(n, f, len(dy)) || !fits(n, f, len(x)) || len(gamma) < f ||
		len(dgamma) < f || len(dbeta) < f || len(mean) < f || len(rstd) < f {
		panic(badShape)
	}
	if !acc {
		clear(dgamma[:f])
		clear(dbeta[:f])
	}
	if n == 0 || f == 0 {
		return
	}
	lent, v := vectors(f)
	sums, dots, gain := v[0], v[1], v[2]
	gradSums(n, f, sums, dots, dy, x, mean, rstd)
	count := float32(n)
	for j, s := range sums {
		dbeta[j] += s
		dgamma[j] += dots[j]
		sums[j], dots[j], gain[j] = s/count, dots[j]/count, gamma[j]*rstd[j]
	}
	batchNormDX(n, f, dx, dy, x, mean, rstd, sums, dots, gain)
	rows.Put(lent)
}

// batchNormDX writes dx = gain·(dy − a − (x − mean)·rstd·b).
func batchNormDX(n, f int, dx, dy, x, mean, rstd, a, b, gain []float32) {
	if !cpu.HasSIMD() {
		batchNormDXGeneric(n, f, dx, dy, x, mean, rstd, a, b, gain)
		return
	}
	for rows := callRows(f); n > rows; n -= rows {
		batchNormDXSIMD(rows, f, &dx[0], &dy[0], &x[0], &mean[0], &rstd[0], &a[0], &b[0], &gain[0])
		dx, dy, x = dx[rows*f:], dy[rows*f:], x[rows*f:]
	}
	batchNormDXSIMD(n, f, &dx[0], &dy[0], &x[0], &mean[0], &rstd[0], &a[0], &b[0], &gain[0])
}

func batchNormDXGeneric(n, f int, dx, dy, x, mean, rstd, a, b, gain []float32) {
	for i := range n {
		dx, dy := dx[i*f:][:f], dy[i*f:][:f]
		for j, v := range x[i*f:][:f] {
			h := (v - mean[j]) * rstd[j]
			dx[j] = gain[j] * f32.FMA(-h, b[j], dy[j]-a[j])
		}
	}
}
