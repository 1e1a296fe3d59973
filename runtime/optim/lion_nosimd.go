//go:build (!amd64 && !arm64) || purego

package optim

func lionSIMD(w, dw, m *float32, n int, c *lionScalars) {
	panic("optim: no kernel in this build")
}
