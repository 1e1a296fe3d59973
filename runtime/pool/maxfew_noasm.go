//go:build !amd64 || purego

package pool

// Never called: cpu.HasAVX512 is false.

func maxFewAVX512(*maxArgs) {}
