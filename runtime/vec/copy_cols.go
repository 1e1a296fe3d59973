package vec

// CopyCols copies n rows of f elements: dst[i·ldd + j] = src[i·lds + j]. The slices must not
// overlap.
func CopyCols(n, f int, dst []float32, ldd int, src []float32, lds int) {
	if !strided(n, f, ldd, len(dst)) || !strided(n, f, lds, len(src)) {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		return
	}
	if ldd == f && lds == f {
		copy(dst[:n*f], src)
		return
	}
	if f < short {
		for i := range n {
			to := dst[i*ldd:][:f]
			//lint:ignore S1001 a call of copy takes longer than so few
			for j, x := range src[i*lds:][:f] {
				to[j] = x
			}
		}
		return
	}
	for i := range n {
		copy(dst[i*ldd:][:f], src[i*lds:])
	}
}

// strided tells whether n rows of f elements, each ld after the one before, lie in a slice
// of the given length.
func strided(n, f, ld, length int) bool {
	return n >= 0 && f >= 0 && ld >= f && (n == 0 || f == 0 || f <= length && (n == 1 || n-1 <= (length-f)/ld))
}

// short is the number of elements from which on a row is copied faster by a call than by a loop.
const short = 8
