package pool

// The directive stands apart, so that copies of the other files have none.

//go:generate go run ../../asm/pool/gen -out max_amd64.s -stubs zmax_amd64.go -pkg pool
