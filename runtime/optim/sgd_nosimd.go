//go:build (!amd64 && !arm64) || purego

package optim

func sgdSIMD(w, dw *float32, n int, c *sgdScalars) { panic("optim: no kernel in this build") }
