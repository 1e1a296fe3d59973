//go:build !amd64 || purego

package optim

func rmspropAVX2(w, dw, s *float32, n int, c *rmspropScalars) {
	panic("optim: no kernel in this build")
}
