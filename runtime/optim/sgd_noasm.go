//go:build !amd64 || purego

package optim

func sgdAVX2(w, dw *float32, n int, c *sgdScalars) { panic("optim: no kernel in this build") }
