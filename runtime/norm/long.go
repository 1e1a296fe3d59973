package norm

import "github.com/nngen/nngen/runtime/vec"

// longRows says that some rows have more than slice elements, more than a kernel gets at a time: see package vec, whose
// functions take them a piece after the other.
const longRows = true //nngen:part plan

// layerNormLong is LayerNorm for long rows.
func layerNormLong(n, f int, y, x, gamma, beta, mean, rstd []float32, eps float32) {
	var piece vec.Piece
	for i := range n {
		x, y := x[i*f:][:f], y[i*f:][:f]
		var s [lanes]float32
		vec.AddLanes(s[:], x)
		m := vec.Fold(&s) / float32(f)
		s = [lanes]float32{}
		vec.EachPiece(f, func(at, n int) {
			d := piece[:n]
			vec.AddScalar(d, x[at:][:n], -m)
			vec.DotLanes(s[:], d, d)
		})
		r := rsqrt(vec.Fold(&s)/float32(f) + eps)
		vec.EachPiece(f, func(at, n int) {
			h := piece[:n]
			normalizeLong(h, x[at:], m, r)
			copy(y[at:][:n], beta[at:])
			vec.MulAddRow(1, n, y[at:], h, gamma[at:])
		})
		mean[i], rstd[i] = m, r
	}
}

// layerNormGradLong is LayerNormGrad for long rows. It continues the chains of dγ and dβ.
func layerNormGradLong(n, f int, dx, dgamma, dbeta, dy, x, gamma, mean, rstd []float32) {
	var hat, scaled vec.Piece
	for i := range n {
		x, dx, dy := x[i*f:][:f], dx[i*f:][:f], dy[i*f:][:f]
		piece := func(at, n int) (h, g []float32) {
			h, g = hat[:n], scaled[:n]
			normalizeLong(h, x[at:], mean[i], rstd[i])
			vec.Mul(g, dy[at:][:n], gamma[at:][:n])
			return h, g
		}
		var gs, ghs [lanes]float32
		vec.EachPiece(f, func(at, n int) {
			h, g := piece(at, n)
			vec.AddLanes(gs[:], g)
			vec.DotLanes(ghs[:], g, h)
			vec.DotRowsAcc(1, n, dgamma[at:], dy[at:], h)
			vec.SumRowsAcc(1, n, dbeta[at:], dy[at:])
		})
		a, b := vec.Fold(&gs)/float32(f), vec.Fold(&ghs)/float32(f)
		vec.EachPiece(f, func(at, n int) {
			h, g := piece(at, n)
			vec.AddScalar(g, g, -a)
			vec.Axpy(-b, h, g)
			vec.Scale(dx[at:][:n], g, rstd[i])
		})
	}
}

// normalizeLong computes h = (x − m)·r for as many elements as h has.
func normalizeLong(h, x []float32, m, r float32) {
	vec.AddScalar(h, x[:len(h)], -m)
	vec.Scale(h, h, r)
}
