//go:build !amd64 || purego

package optim

func amsgradAVX2(w, dw, m, v, top *float32, n int, c *amsgradScalars) {
	panic("optim: no kernel in this build")
}
