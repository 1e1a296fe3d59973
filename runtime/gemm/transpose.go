package gemm

import "github.com/nngen/nngen/runtime/cpu"

// Transpose writes the transpose of the rows×cols matrix src, row stride lds ≥ cols, to dst, row stride
// ldd ≥ rows. They must not overlap. It panics if a size is negative or above 2³¹−1, a stride is too
// small or a slice too short.
func Transpose(rows, cols int, src []float32, lds int, dst []float32, ldd int) {
	checkSizes(rows, cols, 0, lds)
	checkMatrix(rows, cols, src, lds, badA)
	checkMatrix(cols, rows, dst, ldd, badC)
	if cpu.HasSIMD() {
		transpose(rows, cols, src, lds, dst, ldd)
		return
	}
	transposeGeneric(0, rows, 0, cols, src, lds, dst, ldd)
}

// transpose writes the transpose of the rows×cols matrix src to dst. Both strides are in
// elements. It needs kernels.
func transpose(rows, cols int, src []float32, lds int, dst []float32, ldd int) {
	r8, c4 := rows&^7, cols&^3
	if r8 > 0 && c4 > 0 {
		rows := 4 * nr
		if lds%(page/4) == 0 { // they share few sets of the first-level cache
			rows = nr
		}
		step := min(rows, max(8, rowWork/c4&^7))
		for r := 0; r < r8; r += step {
			cpu.Preempt()
			var t transposeArgs
			t.src, t.lds, t.dst, t.ldd = &src[r*lds], 4*lds, &dst[r], 4*ldd
			t.rows, t.cols = min(step, r8-r), c4
			transposeSIMD(&t)
		}
	}
	transposeGeneric(r8, rows, 0, cols, src, lds, dst, ldd)
	transposeGeneric(0, r8, c4, cols, src, lds, dst, ldd)
}

// transposeGeneric transposes rows r0 to r1 and columns c0 to c1.
func transposeGeneric(r0, r1, c0, c1 int, src []float32, lds int, dst []float32, ldd int) {
	for r := r0; r < r1; r++ {
		for c := c0; c < c1; c++ {
			dst[c*ldd+r] = src[r*lds+c]
		}
	}
}
