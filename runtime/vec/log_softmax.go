package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// LogSoftmax computes y[i,j] = (x[i,j] − max) − ln Σⱼ exp(x[i,j] − max), where max is the
// largest element of row i. The sum is that of Softmax.
func LogSoftmax(n, f int, y, x []float32) {
	if !fits(n, f, len(y)) || !fits(n, f, len(x)) {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		return
	}
	if cpu.HasSIMD() {
		if longRows && f > slice {
			logSoftmaxLong(n, f, y, x)
			return
		}
		for rows := cpu.CallRows(f); n > rows; n -= rows {
			cpu.Preempt()
			logSoftmaxSIMD(rows, f, &y[0], &x[0])
			y, x = y[rows*f:], x[rows*f:]
		}
		logSoftmaxSIMD(n, f, &y[0], &x[0])
		return
	}
	logSoftmaxGeneric(n, f, y, x)
}

func logSoftmaxGeneric(n, f int, y, x []float32) {
	for i := range n {
		x, y := x[i*f:][:f], y[i*f:][:f]
		m := RowMax(x)
		var lane [rowLanes]float32
		for j, v := range x {
			lane[j%rowLanes] += scalar.Exp(v - m)
		}
		l := scalar.Log(FoldRow(&lane))
		for j, v := range x {
			y[j] = (v - m) - l
		}
	}
}
