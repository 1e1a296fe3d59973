package sparse

// The directive stands apart, so that copies of the other files have none.

//go:generate go run ../../asm/sparse/gen -out sparse_amd64.s -arm64 sparse_arm64.s -stubs zsparse_simd.go -pkg sparse
