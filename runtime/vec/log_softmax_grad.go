package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// LogSoftmaxGrad computes dx = dy − exp(y)·Σⱼ dy for each row, rounded once after exp; y =
// LogSoftmax(x). The sum runs in 8 lanes as the package's doc says.
func LogSoftmaxGrad(n, f int, dx, dy, y []float32) {
	if !fits(n, f, len(dx)) || !fits(n, f, len(dy)) || !fits(n, f, len(y)) {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		return
	}
	if cpu.HasSIMD() {
		if longRows && f > slice {
			logSoftmaxGradLong(n, f, dx, dy, y)
			return
		}
		for rows := cpu.CallRows(f); n > rows; n -= rows {
			cpu.Preempt()
			logSoftmaxGradSIMD(rows, f, &dx[0], &dy[0], &y[0])
			dx, dy, y = dx[rows*f:], dy[rows*f:], y[rows*f:]
		}
		logSoftmaxGradSIMD(n, f, &dx[0], &dy[0], &y[0])
		return
	}
	logSoftmaxGradGeneric(n, f, dx, dy, y)
}

func logSoftmaxGradGeneric(n, f int, dx, dy, y []float32) {
	for i := range n {
		dx, dy, y := dx[i*f:][:f], dy[i*f:][:f], y[i*f:][:f]
		var lane [rowLanes]float32
		for j, g := range dy {
			lane[j%rowLanes] += g
		}
		s := FoldRow(&lane)
		for j, g := range dy {
			dx[j] = f32.FMA(-scalar.Exp(y[j]), s, g)
		}
	}
}
