package vec

import "github.com/nngen/nngen/runtime/cpu"

// PenaltyLoss returns l1·Σ|w| + l2·Σw², each sum in 8 float64 lanes, element i in lane i mod 8,
// folded by halves. It does not allocate.
func PenaltyLoss(w []float32, l1, l2 float64) float64 {
	if len(w) == 0 {
		return 0
	}
	var abs, square [rowLanes]float64
	if cpu.HasSIMD() {
		for at := 0; at < len(w); at += slice {
			cpu.Preempt()
			penaltySumsSIMD(min(slice, len(w)-at), &w[at], &abs, &square)
		}
	} else {
		penaltySumsGeneric(w, &abs, &square)
	}
	return float64(l1*foldDoubles(&abs)) + float64(l2*foldDoubles(&square))
}

// penaltySumsGeneric adds |w| and w² to the lanes.
func penaltySumsGeneric(w []float32, a, s *[rowLanes]float64) {
	for i, v := range w {
		x := float64(v)
		s[i%rowLanes] += x * x // the square is exact
		if x < 0 {
			x = -x
		}
		a[i%rowLanes] += x
	}
}

// foldDoubles adds the upper half of the lanes to the lower until one is left.
func foldDoubles(s *[rowLanes]float64) float64 {
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}
