package conv

// The directive stands apart, so that copies of the other files have none.

//go:generate go run ../../asm/vec/gen -runtime conv
