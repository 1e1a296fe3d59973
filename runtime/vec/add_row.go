package vec

import "github.com/nngen/nngen/runtime/cpu"

// AddRow computes y[i,j] = x[i,j] + b[j].
func AddRow(n, f int, y, x, b []float32) {
	if !fits(n, f, len(y)) || !fits(n, f, len(x)) || len(b) < f {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		return
	}
	if cpu.HasSIMD() {
		cpu.EachCall(n, f, func(rows, cols, at, j int) { addRowSIMD(rows, cols, &y[at], &x[at], &b[j]) })
		return
	}
	addRowGeneric(n, f, y, x, b)
}

func addRowGeneric(n, f int, y, x, b []float32) {
	b = b[:f]
	for i := range n {
		x, y := x[i*f:][:f], y[i*f:][:f]
		for j, v := range x {
			y[j] = v + b[j]
		}
	}
}
