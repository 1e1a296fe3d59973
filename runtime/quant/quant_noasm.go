//go:build !amd64 || purego

package quant

const noKernel = "quant: no kernel in this build"

func multiplyAddAVX2(args *multiplyAddArgs) { panic(noKernel) }

func widenAVX2(y *int16, x *int8, n int) { panic(noKernel) }

func rescaleAVX2(args *rescaleArgs) { panic(noKernel) }

func quantizeAVX2(args *quantizeArgs) { panic(noKernel) }
