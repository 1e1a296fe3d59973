package norm

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
	"github.com/nngen/nngen/runtime/vec"
)

// LayerNormGrad computes the gradients of LayerNorm from its input and its saved mean and
// rstd. With h = (x − mean)·rstd and g = dy∘γ, for each row
//
//	dx = rstd·(g − Σⱼ g/f − h·Σⱼ g·h/f)
//	dγ[j] = Σᵢ dy[i,j]·h[i,j]    dβ[j] = Σᵢ dy[i,j]
//
// The chains of dγ and dβ start at +0, or at what they hold if acc is set. dx may be dy or x.
func LayerNormGrad(n, f int, dx, dgamma, dbeta, dy, x, gamma, mean, rstd []float32, acc bool) {
	if !fits(n, f, len(dx)) || !fits(n, f, len(dy)) || !fits(n, f, len(x)) || len(gamma) < f ||
		len(dgamma) < f || len(dbeta) < f || len(mean) < n || len(rstd) < n {
		panic(badShape)
	}
	if !acc {
		clear(dgamma[:f])
		clear(dbeta[:f])
	}
	if n == 0 || f == 0 {
		return
	}
	if cpu.HasSIMD() {
		if longRows && f > slice {
			layerNormGradLong(n, f, dx, dgamma, dbeta, dy, x, gamma, mean, rstd)
			return
		}
		for rows := cpu.CallRows(f); n > rows; n -= rows {
			cpu.Preempt()
			layerNormGradSIMD(rows, f, &dx[0], &dgamma[0], &dbeta[0], &dy[0], &x[0], &gamma[0], &mean[0], &rstd[0], float32(f))
			dx, dy, x, mean, rstd = dx[rows*f:], dy[rows*f:], x[rows*f:], mean[rows:], rstd[rows:]
		}
		layerNormGradSIMD(n, f, &dx[0], &dgamma[0], &dbeta[0], &dy[0], &x[0], &gamma[0], &mean[0], &rstd[0], float32(f))
		return
	}
	layerNormGradGeneric(n, f, dx, dgamma, dbeta, dy, x, gamma, mean, rstd)
}

// layerNormGradGeneric continues the chains of dγ and dβ.
func layerNormGradGeneric(n, f int, dx, dgamma, dbeta, dy, x, gamma, mean, rstd []float32) {
	gamma, dgamma, dbeta = gamma[:f], dgamma[:f], dbeta[:f]
	for i := range n {
		x, dx, dy := x[i*f:][:f], dx[i*f:][:f], dy[i*f:][:f]
		m, r := mean[i], rstd[i]
		var gs, ghs [lanes]float32
		for j, v := range x {
			l := j % lanes
			h := (v - m) * r
			g := float32(dy[j] * gamma[j])
			gs[l] += g
			ghs[l] = f32.FMA(g, h, ghs[l])
			dgamma[j] = f32.FMA(dy[j], h, dgamma[j])
			dbeta[j] += dy[j]
		}
		a, b := vec.Fold(&gs)/float32(f), vec.Fold(&ghs)/float32(f)
		for j, v := range x {
			h := (v - m) * r
			g := float32(dy[j] * gamma[j])
			dx[j] = r * f32.FMA(-h, b, g-a)
		}
	}
}
