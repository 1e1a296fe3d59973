package norm

import "github.com/nngen/nngen/runtime/cpu"

// lanes is how many partial sums run side by side in a row.
const lanes = 32

// fold adds the upper half of the lanes to the lower until one is left.
func fold(s *[lanes]float32) float32 {
	for h := lanes / 2; h > 0; h /= 2 {
		for l := range h {
			s[l] += s[l+h]
		}
	}
	return s[0]
}

// tile is how many columns the twins of batch norm work on at a time.
const tile = 16

// slice is the number of elements that a kernel gets at a time: kernels are not preempted, and none should keep the
// scheduler or the garbage collector waiting for long.
const slice = 1 << 16

// callRows returns how many rows of f elements a kernel gets at a time: as many as have a slice together, but one at least.
func callRows(f int) int { return max(1, slice/f) }

// eachCall calls do for what a kernel gets at a time of n rows of f elements whose columns do not see each other: as many
// rows as callRows says, or a stretch of one row that has more than a call may. do takes how many rows and columns these
// are, the number of the first element, and its column.
func eachCall(n, f int, do func(rows, cols, at, j int)) {
	rows, cols := callRows(f), min(f, slice)
	for i := 0; i < n; i += rows {
		for j := 0; j < f; j += cols {
			if i+j > 0 {
				cpu.Preempt()
			}
			do(min(rows, n-i), min(cols, f-j), i*f+j, j)
		}
	}
}
