package train

import (
	"slices"
	"testing"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/runtime/fit"
)

// TestForecastsFollowEachOther rolls on from windows of three rows of two columns, by networks that foretell as many
// rows as follow and count on: row k is 10k and 10k+1.
func TestForecastsFollowEachOther(t *testing.T) {
	rowsFrom := func(k float32, n int) (list []float32) {
		for i := range n {
			list = append(list, 10*(k+float32(i)), 10*(k+float32(i))+1)
		}
		return list
	}
	for _, c := range []struct {
		steps, rows int
		first       []float32 // the first row of each line
	}{
		{1, 1, nil}, {1, 3, []float32{8, 9}}, {2, 2, nil}, {2, 5, []float32{9, 11}}, {2, 6, []float32{9, 11}},
		{4, 12, []float32{11, 15}},
	} {
		set := fit.Set{N: 2, X: [][]float32{append(rowsFrom(0, 3), rowsFrom(4, 3)...)}}
		list, err := roll(set, &data.Notes{Window: 2}, 2*c.steps, c.rows, func(window []float32) (Prediction, error) {
			if len(window) != 6 || !slices.Equal(window, rowsFrom(window[0]/10, 3)) {
				t.Fatalf("%d steps: the window is %v", c.steps, window)
			}
			values := append(rowsFrom(window[4]/10+1, c.steps), 0, 0) // what follows is of intervals
			return Prediction{Outputs: []PredictedOutput{{Values: values}}}, nil
		})
		var first []float32
		for _, p := range list {
			first = append(first, p.Outputs[0].Values[0]/10)
		}
		if err != nil || !slices.Equal(first, c.first) {
			t.Errorf("%d steps, %d rows: lines from %v on, want %v, %v", c.steps, c.rows, first, c.first, err)
		}
	}
}
