package fit

import (
	"errors"
	"math"

	"github.com/nngen/nngen/runtime/safetensors"
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
	return safetensors.Unfitted(center)
}

// And returns a list of methods with one more.
func And(methods, method string) string {
	if methods == "" {
		return method
	}
	return methods + " and " + method
}

// NotFitted says that constants were never fitted to examples, and which methods do so.
func NotFitted(methods string) string {
	return "constants are not fitted to examples: call " + methods + " with all training examples first, as Fit does, or " +
		"load weights"
}

// CheckFitted returns the error of constants that nothing has fitted, where methods are named that would do so; nil for "".
func CheckFitted(methods string) error {
	if methods == "" {
		return nil
	}
	return errors.New("fit: " + NotFitted(methods))
}

// unmarked returns v as float32, and 0 for what rounds to −0, so that no fitted center has the mark of MarkUnfitted.
func unmarked(v float64) float32 {
	if x := float32(v); x != 0 {
		return x
	}
	return 0
}
