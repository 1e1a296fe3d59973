package half

// The directive stands apart, so that copies of the other files have none.

//go:generate go run ../../asm/half/gen -out widen_amd64.s -arm64 widen_arm64.s -stubs zwiden_simd.go -pkg half
