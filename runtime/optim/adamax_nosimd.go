//go:build (!amd64 && !arm64) || purego

package optim

func adamaxSIMD(w, dw, m, s *float32, n int, c *adamaxScalars) {
	panic("optim: no kernel in this build")
}
