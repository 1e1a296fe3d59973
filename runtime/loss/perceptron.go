package loss

// Perceptron is Rosenblatt's criterion on pre-activations y, a sum over the outputs:
// max(0, −s·y), where s is 1 for targets above 0 and −1 for others. The derivative is
// step(y) − step(s): 0 where the unit's answer, 1 for y ≥ 0 and else 0, is right, else −s. So
// plain gradient descent is his learning rule, w += lr·(t − step(y))·x.
func Perceptron(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
	check(n, f, y, t, w, dy)
	if f == 0 {
		return 0
	}
	total := 0.0
	for i := range n {
		wi := weight(w, i)
		c := scale * wi
		y, t := y[i*f:][:f], t[i*f:][:f]
		sum := 0.0
		for j, v := range y {
			s := side(t[j])
			g := float32(0)
			if (v >= 0) != (s > 0) {
				sum -= float64(s) * float64(v) // the product is exact
				g = -s
			}
			if dy != nil {
				dy[i*f+j] = c * g
			}
		}
		total += float64(float64(wi) * sum)
	}
	return total
}
