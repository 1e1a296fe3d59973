package vec

import "github.com/nngen/nngen/runtime/cpu"

// The functions on cells take a step of recurrent cells, n sequences of u units: a row of gates, k·u numbers, has
// those of one gate after those of another. A matrix whose row stride is not an argument has rows one after another.

// cellSlice is the number of units that a kernel of cells gets at a time, a multiple of 8: some 0.1 ms.
const cellSlice = 1 << 13

// cells calls a kernel for rows from i on and columns from j on, until all n rows of u columns were had.
func cells(n, u int, call func(i, rows, j, cols int)) {
	for j := 0; j < u; j += cellSlice {
		cols := min(u-j, cellSlice)
		for i, rows := 0, max(1, cellSlice/cols); i < n; i += rows {
			cpu.Preempt()
			call(i, min(rows, n-i), j, cols)
		}
	}
}
