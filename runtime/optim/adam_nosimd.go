//go:build (!amd64 && !arm64) || purego

package optim

func adamSIMD(w, dw, m, v *float32, n int, c *adamScalars) { panic("optim: no kernel in this build") }
