package vec

import "github.com/nngen/nngen/runtime/cpu"

// Penalty adds to a gradient that of the penalty l1·Σ|w| + l2·Σw²:
//
//	dst[i] = dw[i] + l1·sign(w[i]) + 2·l2·w[i]
//
// with sign(±0) = 0, each product and each sum rounded. dst may be dw. Penalty does not allocate. It
// panics if dw or w is shorter than dst.
func Penalty(dst, dw, w []float32, l1, l2 float32) {
	if len(dw) < len(dst) || len(w) < len(dst) {
		panic(badLength)
	}
	if len(dst) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dst) > slice {
			cpu.Preempt()
			penaltySIMD(&dst[0], &dw[0], &w[0], slice, l1, 2*l2)
			dst, dw, w = dst[slice:], dw[slice:], w[slice:]
		}
		penaltySIMD(&dst[0], &dw[0], &w[0], len(dst), l1, 2*l2)
		return
	}
	penaltyGeneric(dst, dw, w, l1, 2*l2)
}

func penaltyGeneric(dst, dw, w []float32, l1, twice float32) {
	dw, w = dw[:len(dst):len(dw)], w[:len(dst):len(w)]
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
