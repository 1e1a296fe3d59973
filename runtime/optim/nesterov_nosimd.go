//go:build (!amd64 && !arm64) || purego

package optim

func nesterovSIMD(w, dw, v *float32, n int, c *nesterovScalars) {
	panic("optim: no kernel in this build")
}
