package pool

// The directive stands apart, so that copies of the other files have none.

//go:generate go run ../../asm/pool/gen -out max_amd64.s -arm64 max_arm64.s -stubs zmax_simd.go -pkg pool
//go:generate go run ../../asm/pool/gen -few -out maxfew_amd64.s -stubs zmaxfew_amd64.go -pkg pool
