package loss

import (
	"github.com/nngen/nngen/runtime/vec"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// longRows says that some examples have more than slice classes, more than a kernel gets at a time: see package vec,
// whose functions take them a piece after the other.
const longRows = true //nngen:part plan

// crossEntropyLong is crossEntropyGeneric for long rows.
func crossEntropyLong(n, f int, y, t, w []float32, scale float32, dy []float32, keep, add float32) float64 {
	var first, second vec.Piece
	// smoothed computes t′ of a piece.
	smoothed := func(u, t []float32) {
		for j := range u {
			u[j] = add
		}
		vec.Axpy(keep, t[:len(u)], u)
	}
	total := 0.0
	for i := range n {
		y, t := y[i*f:][:f], t[i*f:][:f]
		m := vec.LongRowMax(y)
		var es, ts, ds [lanes]float32
		vec.EachPiece(f, func(at, n int) {
			v, u := first[:n], second[:n]
			vec.AddScalar(v, y[at:][:n], -m)
			smoothed(u, t[at:])
			vec.AddLanes(ts[:], u)
			vec.DotLanes(ds[:], u, v)
			vec.Exp(v, v)
			vec.AddLanes(es[:], v)
		})
		sum, all := vec.FoldRow(&es), vec.FoldRow(&ts)
		wi := weight(w, i)
		if dy != nil {
			c, r := scale*wi, 1/sum
			vec.EachPiece(f, func(at, n int) {
				p, u := first[:n], second[:n]
				vec.AddScalar(p, y[at:][:n], -m)
				vec.Exp(p, p)
				vec.Scale(p, p, r)
				smoothed(u, t[at:])
				vec.Scale(u, u, -1)
				vec.Axpy(all, p, u)
				vec.Scale(dy[i*f+at:][:n], u, c)
			})
		}
		total += value(wi, scalar.Log(sum), all, vec.FoldRow(&ds))
	}
	return total
}
