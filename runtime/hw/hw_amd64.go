//go:build amd64 && !purego

package hw

import "github.com/nngen/nngen/runtime/cpu"

//go:generate go run ../../asm/hw/gen -out hw_amd64.s -stubs zhw_amd64.go -pkg hw

func available() bool { return cpu.HasAVX2FMA }

func multiplyAdd(steps int) { fmaAVX2(steps) }

func load(x []float32, lines, times int) { loadAVX2(&x[0], lines, times) }
