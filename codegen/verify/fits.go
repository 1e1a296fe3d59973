package verify

import (
	"bytes"
	"fmt"
)

// fitWorkers are the numbers of workers that whole trainings are compared with.
var fitWorkers = []int{1, 2, 3, 5, 8}

// checkFits compares what whole trainings by several workers give, the progress of all steps with weights and states of
// the optimizer, and what is measured, with what one by the plain code for one worker gives: the bytes are the same.
func checkFits(r *Report, res result) {
	for i, got := range res.Fits {
		if i == 0 {
			continue
		}
		t := r.tensor(Fits, fmt.Sprintf("%d workers", fitWorkers[i-1]))
		t.Elements += len(got)
		if want := res.Fits[0]; !bytes.Equal(got, want) {
			t.Failure = fmt.Sprintf("%d bytes differ from %d of one worker, from byte %d on", len(got), len(want),
				differ(got, want))
		}
	}
}

// differ returns the first place where two slices differ, which may be the end of the shorter.
func differ(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
