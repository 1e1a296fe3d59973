package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// SimpleForward takes a step of plain recurrent cells: h = tanh(sums).
//
//	h     n×u, row stride ldh
//	sums  n×u
//
// Slices must not overlap.
func SimpleForward(n, u int, h []float32, ldh int, sums []float32) {
	if !strided(n, u, ldh, len(h)) || !fits(n, u, len(sums)) {
		panic(badShape)
	}
	if n == 0 || u == 0 {
		return
	}
	if cpu.HasSIMD() {
		cells(n, u, func(i, rows, j, cols int) {
			simpleForwardSIMD(rows, cols, u, &h[i*ldh+j], &sums[i*u+j], ldh, u)
		})
		return
	}
	simpleForwardGeneric(n, u, h, ldh, sums)
}

func simpleForwardGeneric(n, u int, h []float32, ldh int, sums []float32) {
	for row := range n {
		h, sums := h[row*ldh:][:u], sums[row*u:][:u]
		for k := range u {
			h[k] = scalar.Tanh(sums[k])
		}
	}
}
