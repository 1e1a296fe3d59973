package gemm

import "github.com/nngen/nngen/runtime/cpu"

// CopyRows copies the rows×cols matrix src, row stride lds ≥ cols, to dst, row stride ldd ≥ cols. They must not overlap. It
// panics if a size is negative or above 2³¹−1, a stride is too small or a slice too short.
func CopyRows(rows, cols int, src []float32, lds int, dst []float32, ldd int) {
	checkSizes(rows, cols, 0, lds|ldd)
	checkMatrix(rows, cols, src, lds, badA)
	checkMatrix(rows, cols, dst, ldd, badC)
	if rows == 0 || cols == 0 {
		return
	}
	if cols < 8 || !cpu.HasSIMD() {
		copyRowsGeneric(rows, cols, src, lds, dst, ldd)
		return
	}
	step := max(1, rowWork/cols)
	for i := 0; i < rows; i += step {
		cpu.Preempt()
		t := transposeArgs{src: &src[i*lds], lds: 4 * lds, dst: &dst[i*ldd], ldd: 4 * ldd, rows: min(step, rows-i), cols: cols}
		copyRowsSIMD(&t)
	}
}

// copyRowsGeneric defines CopyRows.
func copyRowsGeneric(rows, cols int, src []float32, lds int, dst []float32, ldd int) {
	for i := range rows {
		copy(dst[i*ldd:][:cols], src[i*lds:])
	}
}
