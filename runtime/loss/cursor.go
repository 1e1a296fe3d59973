package loss

// A cursor adds up the terms of losses that are means over the outputs, element by element
// over all examples, so that vector functions can run over chunks that cross rows.
type cursor struct {
	f     int
	w     []float32
	scale float32

	i, j  int     // the example and output at hand
	c     float32 // factor of the example's gradient
	s     float64 // sum of the example's terms
	total float64
}

func newCursor(n, f int, w []float32, scale float32) cursor {
	r := cursor{f: f, w: w, scale: scale}
	if n > 0 && f > 0 {
		r.c = factor(scale, weight(w, 0), 1, f)
	}
	return r
}

// add adds a term and returns the factor of its gradient.
func (r *cursor) add(term float64) float32 {
	c := r.c
	r.s += term
	if r.j++; r.j == r.f {
		r.next()
	}
	return c
}

// next ends an example.
func (r *cursor) next() {
	r.total += float64(mean(weight(r.w, r.i), r.s, r.f))
	r.s, r.j = 0, 0
	if r.i++; r.w == nil || r.i < len(r.w) {
		r.c = factor(r.scale, weight(r.w, r.i), 1, r.f)
	}
}

// chunk is how many elements, or rows, are worked on at a time.
const chunk = 64
