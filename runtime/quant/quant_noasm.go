//go:build !amd64 || purego

package quant

const noKernel = "quant: no kernel in this build"

func multiplyAVX2(args *multiplyArgs) { panic(noKernel) }

func widenAVX2(y *int16, x *int8, n int) { panic(noKernel) }

func rescaleAVX2(args *rescaleArgs) { panic(noKernel) }

func quantizeAVX2(args *quantizeArgs) { panic(noKernel) }

func largestAVX2(args *largestArgs) { panic(noKernel) }

func windowsAVX2(args *windowsArgs) { panic(noKernel) }

func multiplyVNNI(args *multiplyArgs) { panic(noKernel) }

func unsignedAVX2(y *uint8, x *int8, n int) { panic(noKernel) }

func rowAVX2(args *rowArgs) { panic(noKernel) }

func rowVNNI(args *rowArgs) { panic(noKernel) }

func tapsAVX2(args *tapsArgs) { panic(noKernel) }

func gatesAVX2(args *gatesArgs) { panic(noKernel) }

func lstmAVX2(args *cellArgs) { panic(noKernel) }

func gruAVX2(args *cellArgs) { panic(noKernel) }

func simpleAVX2(args *cellArgs) { panic(noKernel) }
