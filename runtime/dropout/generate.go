package dropout

// The directive stands apart, so that copies of the other files have none.

//go:generate go run ../../asm/dropout/gen -out apply_amd64.s -arm64 apply_arm64.s -stubs zapply_simd.go -pkg dropout
