package vec

import "math/bits"

// What the functions panic with.
const (
	badLength = "vec: slices of different lengths"
	badShape  = "vec: a size is negative or a slice too short for the sizes"
)

// fits tells whether n rows of f elements lie in a slice of the given length.
func fits(n, f, length int) bool {
	high, low := bits.Mul64(uint64(n), uint64(f))
	return n >= 0 && f >= 0 && high == 0 && low <= uint64(length)
}
