package safetensors

import (
	"math"
	"strconv"
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

// CheckFilled returns the error of weights of which no model can be made: a constant has not the number at which it is
// Fixed, or all numbers are 0, as of Weights that nothing has filled; nil if there is none.
func CheckFilled(w []Tensor) error {
	zero := true
	for i := range w {
		t := &w[i]
		for _, want := range t.Fixed {
			for j, v := range t.Data {
				if v != want {
					number := func(x float32) string { return strconv.FormatFloat(float64(x), 'g', -1, 32) }
					return fail(t.Name, "is fixed at "+number(want)+", but element "+strconv.Itoa(j)+" is "+number(v)+unfilled)
				}
			}
		}
		zero = zero && zeros(t.Data)
		zero = zero && zeros(t.Int8) && zeros(t.Int32) //nngen:if types
	}
	if !zero || len(w) == 0 {
		return nil
	}
	return fail(w[0].Name, "is 0, and so are all others"+unfilled)
}

// unfilled says how to come by weights.
const unfilled = ": fill weights by Load, or take those of a Trainer"

// zeros tells whether all numbers are 0.
func zeros[T float32 | int8 | int32](x []T) bool {
	for _, v := range x {
		if v != 0 {
			return false
		}
	}
	return true
}
