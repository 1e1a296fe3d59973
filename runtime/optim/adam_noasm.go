//go:build !amd64 || purego

package optim

func adamAVX2(w, dw, m, v *float32, n int, c *adamScalars) { panic("optim: no kernel in this build") }
