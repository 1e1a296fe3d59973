// Package lookup looks up rows of a table by their numbers, and forms the gradient of that.
//
// Tokens are whole numbers from 0 up to the rows of the table, held as float32. The functions panic with a constant
// text if one is none of them: what makes tokens of text is where that is an error, and InTable is for those who
// know better what is wrong. Nothing allocates.
package lookup

import "github.com/nngen/nngen/runtime/vec"

const (
	badShape = "lookup: a slice is shorter than its shape"
	badToken = "lookup: a token is not a whole number within the vocabulary"
)

// None is the padding of a table without one.
const None = -1

// Rows copies rows of a table: y[i] = w[x[i]], and 0 where x[i] is padding.
//
//	y  n×width
//	x  n tokens
//	w  rows×width
//
// y must not overlap x or w.
func Rows(n, rows, width, padding int, y, x, w []float32) {
	check(n, rows, width, y, x, w)
	for i, v := range x[:n] {
		at := token(v, rows)
		if at == padding {
			clear(y[i*width:][:width])
			continue
		}
		copy(y[i*width:][:width], w[at*width:])
	}
}

// RowsGrad writes the gradient of Rows with respect to w: each row of dy is added to the row that Rows read,
// in order; rows that nobody read, and that of padding, become 0.
//
//	dw  rows×width
//	dy  n×width
//	x   n tokens
func RowsGrad(n, rows, width, padding int, dw, dy, x []float32) {
	check(n, rows, width, dy, x, dw)
	clear(dw[:rows*width])
	for i, v := range x[:n] {
		if at := token(v, rows); at != padding {
			to := dw[at*width:][:width]
			vec.Add(to, to, dy[i*width:][:width])
		}
	}
}

func check(n, rows, width int, y, x, w []float32) {
	if n < 0 || rows < 1 || width < 1 || len(x) < n || len(y) < n*width || len(w) < rows*width {
		panic(badShape)
	}
}

// InTable tells whether all tokens of x are whole numbers from 0 up to rows.
func InTable(x []float32, rows int) bool {
	for _, v := range x {
		if !isToken(v, rows) {
			return false
		}
	}
	return true
}

// token returns the row of a token.
func token(v float32, rows int) int {
	if !isToken(v, rows) {
		panic(badToken)
	}
	return int(v)
}

// isToken tells whether a number is that of a row.
func isToken(v float32, rows int) bool { return v >= 0 && v < float32(rows) && v == float32(int(v)) }
