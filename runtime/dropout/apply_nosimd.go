//go:build (!amd64 && !arm64) || purego

package dropout

func applySIMD(y, x *float32, groups int, d *draw) { panic("dropout: no kernel in this build") }
