//go:build !amd64 || purego

package gemm

// impl names the kernels that products of this build run.
func impl() string { return "generic" }
