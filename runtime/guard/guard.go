// Package guard tells examples that are unlike those that a network was trained on: by the range of each number, and by
// the Mahalanobis distance of the features that the network makes of them.
//
// Sums are in float64, in order, and products are rounded before they are added, so that every machine gets the same bits.
package guard

import "math"

// Verdict is what a guard says of one example.
type Verdict struct {
	// Unlike says that the example is unlike the training data: one of its numbers is Outside, or Distance beyond Limit.
	Unlike bool
	// Outside is which number of the input is farthest outside of its range, in widths of the range, counted through all
	// inputs in order; −1 if none is. A NaN is farther than any number.
	Outside int
	// Distance is that of the features from those of the training data, in standard deviations along each direction, and
	// Limit the largest that passes.
	Distance, Limit float32
}

// Ranges tells which of the numbers of an example is farthest outside of its range.
type Ranges struct {
	at, n int
	by    float64
}

// In returns what is known of an example whose first input is x, with ranges from low to high.
func In(x, low, high []float32) Ranges { return Ranges{at: -1}.And(x, low, high) }

// And goes on with the next input.
func (r Ranges) And(x, low, high []float32) Ranges {
	for i, v := range x {
		if low[i] <= v && v <= high[i] {
			continue
		}
		if d := Beyond(v, low[i], high[i]); r.at < 0 || d > r.by {
			r.at, r.by = r.n+i, d
		}
	}
	r.n += len(x)
	return r
}

// Beyond returns by how much v is below low or above high, in widths of that range; +Inf for a NaN, 0 for what is inside.
func Beyond(v, low, high float32) float64 {
	if v != v {
		return math.Inf(1)
	}
	return max(float64(low)-float64(v), float64(v)-float64(high), 0) / Width(low, high)
}

// Width returns high − low; where both are one number its absolute value, at least 1.
func Width(low, high float32) float64 {
	if w := float64(high) - float64(low); w > 0 {
		return w
	}
	return max(math.Abs(float64(low)), 1)
}

// Distance returns |L·(h − mean)|, where L is a lower triangular matrix of as many rows as h has elements, given row by
// row: for L·C·Lᵀ = I that is the Mahalanobis distance √((h − mean)ᵀ·C⁻¹·(h − mean)).
func Distance(h, mean, l []float32) float32 {
	square := 0.0
	for i := range h {
		row := l[:i+1]
		l = l[i+1:]
		sum := 0.0
		for j, w := range row {
			sum += float64(float64(w) * (float64(h[j]) - float64(mean[j])))
		}
		square += float64(sum * sum)
	}
	return float32(math.Sqrt(square))
}

// Within tells whether every number is inside of its range.
func (r Ranges) Within() bool { return r.at < 0 }

// Refused returns the verdict on an example outside of its ranges whose features cannot be computed: its distance is
// infinite.
func (r Ranges) Refused(limit float32) Verdict {
	return Verdict{Unlike: true, Outside: r.at, Distance: float32(math.Inf(1)), Limit: limit}
}

// Check returns the verdict on the example with the features h: see Distance. A distance that is NaN is beyond every
// limit.
func (r Ranges) Check(h, mean, l []float32, limit float32) Verdict {
	v := Verdict{Outside: r.at, Distance: Distance(h, mean, l), Limit: limit}
	v.Unlike = r.at >= 0 || !(v.Distance <= limit)
	return v
}

// Expected tells whether so many alarms of n examples are what a rate of false alarms explains: at most three standard
// deviations above n·rate.
func Expected(alarms, n uint64, rate float64) bool {
	mean := float64(float64(n) * rate)
	return float64(alarms) <= mean+float64(3*math.Sqrt(float64(mean*(1-rate))))
}
