//go:build (!amd64 && !arm64) || purego

package optim

func adadeltaSIMD(w, dw, s, a *float32, n int, c *adadeltaScalars) {
	panic("optim: no kernel in this build")
}
