//go:build !amd64 || purego

package sparse

func oneAVX2(y, x, w *float32, start, index *int32) { panic("sparse: no kernel in this build") }
