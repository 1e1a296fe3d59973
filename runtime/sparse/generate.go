package sparse

// The directive stands apart, so that copies of the other files have none.

//go:generate go run ../../asm/sparse/gen -out one_amd64.s -stubs zone_amd64.go -pkg sparse
