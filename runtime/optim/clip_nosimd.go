//go:build (!amd64 && !arm64) || purego

package optim

func sumSquaresSIMD(dw *float32, n int, s *[8]float64) { panic("optim: no kernel in this build") }
