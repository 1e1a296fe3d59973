//go:build (!amd64 && !arm64) || purego

package optim

func rmspropSIMD(w, dw, s *float32, n int, c *rmspropScalars) {
	panic("optim: no kernel in this build")
}

func rmspropCenteredSIMD(w, dw, s, mean *float32, n int, c *rmspropScalars) {
	panic("optim: no kernel in this build")
}

func rmspropMomentumSIMD(w, dw, s, v *float32, n int, c *rmspropScalars) {
	panic("optim: no kernel in this build")
}

func rmspropCenteredMomentumSIMD(w, dw, s, mean, v *float32, n int, c *rmspropScalars) {
	panic("optim: no kernel in this build")
}
