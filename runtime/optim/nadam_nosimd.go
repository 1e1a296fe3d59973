//go:build (!amd64 && !arm64) || purego

package optim

func nadamSIMD(w, dw, m, v *float32, n int, c *nadamScalars) {
	panic("optim: no kernel in this build")
}
