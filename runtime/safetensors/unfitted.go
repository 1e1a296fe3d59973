package safetensors

import (
	"math"
	"slices"
)

// Unfitted tells whether all numbers have the mark of constants that nothing has fitted to examples yet: −0, which no
// examples give. The mark lasts as long as the numbers do, in files too.
func Unfitted(center []float32) bool {
	for _, c := range center {
		if c != 0 || !math.Signbit(float64(c)) {
			return false
		}
	}
	return len(center) > 0
}

// CheckFitted returns an error that names the first tensor with that mark; nil if there is none.
func CheckFitted(w ...Tensor) error {
	for i := range w {
		if Unfitted(w[i].Data) {
			return fail(w[i].Name, "was never fitted to examples: train with Fit, or call the methods Fit… of the Trainer, "+
				"before making a model")
		}
	}
	return nil
}

// CheckFilled returns the error of weights of which no model can be made: all numbers are 0, as of Weights that nothing
// has filled; nil otherwise.
func CheckFilled(w []Tensor) (err error) {
	for _, t := range w {
		if slices.ContainsFunc(t.Data, func(v float32) bool { return v != 0 }) || types && t.hasIntegers() {
			return nil
		}
		err = fail(t.Name, "is 0, and so are all others: fill weights by Load, or take those of a Trainer")
	}
	return err
}

// hasIntegers tells whether a number of an integer type is not 0.
func (t *Tensor) hasIntegers() bool {
	return slices.ContainsFunc(t.Int8, func(v int8) bool { return v != 0 }) ||
		slices.ContainsFunc(t.Int32, func(v int32) bool { return v != 0 })
}
