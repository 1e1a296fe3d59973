//go:build !amd64 || purego

package pool

const noKernel = "pool: no kernel in this build"

func maxAVX2(args *maxArgs) { panic(noKernel) }

func maxGradAVX2(args *maxArgs) { panic(noKernel) }
