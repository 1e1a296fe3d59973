//go:build amd64 && !purego

package hw

import "github.com/nngen/nngen/runtime/cpu"

//go:generate go run ../../asm/hw/gen -out hw_amd64.s -stubs zhw_amd64.go -pkg hw

func available() bool { return cpu.HasAVX2FMA }

// lanes returns the float32 lanes of the registers that are measured.
func lanes() int {
	if cpu.HasAVX512 {
		return 16
	}
	return 8
}

func multiplyAdd(steps int) {
	if cpu.HasAVX512 {
		fmaAVX512(steps)
		return
	}
	fmaAVX2(steps)
}

func load(x []float32, lines, times int) {
	if cpu.HasAVX512 {
		loadAVX512(&x[0], lines, times)
		return
	}
	loadAVX2(&x[0], lines, times)
}
