package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// GRUBackward computes the gradients d of the sums behind the gates of a step of GRUForward, and behind them that of q:
//
//	dh ← dh + dy,  dz = (dh∘(last − g))·z′,  dg = (dh − dh∘z)·g′
//	dr = (dg∘q)·r′,  dq = dg∘r,  dh ← dh∘z
//
// s′ being s − s² for a sigmoid and 1 − s² for a tanh, and gates, q and last what GRUForward had and made.
//
//	d       n×4u, row stride ldd, in the order z, r, g, q
//	gates   n×3u
//	dh, q   n×u
//	dy      n×u, row stride lddy
//	last    n×u, row stride ldlast, which may be 0: then all rows are the first
//
// Slices must not overlap.
func GRUBackward(n, u int, d []float32, ldd int, dh, dy []float32, lddy int, gates, q, last []float32, ldlast int) {
	if !strided(n, 4*u, ldd, len(d)) || !fits(n, u, len(dh)) || !strided(n, u, lddy, len(dy)) ||
		!fits(3*n, u, len(gates)) || !fits(n, u, len(q)) || !repeated(n, u, ldlast, len(last)) {
		panic(badShape)
	}
	if n == 0 || u == 0 {
		return
	}
	if cpu.HasSIMD() {
		cells(n, u, func(i, rows, j, cols int) {
			at := i*u + j
			gruBackwardSIMD(rows, cols, u, &d[i*ldd+j], &dh[at], &dy[i*lddy+j], &gates[3*i*u+j], &q[at], &last[i*ldlast+j],
				ldd, u, lddy, 3*u, u, ldlast)
		})
		return
	}
	gruBackwardGeneric(n, u, d, ldd, dh, dy, lddy, gates, q, last, ldlast)
}

func gruBackwardGeneric(n, u int, d []float32, ldd int, dh, dy []float32, lddy int, gates, q, last []float32,
	ldlast int) {
	for row := range n {
		gate, d := gates[3*row*u:][:3*u], d[row*ldd:][:4*u]
		z, r, g := gate[:u], gate[u:2*u], gate[2*u:]
		dh, dy, q, last := dh[row*u:][:u], dy[row*lddy:][:u], q[row*u:][:u], last[row*ldlast:][:u]
		for k := range u {
			h := dh[k] + dy[k]
			dz := scalar.SigmoidGrad(float32(h*float32(last[k]-g[k])), z[k])
			kept := float32(h * z[k])
			dg := scalar.TanhGrad(float32(h-kept), g[k])
			d[k], d[u+k], d[2*u+k], d[3*u+k] = dz, scalar.SigmoidGrad(float32(dg*q[k]), r[k]), dg, dg*r[k]
			dh[k] = kept
		}
	}
}
