package vec

import "github.com/nngen/nngen/runtime/vec/scalar"

// longRows says that some rows have more than slice elements, more than a kernel gets at a time. Functions of rows whose
// elements all count for each take those a piece after the other by functions of other shapes: the lanes of a sum over a
// row are the columns of a matrix.
const longRows = true //nngen:part plan

// longPiece is how many elements of such a row are worked on at a time, a multiple of every number of lanes.
const longPiece = 1 << 10

// EachPiece calls do with the first element and the number of the elements of each piece of a long row.
func EachPiece(f int, do func(at, n int)) {
	for at := 0; at < f; at += longPiece {
		do(at, min(longPiece, f-at))
	}
}

// Piece is memory for a piece of a long row.
type Piece [longPiece]float32

// AddLanes continues the sums of lanes: element j of x, whose first is that of lane 0, belongs to lane j mod len(s).
func AddLanes(s, x []float32) {
	k := len(x) / len(s)
	SumRowsAcc(k, len(s), s, x)
	if rest := x[k*len(s):]; len(rest) > 0 {
		SumRowsAcc(1, len(rest), s, rest)
	}
}

// DotLanes is AddLanes for chains of FMAs of a and b.
func DotLanes(s, a, b []float32) {
	k := len(a) / len(s)
	DotRowsAcc(k, len(s), s, a, b)
	if rest := a[k*len(s):]; len(rest) > 0 {
		DotRowsAcc(1, len(rest), s, rest, b[k*len(s):])
	}
}

// LongRowMax is RowMax for a long row. With a NaN in the row it may be any number.
func LongRowMax(x []float32) float32 {
	var m Piece
	copy(m[:], x)
	EachPiece(len(x), func(at, n int) { Max(m[:n], m[:n], x[at:][:n]) })
	return RowMax(m[:])
}

// softmaxLong is Softmax for long rows.
func softmaxLong(n, f int, y, x []float32) {
	for i := range n {
		x, y := x[i*f:][:f], y[i*f:][:f]
		m := LongRowMax(x)
		var s [rowLanes]float32
		EachPiece(f, func(at, n int) {
			e := y[at:][:n]
			AddScalar(e, x[at:][:n], -m)
			Exp(e, e)
			AddLanes(s[:], e)
		})
		Scale(y, y, 1/FoldRow(&s))
	}
}

// logSoftmaxLong is LogSoftmax for long rows.
func logSoftmaxLong(n, f int, y, x []float32) {
	var piece Piece
	for i := range n {
		x, y := x[i*f:][:f], y[i*f:][:f]
		m := LongRowMax(x)
		var s [rowLanes]float32
		EachPiece(f, func(at, n int) {
			e := piece[:n]
			AddScalar(e, x[at:][:n], -m)
			Exp(e, e)
			AddLanes(s[:], e)
		})
		AddScalar(y, x, -m)
		AddScalar(y, y, -scalar.Log(FoldRow(&s)))
	}
}

// softmaxGradLong is SoftmaxGrad for long rows.
func softmaxGradLong(n, f int, dx, dy, y []float32) {
	var piece Piece
	for i := range n {
		dx, dy, y := dx[i*f:][:f], dy[i*f:][:f], y[i*f:][:f]
		var s [rowLanes]float32
		DotLanes(s[:], dy, y)
		sum := FoldRow(&s)
		EachPiece(f, func(at, n int) {
			d := piece[:n]
			AddScalar(d, dy[at:][:n], -sum)
			Mul(dx[at:][:n], y[at:][:n], d)
		})
	}
}

// logSoftmaxGradLong is LogSoftmaxGrad for long rows.
func logSoftmaxGradLong(n, f int, dx, dy, y []float32) {
	var piece Piece
	for i := range n {
		dx, dy, y := dx[i*f:][:f], dy[i*f:][:f], y[i*f:][:f]
		var s [rowLanes]float32
		AddLanes(s[:], dy)
		sum := FoldRow(&s)
		EachPiece(f, func(at, n int) {
			p := piece[:n]
			Exp(p, y[at:][:n])
			copy(dx[at:][:n], dy[at:])
			Axpy(-sum, p, dx[at:][:n])
		})
	}
}

// dotColsLong is DotCols for long rows.
func dotColsLong(n, f int, dst, a, b []float32) {
	for i := range n {
		var s [lanes]float32
		DotLanes(s[:], a[i*f:][:f], b[i*f:][:f])
		dst[i] = Fold(&s)
	}
}

// sumColsLong is SumCols for long rows.
func sumColsLong(n, f int, dst, x []float32) {
	for i := range n {
		var s [lanes]float32
		AddLanes(s[:], x[i*f:][:f])
		dst[i] = Fold(&s)
	}
}
