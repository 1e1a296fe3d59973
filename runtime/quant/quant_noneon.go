//go:build !arm64 || purego

package quant

func multiplyNEON(args *multiplyArgs) { panic("quant: no kernel in this build") }

func multiplyDot(args *multiplyArgs) { panic("quant: no kernel in this build") }
