package safetensors

import "math"

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
func CheckFilled(w []Tensor) error {
	for i := range w {
		zero := zeros(w[i].Data)
		zero = zero && zeros(w[i].Int8) && zeros(w[i].Int32) //nngen:if types
		if !zero {
			return nil
		}
	}
	if len(w) == 0 {
		return nil
	}
	return fail(w[0].Name, "is 0, and so are all others: fill weights by Load, or take those of a Trainer")
}

// zeros tells whether all numbers are 0.
func zeros[T float32 | int8 | int32](x []T) bool {
	for _, v := range x {
		if v != 0 {
			return false
		}
	}
	return true
}
