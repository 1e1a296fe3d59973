package loss

import "github.com/nngen/nngen/runtime/cpu"

// slice is the number of elements that a kernel gets at a time.
const slice = cpu.CallElements

// A pointKernel sets dy to c times the derivatives of the terms of n outputs, and returns the sum of the terms in 8
// float64 lanes, element k in lane k mod 8, folded by halves.
type pointKernel = func(n int, dy, y, t *float32, c float32) float64

// pointwise is the mean over the outputs of a loss whose terms are those of single outputs, summed over examples without
// weights: a sum for each 2¹⁶ of them, added in order. term returns a term, rounded to float32, and its derivative.
func pointwise(n, f int, y, t []float32, scale float32, dy []float32, kernel pointKernel,
	term func(y, t float32) (cost, derivative float32)) float64 {
	c, total := factor(scale, 1, 1, f), 0.0
	for k := 0; k < n*f; k += slice {
		cpu.Preempt()
		m := min(slice, n*f-k)
		if cpu.HasSIMD() && dy != nil {
			total += kernel(m, &dy[k], &y[k], &t[k], c)
			continue
		}
		var d []float32
		if dy != nil {
			d = dy[k:][:m]
		}
		total += pointGeneric(y[k:][:m], t[k:][:m], c, d, term)
	}
	return total / float64(f)
}

// pointGeneric is the definition of a pointKernel; dy may be nil.
func pointGeneric(y, t []float32, c float32, dy []float32, term func(y, t float32) (cost, derivative float32)) float64 {
	var s [lanes]float64
	for k, v := range y {
		cost, derivative := term(v, t[k])
		s[k%lanes] += float64(cost)
		if dy != nil {
			dy[k] = derivative * c
		}
	}
	return foldDoubles(&s)
}
