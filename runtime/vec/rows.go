package vec

import "github.com/nngen/nngen/runtime/f32"

// AddRow computes y[i,j] = x[i,j] + b[j].
func AddRow(n, f int, y, x, b []float32) {
	if !fits(n, f, len(y)) || !fits(n, f, len(x)) || len(b) < f {
		panic(badShape)
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

// MulRow computes y[i,j] = x[i,j]·g[j].
func MulRow(n, f int, y, x, g []float32) {
	if !fits(n, f, len(y)) || !fits(n, f, len(x)) || len(g) < f {
		panic(badShape)
	}
	mulRowGeneric(n, f, y, x, g)
}

func mulRowGeneric(n, f int, y, x, g []float32) {
	g = g[:f]
	for i := range n {
		x, y := x[i*f:][:f], y[i*f:][:f]
		for j, v := range x {
			y[j] = v * g[j]
		}
	}
}

// ScaleShiftRow computes y[i,j] = x[i,j]·g[j] + b[j], rounded once.
func ScaleShiftRow(n, f int, y, x, g, b []float32) {
	if !fits(n, f, len(y)) || !fits(n, f, len(x)) || len(g) < f || len(b) < f {
		panic(badShape)
	}
	scaleShiftRowGeneric(n, f, y, x, g, b)
}

func scaleShiftRowGeneric(n, f int, y, x, g, b []float32) {
	g, b = g[:f], b[:f]
	for i := range n {
		x, y := x[i*f:][:f], y[i*f:][:f]
		for j, v := range x {
			y[j] = f32.FMA(v, g[j], b[j])
		}
	}
}

// MulCol computes y[i,j] = x[i,j]·s[i].
func MulCol(n, f int, y, x, s []float32) {
	if !fits(n, f, len(y)) || !fits(n, f, len(x)) || len(s) < n {
		panic(badShape)
	}
	mulColGeneric(n, f, y, x, s)
}

func mulColGeneric(n, f int, y, x, s []float32) {
	for i := range n {
		x, y := x[i*f:][:f], y[i*f:][:f]
		for j, v := range x {
			y[j] = v * s[i]
		}
	}
}
