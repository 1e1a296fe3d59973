package tiny

import (
	"github.com/nngen/nngen/runtime/f32"
	"github.com/nngen/nngen/runtime/pool"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Affine computes y[i,j] = (x[i,j] − center[j])·scale[j] for n rows of f numbers, with the bits of vec.Affine.
func Affine(n, f int, y, x []float32, center, scale F32) {
	for i := range n * f {
		d := float32(x[i] - center.At(i%f))
		y[i] = d * scale.At(i%f)
	}
}

// AddRow computes y[i,j] = x[i,j] + b[j] for n rows of f numbers, with the bits of vec.AddRow.
func AddRow(n, f int, y, x []float32, b F32) {
	for i := range n * f {
		y[i] = x[i] + b.At(i%f)
	}
}

// MulRow computes y[i,j] = x[i,j]·b[j] for n rows of f numbers, with the bits of vec.MulRow.
func MulRow(n, f int, y, x []float32, b F32) {
	for i := range n * f {
		y[i] = x[i] * b.At(i%f)
	}
}

// PReLU computes y[i,j] = x[i,j], times alpha[j] where it is negative, with the bits of vec.PReLU.
func PReLU(n, f int, y, x []float32, alpha F32) {
	for i := range n * f {
		y[i] = scalar.LeakyReLU(x[i], alpha.At(i%f))
	}
}

const badToken = "tiny: a token is not a whole number within the vocabulary"

// None is the padding of a table without one.
const None = -1

// Rows computes y[i] = w[x[i]] for n tokens and constant rows×width numbers, 0 where a token is padding, as
// lookup.Rows. It panics if one is not a whole number within the vocabulary.
func Rows(n, rows, width, padding int, y, x []float32, w F32) {
	for i, v := range x[:n] {
		if !isToken(v, rows) {
			panic(badToken)
		}
		out := y[i*width:][:width]
		if int(v) == padding {
			clear(out)
			continue
		}
		Copy(out, w.From(int(v)*width))
	}
}

// InTable tells whether all tokens of x are whole numbers from 0 up to rows, as lookup.InTable.
func InTable(x []float32, rows int) bool {
	for _, v := range x {
		if !isToken(v, rows) {
			return false
		}
	}
	return true
}

// isToken tells whether a number is that of a row.
func isToken(v float32, rows int) bool { return v >= 0 && v < float32(rows) && v == float32(int(v)) }

// Pattern lists the connections of a masked matrix of Out columns, as sparse.Pattern.
type Pattern struct {
	In, Out      int
	Start, Index I32
}

// Sparse computes n products with a masked constant matrix, with the bits of sparse.Forward.
func Sparse(n int, p Pattern, y, x []float32, w F32) {
	for i := range n * p.Out {
		row, j, sum := x[i/p.Out*p.In:][:p.In], i%p.Out, float32(0)
		for k := p.Start.At(j); k < p.Start.At(j+1); k++ {
			sum = f32.FMA(row[p.Index.At(k)], w.At(k), sum)
		}
		y[i] = sum
	}
}

// MaxPool computes the largest number of each window, NaN if one is NaN, with the bits of pool.Max.
func MaxPool(n int, w pool.Window, y, x []float32) {
	for i := range n * w.OH * w.OW {
		image, out := x[i/(w.OH*w.OW)*w.H*w.W*w.C:], y[i*w.C:][:w.C]
		top, left := i/w.OW%w.OH*w.SH-w.PT, i%w.OW*w.SW-w.PL
		first := true
		for r := max(top, 0); r < min(top+w.FH, w.H); r++ {
			for s := max(left, 0); s < min(left+w.FW, w.W); s++ {
				pixel := image[(r*w.W+s)*w.C:][:w.C]
				for c, v := range pixel {
					if first {
						out[c] = v
					} else {
						out[c] = scalar.Max(out[c], v)
					}
				}
				first = false
			}
		}
	}
}
