package quant

// The kernels are written by programs: see asm/quant.

//go:generate go run ../../asm/quant/gen -kernels products -out quant_amd64.s -stubs zquant_amd64.go -pkg quant
//go:generate go run ../../asm/quant/gen -kernels elements -out elements_amd64.s -arm64 elements_arm64.s -stubs zelements_simd.go -pkg quant
//go:generate go run ../../asm/quant/neon
