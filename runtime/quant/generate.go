package quant

// The kernels are written by avo programs: see asm/quant.

//go:generate go run ../../asm/quant/gen -out quant_amd64.s -stubs zquant_amd64.go -pkg quant
