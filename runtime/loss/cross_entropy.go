package loss

import (
	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
	"github.com/nngen/nngen/runtime/vec"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// CategoricalCrossEntropyLogits is the cross-entropy of softmax(y) against the target
// t′ = t·(1 − smoothing) + smoothing/f, a sum over the f classes; t is one-hot or a
// distribution:
//
//	lossᵢ = T·l − Σⱼ t′[j]·(y[j] − m)   l = ln Σⱼ exp(y[j] − m), m = max y, T = Σⱼ t′[j]
//	dy    = scale·w[i]·(T·softmax(y) − t′)
//
// The sums over classes run in 8 float32 lanes, element j in lane j mod 8, folded by halves.
func CategoricalCrossEntropyLogits(n, f int, y, t, w []float32, scale float32, dy []float32, smoothing float32) float64 {
	check(n, f, y, t, w, dy)
	if n == 0 || f == 0 {
		return 0
	}
	keep, add := smooth(smoothing, f)
	if cpu.HasSIMD() {
		return crossEntropyKernels(n, f, y, t, w, scale, dy, keep, add)
	}
	return crossEntropyGeneric(n, f, y, t, w, scale, dy, keep, add)
}

// crossEntropyKernels lets kernels find sums and gradients, chunk by chunk, and adds up the
// losses. It works like crossEntropyGeneric.
func crossEntropyKernels(n, f int, y, t, w []float32, scale float32, dy []float32, keep, add float32) float64 {
	if longRows && f > slice {
		return crossEntropyLong(n, f, y, t, w, scale, dy, keep, add)
	}
	one := [1]float32{1}
	total := 0.0
	step := max(1, min(chunk, slice/f))
	for i := 0; i < n; i += step {
		cpu.Preempt()
		rows := min(step, n-i)
		wp, stride := &one[0], 0
		if w != nil {
			wp, stride = &w[i], 4
		}
		var dp *float32
		if dy != nil {
			dp = &dy[i*f]
		}
		var s [3 * chunk]float32
		switch abi.RowWidth(f) {
		case 0:
			crossEntropy8SIMD(rows, f, dp, &y[i*f], &t[i*f], wp, stride, scale, keep, add, &s[0])
		case 1:
			crossEntropy16SIMD(rows, f, dp, &y[i*f], &t[i*f], wp, stride, scale, keep, add, &s[0])
		default:
			crossEntropyRowsSIMD(rows, f, dp, &y[i*f], &t[i*f], wp, stride, scale, keep, add, &s[0])
		}
		vec.Log(s[:rows], s[:rows])
		for r := range rows {
			total += value(weight(w, i+r), s[r], s[chunk+r], s[2*chunk+r])
		}
	}
	return total
}

// smooth returns the factor and the term that smooth a target.
func smooth(smoothing float32, f int) (keep, add float32) {
	return 1 - smoothing, smoothing / float32(f)
}

// value returns w·(T·l − d), of which T·l is exact.
func value(w, l, t, d float32) float64 {
	return float64(float64(w) * (float64(t)*float64(l) - float64(d)))
}

func crossEntropyGeneric(n, f int, y, t, w []float32, scale float32, dy []float32, keep, add float32) float64 {
	total := 0.0
	for i := range n {
		y, t := y[i*f:][:f], t[i*f:][:f]
		m := vec.RowMax(y)
		var es, ts, ds [lanes]float32 // Σ exp(y−m), Σ t′, Σ t′·(y−m)
		for j, v := range y {
			l := j % lanes
			u := f32.FMA(t[j], keep, add)
			es[l] += scalar.Exp(v - m)
			ts[l] += u
			ds[l] = f32.FMA(u, v-m, ds[l])
		}
		sum, all := vec.FoldRow(&es), vec.FoldRow(&ts)
		wi := weight(w, i)
		if dy != nil {
			c := scale * wi
			r := 1 / sum
			for j, v := range y {
				u := f32.FMA(t[j], keep, add)
				dy[i*f+j] = c * f32.FMA(scalar.Exp(v-m)*r, all, -u)
			}
		}
		total += value(wi, scalar.Log(sum), all, vec.FoldRow(&ds))
	}
	return total
}
