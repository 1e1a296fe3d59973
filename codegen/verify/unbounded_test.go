package verify

import (
	"math"
	"strings"
	"testing"
)

// TestElementsWithoutABoundAreCounted compares elements some or all of which have an infinite bound.
func TestElementsWithoutABoundAreCounted(t *testing.T) {
	inf := math.Inf(1)
	r := &Report{}
	r.tensor(Backward, "whole").compare(0, []float32{1}, []float64{1}, []float64{1})
	some, none := r.tensor(Backward, "some"), r.tensor(Backward, "none")
	some.compare(0, []float32{1, 5}, []float64{1, 2}, []float64{1, inf})
	none.compare(0, []float32{float32(inf)}, []float64{2}, []float64{inf})
	if some.Elements != 1 || some.Unbounded != 1 || none.Elements != 0 || none.Unbounded != 1 || some.Worst != 0 {
		t.Errorf("counted %+v and %+v", some, none)
	}
	const want = "2 tensors within their bounds; not compared, since float32 bounds nothing there: " +
		"1 of 2 elements of gradient some, 1 of 1 elements of gradient none"
	if got := r.Summary(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	some.compare(1, []float32{float32(inf)}, []float64{1}, []float64{1})
	if !strings.Contains(some.Failure, "step 1, element 0") {
		t.Errorf("an infinite number within a bound is no failure: %+v", some)
	}
}
