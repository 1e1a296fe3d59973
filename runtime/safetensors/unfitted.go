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
