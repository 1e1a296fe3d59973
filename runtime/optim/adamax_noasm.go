//go:build !amd64 || purego

package optim

func adamaxAVX2(w, dw, m, s *float32, n int, c *adamaxScalars) {
	panic("optim: no kernel in this build")
}
