package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// SimpleBackward computes the gradients d of the sums behind a step of SimpleForward: d = (dh + dy)·(1 − h²).
//
//	d      n×u, row stride ldd
//	dh     n×u
//	dy, h  n×u, row strides lddy and ldh
//
// Slices must not overlap.
func SimpleBackward(n, u int, d []float32, ldd int, dh, dy []float32, lddy int, h []float32, ldh int) {
	if !strided(n, u, ldd, len(d)) || !fits(n, u, len(dh)) || !strided(n, u, lddy, len(dy)) ||
		!strided(n, u, ldh, len(h)) {
		panic(badShape)
	}
	if n == 0 || u == 0 {
		return
	}
	if cpu.HasSIMD() {
		cells(n, u, func(i, rows, j, cols int) {
			simpleBackwardSIMD(rows, cols, u, &d[i*ldd+j], &dh[i*u+j], &dy[i*lddy+j], &h[i*ldh+j], ldd, u, lddy, ldh)
		})
		return
	}
	simpleBackwardGeneric(n, u, d, ldd, dh, dy, lddy, h, ldh)
}

func simpleBackwardGeneric(n, u int, d []float32, ldd int, dh, dy []float32, lddy int, h []float32, ldh int) {
	for row := range n {
		d, dh, dy, h := d[row*ldd:][:u], dh[row*u:][:u], dy[row*lddy:][:u], h[row*ldh:][:u]
		for k := range u {
			d[k] = scalar.TanhGrad(dh[k]+dy[k], h[k])
		}
	}
}
