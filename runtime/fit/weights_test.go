package fit

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

func TestClassesWeigh(t *testing.T) {
	three := []float32{0, 1, 0, 1, 0, 0, 0.5, 0, 0.5} // the last row is half of two classes
	for _, c := range []struct {
		weights, targets, classes, want []float32
	}{
		{nil, three, []float32{1, 10, 3}, []float32{10, 1, 2}},
		{[]float32{2, 0, 3}, three, []float32{1, 10, 3}, []float32{20, 0, 6}},
		{[]float32{2, 1, 1}, []float32{1, 0, 0.25}, []float32{1, 9}, []float32{18, 1, 3}},
		{nil, []float32{-1, 1, 1}, []float32{1, 9}, []float32{1, 9, 9}}, // sides
	} {
		sum := float32(0)
		for _, w := range c.want {
			sum += w
		}
		if got := ClassWeight(3, c.weights, c.targets, c.classes); got != float64(sum) {
			t.Errorf("ClassWeight of %v, %v = %v, want %v", c.weights, c.targets, got, sum)
		}
		got := make([]float32, 3)
		ByClass(got, c.weights, c.targets, c.classes, 2)
		for r, w := range c.want {
			if got[r] != 2*w {
				t.Errorf("ByClass of %v, %v = %v, want twice %v", c.weights, c.targets, got, c.want)
				break
			}
		}
	}
}
