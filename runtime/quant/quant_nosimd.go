//go:build (!amd64 && !arm64) || purego

package quant

func rescaleSIMD(args *rescaleArgs) { panic(noKernel) }

func quantizeSIMD(args *quantizeArgs) { panic(noKernel) }

func addSIMD(args *addArgs) { panic(noKernel) }

func largestSIMD(args *largestArgs) { panic(noKernel) }

func windowsSIMD(args *windowsArgs) { panic(noKernel) }

func tapsSIMD(args *tapsArgs) { panic(noKernel) }

func gatesSIMD(args *gatesArgs) { panic(noKernel) }

func lstmSIMD(args *cellArgs) { panic(noKernel) }

func gruSIMD(args *cellArgs) { panic(noKernel) }

func simpleSIMD(args *cellArgs) { panic(noKernel) }
