//go:build !amd64 || purego

package optim

func rmspropAVX2(w, dw, s *float32, n int, c *rmspropScalars) {
	panic("optim: no kernel in this build")
}

func rmspropCenteredAVX2(w, dw, s, mean *float32, n int, c *rmspropScalars) {
	panic("optim: no kernel in this build")
}

func rmspropMomentumAVX2(w, dw, s, v *float32, n int, c *rmspropScalars) {
	panic("optim: no kernel in this build")
}

func rmspropCenteredMomentumAVX2(w, dw, s, mean, v *float32, n int, c *rmspropScalars) {
	panic("optim: no kernel in this build")
}
