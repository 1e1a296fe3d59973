//go:build !amd64 || purego

package optim

func adagradAVX2(w, dw, s *float32, n int, c *adagradScalars) {
	panic("optim: no kernel in this build")
}
