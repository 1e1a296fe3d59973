package pool

import "github.com/nngen/nngen/runtime/f32"

// Scale holds the extents of an image H×W×C and the factors by which it grows.
type Scale struct{ H, W, C, FH, FW int }

func (s *Scale) check(n int, y, x []float32) {
	if n < 0 || len(x) < n*s.H*s.W*s.C || len(y) < n*s.H*s.FH*s.W*s.FW*s.C {
		panic(badShape)
	}
}

// Nearest computes y: each pixel of x FH×FW times.
func Nearest(n int, s Scale, y, x []float32) {
	s.check(n, y, x)
	s.each(n, func(at, from int) { copy(y[at:][:s.C], x[from:][:s.C]) })
}

// NearestGrad computes dx: the sums of the dy that each pixel became.
func NearestGrad(n int, s Scale, dx, dy []float32) {
	s.check(n, dy, dx)
	clear(dx[:n*s.H*s.W*s.C])
	s.each(n, func(at, from int) {
		for c, d := range dy[at:][:s.C] {
			dx[from+c] += d
		}
	})
}

// each calls f with the places of each pixel of the results and of the pixel that it repeats.
func (s *Scale) each(n int, f func(at, from int)) {
	oh, ow := s.H*s.FH, s.W*s.FW
	for i := range n {
		for r := range oh {
			for q := range ow {
				f(((i*oh+r)*ow+q)*s.C, ((i*s.H+r/s.FH)*s.W+q/s.FW)*s.C)
			}
		}
	}
}

// between returns the two pixels that pixel o of the result lies between along an axis, and its distance
// from the first: the centres of pixels are at halves, and beyond the outermost there is no other.
func between(o, factor, extent int) (a, b int, t float32) {
	at := 2*o + 1 - factor // of 2·factor, in pixels of x
	if at < 0 {
		return 0, 0, 0
	}
	a = at / (2 * factor)
	return a, min(a+1, extent-1), float32(float64(at%(2*factor)) / float64(2*factor))
}

// Bilinear computes y by linear interpolation between the centres of pixels, along rows, then columns:
// each step is a + t·(b − a), the product not rounded.
func Bilinear(n int, s Scale, y, x []float32) {
	s.check(n, y, x)
	s.mix(n, func(at int, from [4]int, tr, tc float32) {
		for c := range s.C {
			a := f32.FMA(tc, x[from[1]+c]-x[from[0]+c], x[from[0]+c])
			b := f32.FMA(tc, x[from[3]+c]-x[from[2]+c], x[from[2]+c])
			y[at+c] = f32.FMA(tr, b-a, a)
		}
	})
}

// BilinearGrad computes dx: each dy goes to the four pixels that it lies between, by their weights, which
// are rounded products.
func BilinearGrad(n int, s Scale, dx, dy []float32) {
	s.check(n, dy, dx)
	clear(dx[:n*s.H*s.W*s.C])
	s.mix(n, func(at int, from [4]int, tr, tc float32) {
		weights := [4]float32{float32((1 - tr) * (1 - tc)), float32((1 - tr) * tc), float32(tr * (1 - tc)), float32(tr * tc)}
		for k, w := range weights {
			for c, d := range dy[at:][:s.C] {
				dx[from[k]+c] = f32.FMA(w, d, dx[from[k]+c])
			}
		}
	})
}

// mix calls f with the place of each pixel of the results, of the four that it lies between, and the
// distances from the first along rows and columns.
func (s *Scale) mix(n int, f func(at int, from [4]int, tr, tc float32)) {
	oh, ow := s.H*s.FH, s.W*s.FW
	for i := range n {
		for r := range oh {
			r0, r1, tr := between(r, s.FH, s.H)
			for q := range ow {
				c0, c1, tc := between(q, s.FW, s.W)
				pixel := func(r, c int) int { return ((i*s.H+r)*s.W + c) * s.C }
				f(((i*oh+r)*ow+q)*s.C, [4]int{pixel(r0, c0), pixel(r0, c1), pixel(r1, c0), pixel(r1, c1)}, tr, tc)
			}
		}
	}
}
