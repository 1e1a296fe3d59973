//go:build !amd64 || purego

package optim

func adadeltaAVX2(w, dw, s, a *float32, n int, c *adadeltaScalars) {
	panic("optim: no kernel in this build")
}
