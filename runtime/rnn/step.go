package rnn

// stepProduct computes the gates of a step before their functions: x·W, continued by h·V but at the first step, and
// the bias.
func stepProduct(s *Shape, first bool, k int, gates, h, x, w, v []float32, ld int, b []float32) {
	if first {
		product(1, k, s.U, s.F, gates, x, s.F, w, ld, b, false)
		return
	}
	product(1, k, s.U, s.F, gates, x, s.F, w, ld, nil, false)
	product(1, k, s.U, s.U, gates, h, s.U, v, ld, b, true)
}

// checkStep panics unless the slices of a step of a cell with k gates are long enough.
func (s *Shape) checkStep(k int, h, x, w, v []float32) {
	s.check(1, [2]int{len(h), s.U}, [2]int{len(x), s.F}, [2]int{len(w), k * s.F * s.U}, [2]int{len(v), k * s.U * s.U})
}
