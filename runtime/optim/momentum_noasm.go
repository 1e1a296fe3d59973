//go:build !amd64 || purego

package optim

func momentumAVX2(w, dw, v *float32, n int, c *momentumScalars) {
	panic("optim: no kernel in this build")
}
