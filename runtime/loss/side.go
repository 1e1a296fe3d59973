package loss

// side returns 1 for t > 0, else −1.
func side(t float32) float32 {
	if t > 0 {
		return 1
	}
	return -1
}
