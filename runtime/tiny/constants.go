package tiny

import (
	"math"

	"github.com/nngen/nngen/runtime/f32"
)

// F32 holds float32 numbers, four bytes each, the low one first. "" stands for none.
type F32 string

// At returns number i.
func (w F32) At(i int) float32 {
	b := w[4*i:][:4]
	return math.Float32frombits(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24)
}

// From returns the numbers from i on; none if there are none.
func (w F32) From(i int) F32 {
	if w == "" {
		return ""
	}
	return w[4*i:]
}

// I32 holds whole numbers of 32 bits, four bytes each, the low one first.
type I32 string

// At returns number i.
func (w I32) At(i int) int {
	b := w[4*i:][:4]
	return int(int32(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24))
}

// Copy decodes the first numbers of w, as many as y holds, for functions that read none in place. It returns y.
func Copy(y []float32, w F32) []float32 {
	w = w[:4*len(y)]
	for i := range y {
		y[i] = w.At(i)
	}
	return y
}

// axpy sets y[j] to FMA(a, w[from+j], y[j]) for every j < len(y).
func (w F32) axpy(a float32, from int, y []float32) {
	w = w[4*from:][:4*len(y)]
	for j, c := range y {
		v := w.At(j)
		s := float64(a)*float64(v) + float64(c)
		if math.Float64bits(s)<<36 == 0 {
			y[j] = f32.FMA(a, v, c)
			continue
		}
		y[j] = float32(s)
	}
}

// add adds w[from+j] to y[j]; nothing if w holds no numbers.
func (w F32) add(y []float32, from int) {
	if w == "" {
		return
	}
	w = w[4*from:][:4*len(y)]
	for j := range y {
		y[j] += w.At(j)
	}
}
