package vec

import (
	"math"

	"github.com/nngen/nngen/runtime/cpu"
)

// negInf returns −∞.
func negInf() float32 { return float32(math.Inf(-1)) }

// lanes is how many partial sums run side by side in reductions of vectors.
const lanes = 32

// rowLanes is how many partial sums run side by side in a row of a softmax, and in sums in
// float64.
const rowLanes = 8

// slice is the number of elements that a kernel gets at a time.
const slice = cpu.CallElements

// Fold adds the upper half of the lanes to the lower until one is left.
func Fold(s *[lanes]float32) float32 {
	for h := lanes / 2; h > 0; h /= 2 {
		for l := range h {
			s[l] += s[l+h]
		}
	}
	return s[0]
}
