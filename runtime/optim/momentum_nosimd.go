//go:build (!amd64 && !arm64) || purego

package optim

func momentumSIMD(w, dw, v *float32, n int, c *momentumScalars) {
	panic("optim: no kernel in this build")
}
