package vec

import "github.com/nngen/nngen/runtime/cpu"

// SumRows computes dst[j] = Σᵢ x[i,j], for each column one chain of sums over the rows in
// order, starting at +0. dst must not overlap x.
func SumRows(n, f int, dst, x []float32) {
	if !fits(n, f, len(x)) || len(dst) < f {
		panic(badShape)
	}
	clear(dst[:f])
	SumRowsAcc(n, f, dst, x)
}

// SumRowsAcc is SumRows whose chains start at what dst holds.
func SumRowsAcc(n, f int, dst, x []float32) {
	if !fits(n, f, len(x)) || len(dst) < f {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		return
	}
	if cpu.HasSIMD() {
		cpu.EachCall(n, f, func(rows, cols, at, j int) { sumRowsAccSIMD(rows, cols, &dst[j], &x[at]) })
		return
	}
	sumRowsAccGeneric(n, f, dst, x)
}

func sumRowsAccGeneric(n, f int, dst, x []float32) {
	dst = dst[:f]
	for i := range n {
		for j, v := range x[i*f:][:f] {
			dst[j] += v
		}
	}
}
