//go:build !amd64 || purego

package optim

func nesterovAVX2(w, dw, v *float32, n int, c *nesterovScalars) {
	panic("optim: no kernel in this build")
}
