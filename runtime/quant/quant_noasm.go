//go:build !amd64 || purego

package quant

const noKernel = "quant: no kernel in this build"

func multiplyAVX2(args *multiplyArgs) { panic(noKernel) }

func widenAVX2(y *int16, x *int8, n int) { panic(noKernel) }

func multiplyVNNI(args *multiplyArgs) { panic(noKernel) }

func unsignedAVX2(y, x *int8, n int) { panic(noKernel) }

func rowAVX2(args *rowArgs) { panic(noKernel) }

func rowVNNI(args *rowArgs) { panic(noKernel) }
