//go:build !amd64 || purego

package optim

func lionAVX2(w, dw, m *float32, n int, c *lionScalars) {
	panic("optim: no kernel in this build")
}
