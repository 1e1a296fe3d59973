package fit

import (
	"math"
	"testing"
)

// TestFittedConstantsHaveNoMark fits constants to examples whose centers are 0, also such as round to it from below,
// and −0 themselves.
func TestFittedConstantsHaveNoMark(t *testing.T) {
	negative := float32(math.Copysign(0, -1))
	tiny := math.Float32frombits(1)
	for _, x := range [][]float32{{1, -1}, {negative, 1}, {negative, negative}, {-tiny, 0}, {-1, negative}} {
		for name, fit := range map[string]func(a Affine){
			"Standardize": func(a Affine) { a.Standardize(x) },
			"MinMax":      func(a Affine) { a.MinMax(x, 0, 1) },
			"Targets":     func(a Affine) { Affine{make([]float32, 1), make([]float32, 1)}.Targets(a, x) },
		} {
			a := Affine{Center: make([]float32, 1), Scale: []float32{1}}
			if Unfitted(a.Center) {
				t.Fatal("a center of 0 has the mark")
			}
			MarkUnfitted(a.Center)
			if !Unfitted(a.Center) || a.Fitted() {
				t.Fatal("a center that is marked has no mark, or counts as fitted")
			}
			if fit(a); Unfitted(a.Center) {
				t.Errorf("%s of %v leaves the mark: center %v, scale %v", name, x, a.Center, a.Scale)
			}
		}
	}
}
