package norm

import "math"

// rsqrt returns 1/√v, root and quotient each rounded.
func rsqrt(v float32) float32 { return 1 / float32(math.Sqrt(float64(v))) }
