//go:build (!amd64 && !arm64) || purego

package optim

func amsgradSIMD(w, dw, m, v, top *float32, n int, c *amsgradScalars) {
	panic("optim: no kernel in this build")
}
