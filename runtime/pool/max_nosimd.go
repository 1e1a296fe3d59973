//go:build (!amd64 && !arm64) || purego

package pool

const noKernel = "pool: no kernel in this build"

func maxSIMD(args *maxArgs) { panic(noKernel) }

func maxGradSIMD(args *maxArgs) { panic(noKernel) }

func maxGradOnceSIMD(args *maxArgs) { panic(noKernel) }
