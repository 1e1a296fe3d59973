package vec

// Penalty adds to a gradient that of the penalty l1·Σ|w| + l2·Σw²:
//
//	dst[i] = dw[i] + l1·sign(w[i]) + 2·l2·w[i]
//
// with sign(±0) = 0, each product and each sum rounded. dst may be dw. Penalty does not allocate. It
// panics if dw or w is shorter than dst.
func Penalty(dst, dw, w []float32, l1, l2 float32) {
	dw, w = dw[:len(dst)], w[:len(dst)]
	twice := 2 * l2
	for i, d := range dw {
		if l1 != 0 {
			switch {
			case w[i] > 0:
				d = float32(d + l1)
			case w[i] < 0:
				d = float32(d - l1)
			}
		}
		dst[i] = d + float32(twice*w[i])
	}
}

// PenaltyLoss returns l1·Σ|w| + l2·Σw², summed in order in float64. It does not allocate.
func PenaltyLoss(w []float32, l1, l2 float64) float64 {
	abs, square := 0.0, 0.0
	for _, v := range w {
		x := float64(v)
		if x < 0 {
			abs -= x
		} else {
			abs += x
		}
		square += float64(x * x) // exact: 48 bits
	}
	return float64(l1*abs) + float64(l2*square)
}
