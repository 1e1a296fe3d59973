package fit

import (
	"errors"
	"math"
)

// MarkUnfitted marks the centers of constants that nothing has fitted yet: each becomes −0, which no examples give, and
// which leaves numbers as 0 does, but for the sign of 0. The mark lasts as long as the numbers do, in files too.
func MarkUnfitted(center []float32) {
	for j := range center {
		center[j] = float32(math.Copysign(0, -1))
	}
}

// Unfitted tells whether centers have the mark of MarkUnfitted.
func Unfitted(center []float32) bool {
	for _, c := range center {
		if c != 0 || !math.Signbit(float64(c)) {
			return false
		}
	}
	return len(center) > 0
}

// CheckFitted returns the error of constants that nothing has fitted, where a method is named that would do so; nil for "".
func CheckFitted(method string) error {
	if method == "" {
		return nil
	}
	return errors.New("fit: constants are not fitted to examples: call " + method +
		" first, with a whole training set, as Fit does, or load weights")
}

// unmarked returns v as float32, and 0 for what rounds to −0, so that no fitted center has the mark of MarkUnfitted.
func unmarked(v float64) float32 {
	if x := float32(v); x != 0 {
		return x
	}
	return 0
}
