package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// LSTMBackward computes the gradients d of the sums behind the gates of a step of LSTMForward:
//
//	do = ((dh + dy)∘a)·o′,  dc ← dc + ((dh + dy)∘o)·a′
//	di = (dc∘g)·i′,  df = (dc∘last)·f′,  dg = (dc∘i)·g′,  dc ← dc∘f
//
// s′ being s − s² for a sigmoid and 1 − s² for a tanh, and gates and last what LSTMForward had and made.
//
//	d              n×4u, row stride ldd, in the order i, f, g, o
//	gates          n×5u, in that order, and a
//	dc, dh, last   n×u
//	dy             n×u, row stride lddy
//
// Slices must not overlap.
func LSTMBackward(n, u int, d []float32, ldd int, dc, dh, dy []float32, lddy int, gates, last []float32) {
	if !strided(n, 4*u, ldd, len(d)) || !fits(n, u, len(dc)) || !fits(n, u, len(dh)) || !strided(n, u, lddy, len(dy)) ||
		!fits(5*n, u, len(gates)) || !fits(n, u, len(last)) {
		panic(badShape)
	}
	if n == 0 || u == 0 {
		return
	}
	if cpu.HasSIMD() {
		cells(n, u, func(i, rows, j, cols int) {
			at := i*u + j
			lstmBackwardSIMD(rows, cols, u, &d[i*ldd+j], &dc[at], &dh[at], &dy[i*lddy+j], &gates[5*i*u+j], &last[at],
				ldd, u, u, lddy, 5*u, u)
		})
		return
	}
	lstmBackwardGeneric(n, u, d, ldd, dc, dh, dy, lddy, gates, last)
}

func lstmBackwardGeneric(n, u int, d []float32, ldd int, dc, dh, dy []float32, lddy int, gates, last []float32) {
	for row := range n {
		gate, d := gates[5*row*u:][:5*u], d[row*ldd:][:4*u]
		i, f, g, o, a := gate[:u], gate[u:2*u], gate[2*u:3*u], gate[3*u:4*u], gate[4*u:]
		dc, dh, dy := dc[row*u:][:u], dh[row*u:][:u], dy[row*lddy:][:u]
		last := last[row*u:][:u]
		for k := range u {
			h := dh[k] + dy[k]
			s := dc[k] + float32(scalar.TanhGrad(float32(h*o[k]), a[k]))
			d[k] = scalar.SigmoidGrad(float32(s*g[k]), i[k])
			d[u+k] = scalar.SigmoidGrad(float32(s*last[k]), f[k])
			d[2*u+k] = scalar.TanhGrad(float32(s*i[k]), g[k])
			d[3*u+k] = scalar.SigmoidGrad(float32(h*a[k]), o[k])
			dc[k] = s * f[k]
		}
	}
}
