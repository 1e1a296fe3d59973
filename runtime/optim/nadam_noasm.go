//go:build !amd64 || purego

package optim

func nadamAVX2(w, dw, m, v *float32, n int, c *nadamScalars) {
	panic("optim: no kernel in this build")
}
