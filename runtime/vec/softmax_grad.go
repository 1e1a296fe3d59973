package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
)

// SoftmaxGrad computes dx = y∘(dy − Σⱼ dy·y) for each row, y = Softmax(x). The sum runs in 8
// lanes of FMAs as the package's doc says.
func SoftmaxGrad(n, f int, dx, dy, y []float32) {
	if !fits(n, f, len(dx)) || !fits(n, f, len(dy)) || !fits(n, f, len(y)) {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		return
	}
	if cpu.HasSIMD() {
		if longRows && f > slice {
			softmaxGradLong(n, f, dx, dy, y)
			return
		}
		for rows := cpu.CallRows(f); n > rows; n -= rows {
			cpu.Preempt()
			softmaxGradSIMD(rows, f, &dx[0], &dy[0], &y[0])
			dx, dy, y = dx[rows*f:], dy[rows*f:], y[rows*f:]
		}
		softmaxGradSIMD(n, f, &dx[0], &dy[0], &y[0])
		return
	}
	softmaxGradGeneric(n, f, dx, dy, y)
}

func softmaxGradGeneric(n, f int, dx, dy, y []float32) {
	for i := range n {
		dx, dy, y := dx[i*f:][:f], dy[i*f:][:f], y[i*f:][:f]
		var lane [rowLanes]float32
		for j, g := range dy {
			lane[j%rowLanes] = f32.FMA(g, y[j], lane[j%rowLanes])
		}
		s := FoldRow(&lane)
		for j, g := range dy {
			dx[j] = y[j] * (g - s)
		}
	}
}
