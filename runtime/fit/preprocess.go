package fit

import "math"

// Affine is a step of preprocessing: y = (x − Center)∘Scale for the features of an example, of which each has
// its own center and scale.
type Affine struct{ Center, Scale []float32 }

// Fitted tells whether a is fitted to examples: until then all centers are 0 and all scales 1, and it changes nothing.
func (a Affine) Fitted() bool {
	for i, c := range a.Center {
		if c != 0 || a.Scale[i] != 1 {
			return true
		}
	}
	return false
}

// Standardize fits a to the examples x, as the steps before it leave them: each feature gets mean 0 and
// deviation 1, or scale 1 if it does not vary: see varies. Sums are in float64.
func (a Affine) Standardize(x []float32, before ...Affine) {
	size := len(a.Center)
	n := float64(len(x) / size)
	mean, square := make([]float64, size), make([]float64, size)
	least, most := ranges(x, size, before)
	each(x, size, before, func(j int, v float64) { mean[j] += v / n })
	each(x, size, before, func(j int, v float64) {
		d := v - mean[j]
		square[j] += d * d / n // a quotient, which nothing fuses with the sum
	})
	for j := range size {
		a.Center[j], a.Scale[j] = unmarked(mean[j]), 1
		if scale := 1 / math.Sqrt(square[j]); varies(least[j], most[j]) && scale <= math.MaxFloat32 {
			a.Scale[j] = float32(scale)
		}
	}
}

// Targets fits targets to y, so that they have mean 0 and deviation 1, and a to turn such predictions back.
func (a Affine) Targets(targets Affine, y []float32) {
	targets.Standardize(y)
	for j, s := range targets.Scale {
		a.Center[j], a.Scale[j] = -targets.Center[j]*s, 1/s
	}
}

// RangeTargets fits targets to y, so that they go from 0 to 1, and a to turn such predictions back.
func (a Affine) RangeTargets(targets Affine, y []float32) {
	targets.MinMax(y, 0, 1)
	for j, s := range targets.Scale {
		a.Center[j], a.Scale[j] = -targets.Center[j]*s, 1/s
	}
}

// LogTargets fits targets to the logarithms of y, which must be above 0, as Targets does to y.
func (a Affine) LogTargets(targets Affine, y []float32) {
	logs := make([]float32, len(y))
	for i, v := range y {
		logs[i] = float32(math.Log(float64(v)))
	}
	a.Targets(targets, logs)
}

// MinMax fits a to the examples x, as the steps before it leave them: the range of each feature becomes
// [low, high]. A feature that does not vary, see varies, becomes low.
func (a Affine) MinMax(x []float32, low, high float64, before ...Affine) {
	size := len(a.Center)
	least, most := ranges(x, size, before)
	for j := range size {
		scale := 1.0
		if s := (high - low) / (most[j] - least[j]); varies(least[j], most[j]) && math.Abs(s) <= math.MaxFloat32 {
			scale = s
		}
		if len(x) == 0 {
			least[j] = low
		}
		a.Center[j], a.Scale[j] = unmarked(least[j]-low/scale), float32(scale)
	}
}

// varies tells whether a feature from least to most varies beyond the rounding of its numbers: neighbours in float32 are
// up to 2⁻²³ of their size apart, so that what is no further apart may have been one number, which a scale would blow up
// to the size of a feature that means something.
func varies(least, most float64) bool {
	return most-least > 0x1p-23*max(math.Abs(least), math.Abs(most))
}

// ranges returns the least and the largest number of each feature.
func ranges(x []float32, size int, before []Affine) (least, most []float64) {
	least, most = make([]float64, size), make([]float64, size)
	for j := range size {
		least[j], most[j] = math.Inf(1), math.Inf(-1)
	}
	each(x, size, before, func(j int, v float64) { least[j], most[j] = min(least[j], v), max(most[j], v) })
	return least, most
}

// each calls f for all numbers of x, each with its feature.
func each(x []float32, size int, before []Affine, f func(j int, v float64)) {
	for ; len(x) >= size; x = x[size:] {
		for j, v := range x[:size] {
			v := float64(v)
			for _, b := range before {
				v = (v - float64(b.Center[j])) * float64(b.Scale[j])
			}
			f(j, v)
		}
	}
}
