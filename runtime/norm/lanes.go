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
