package batch

import "testing"

func TestAbsentWeightsCountOneEach(t *testing.T) {
	if got := Weight(7, nil); got != 7 {
		t.Errorf("Weight(7, nil) = %v, want 7", got)
	}
	if Cut(nil, 2, 5) != nil {
		t.Errorf("Cut of nil is not nil")
	}
	w := []float32{1, 2, 3, 4}
	if got := Weight(3, w); got != 6 {
		t.Errorf("Weight(3, %v) = %v, want 6", w, got)
	}
	if got := Cut(w, 1, 3); len(got) != 2 || got[0] != 2 {
		t.Errorf("Cut(%v, 1, 3) = %v", w, got)
	}
}
