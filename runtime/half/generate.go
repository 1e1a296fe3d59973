package half

// The directive stands apart, so that copies of the other files have none.

//go:generate go run ../../asm/half/gen -out widen_amd64.s -stubs zwiden_amd64.go -pkg half
