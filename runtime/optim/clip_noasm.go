//go:build !amd64 || purego

package optim

func sumSquaresAVX2(dw *float32, n int, s *[8]float64) { panic("optim: no kernel in this build") }
