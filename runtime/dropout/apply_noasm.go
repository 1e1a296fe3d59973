//go:build !amd64 || purego

package dropout

func applyAVX2(y, x *float32, groups int, d *draw) { panic("dropout: no kernel in this build") }
