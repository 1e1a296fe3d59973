package dropout

import (
	"math"
	"testing"
)

// TestStepsKeepWhatTheyWouldOfAll holds the elements of steps that are there against those of all steps.
func TestStepsKeepWhatTheyWouldOfAll(t *testing.T) {
	for _, c := range []struct {
		t, f  int
		steps []int32
	}{
		{1, 1, []int32{1, 0, 1, 1}},
		{4, 3, []int32{4, 4, 1, 0, 3, 4, 2}},
		{16, 64, []int32{7, 16, 16, 2}},
		{5, 40, []int32{5, 5, 5}},
		{5, 40, nil},
	} {
		n := len(c.steps)
		x, all := make([]float32, n*c.t*c.f), make([]float32, n*c.t*c.f)
		for i := range x {
			x[i] = float32(i + 1)
		}
		Apply(all, x, 0.4, 5, 9, 2, 24)
		var want, in []float32
		for i, k := range c.steps {
			want = append(want, all[i*c.t*c.f:][:int(k)*c.f]...)
			in = append(in, x[i*c.t*c.f:][:int(k)*c.f]...)
		}
		got := make([]float32, len(want))
		Steps(c.steps, c.t, c.f, got, in, 0.4, 5, 9, 2, 24)
		for i := range want {
			if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
				t.Fatalf("t=%d f=%d: element %d is %v, want %v", c.t, c.f, i, got[i], want[i])
			}
		}
	}
}
