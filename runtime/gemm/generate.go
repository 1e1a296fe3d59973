package gemm

// The directives stand apart, so that copies of the other files have none.

//go:generate go run ../../asm/gemm/gen -kernels tiles -out gemm_amd64.s -arm64 gemm_arm64.s -stubs zgemm_simd.go -pkg gemm
//go:generate go run ../../asm/gemm/gen -kernels small -out gemmsmall_amd64.s -stubs zgemmsmall_amd64.go -pkg gemm
//go:generate go run ../../asm/gemm/gen -kernels wide -out gemmwide_amd64.s -stubs zgemmwide_amd64.go -pkg gemm
//go:generate go run ../../asm/gemm/gen -kernels rows -out gemv_amd64.s -arm64 gemv_arm64.s -stubs zgemv_simd.go -pkg gemm
//go:generate go run ../../asm/gemm/gen -kernels widerow -out gemvwide_amd64.s -stubs zgemvwide_amd64.go -pkg gemm
//go:generate go run ../../asm/gemm/gen -kernels half -out gemvhalf_amd64.s -arm64 gemvhalf_arm64.s -stubs zgemvhalf_simd.go -pkg gemm
//go:generate go run ../../asm/gemm/gen -kernels pack -out pack_amd64.s -arm64 pack_arm64.s -stubs zpack_simd.go -pkg gemm
//go:generate go run ../../asm/gemm/gen -kernels rowt -out gemvt_amd64.s -arm64 gemvt_arm64.s -stubs zgemvt_simd.go -pkg gemm
//go:generate go run ../../asm/gemm/gen -kernels gather -out gather_amd64.s -arm64 gather_arm64.s -stubs zgather_simd.go -pkg gemm
//go:generate go run ../../asm/gemm/gen -kernels widegather -out gatherwide_amd64.s -stubs zgatherwide_amd64.go -pkg gemm
//go:generate go run ../../asm/gemm/gen -kernels slide -out slide_amd64.s -stubs zslide_amd64.go -pkg gemm
//go:generate go run ../../asm/gemm/gen -kernels slim -out slim_amd64.s -stubs zslim_amd64.go -pkg gemm
//go:generate go run ../../asm/gemm/gen -kernels sweep -out sweep_amd64.s -stubs zsweep_amd64.go -pkg gemm
//go:generate go run ../../asm/gemm/gen -kernels nonzero -out nonzero_amd64.s -stubs znonzero_amd64.go -pkg gemm
