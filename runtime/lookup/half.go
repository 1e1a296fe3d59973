package lookup

import "github.com/nngen/nngen/runtime/half"

// RowsHalf is Rows for a table of the format f, whose rows it widens.
func RowsHalf(f half.Format, n, rows, width, padding int, y, x []float32, w []uint16) {
	if n < 0 || rows < 1 || width < 1 || len(x) < n || len(y) < n*width || len(w) < rows*width {
		panic(badShape)
	}
	for i, v := range x[:n] {
		at := token(v, rows)
		if at == padding {
			clear(y[i*width:][:width])
			continue
		}
		half.Widen(f, y[i*width:][:width], w[at*width:][:width])
	}
}
