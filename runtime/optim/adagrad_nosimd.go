//go:build (!amd64 && !arm64) || purego

package optim

func adagradSIMD(w, dw, s *float32, n int, c *adagradScalars) {
	panic("optim: no kernel in this build")
}
