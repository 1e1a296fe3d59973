package conv

// checkDepthwise panics unless the geometry makes sense for a depthwise convolution and n ≥ 0.
func (g *Geometry) checkDepthwise(n int) {
	g.check(n)
	if g.Groups != g.C {
		panic(badDepthwise)
	}
}
