package norm

// lanes is how many partial sums run side by side in a row.
const lanes = 32

// fold adds the upper half of the lanes to the lower until one is left.
func fold(s *[lanes]float32) float32 {
	for h := lanes / 2; h > 0; h /= 2 {
		for l := range h {
			s[l] += s[l+h]
		}
	}
	return s[0]
}

// tile is how many columns the twins of batch norm work on at a time.
const tile = 16

// callRows returns how many rows of f elements a kernel gets at a time: as many as have some 2¹⁶ elements together, but one
// at least. Kernels are not preempted, and none should keep the scheduler or the garbage collector waiting for long.
func callRows(f int) int { return max(1, 1<<16/f) }
