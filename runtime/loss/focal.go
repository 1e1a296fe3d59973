package loss

import (
	"github.com/nngen/nngen/runtime/vec"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// BinaryFocalCrossEntropyLogits is the cross-entropy c of p = sigmoid(y) against t in [0, 1], less where the unit is right,
// as a mean over the outputs:
//
//	b·qᵞ·c,  q = (1 − t)·p + t·(1 − p),  b = alpha·t + (1 − alpha)·(1 − t), 1 for an alpha below 0
//
// Neither q nor c cancels. A power qᵞ is exp(γ·ln q), 1 for γ = 0.
//
// Source: Lin et al., Focal loss for dense object detection, 2017, equation 5.
func BinaryFocalCrossEntropyLogits(n, f int, y, t, w []float32, scale float32, dy []float32, gamma, alpha float32) float64 {
	check(n, f, y, t, w, dy)
	r := newCursor(n, f, w, scale)
	for k, v := range y[:n*f] {
		t := t[k]
		p, rest := scalar.Sigmoid(v), scalar.Sigmoid(-v)
		cross := float32(t*scalar.Softplus(-v)) + float32((1-t)*scalar.Softplus(v))
		miss := float32((1-t)*p) + float32(t*rest)
		balance, focus := float32(1), power(miss, gamma)
		if alpha >= 0 {
			balance = float32(alpha*t) + float32((1-alpha)*(1-t))
		}
		c := r.add(float64(balance) * float64(float32(focus*cross)))
		if dy == nil {
			continue
		}
		d := float32(focus * (p - t))
		if miss > 0 {
			slope := float32(float32(p*rest)/miss) * (2*t - 1)
			d -= float32(float32(float32(gamma*focus)*cross) * slope)
		}
		dy[k] = float32(c*balance) * d
	}
	return r.total
}

// CategoricalFocalCrossEntropyLogits is the cross-entropy of p = softmax(y) against t, less for classes that are right, as
// a sum over the classes:
//
//	−alpha·Σⱼ t[j]·(1 − p[j])ᵞ·ln p[j]
//
// without alpha where that is below 0. Sums over the classes are in float64, in order.
func CategoricalFocalCrossEntropyLogits(n, f int, y, t, w []float32, scale float32, dy []float32, gamma, alpha float32) float64 {
	check(n, f, y, t, w, dy)
	if alpha < 0 {
		alpha = 1
	}
	total := 0.0
	for i := range n {
		y, t := y[i*f:][:f], t[i*f:][:f]
		if f == 0 {
			break
		}
		m, sum := vec.RowMax(y), 0.0
		for _, v := range y {
			sum += float64(scalar.Exp(v - m))
		}
		cost, pull := 0.0, 0.0 // Σ t·(1 − p)ᵞ·(−ln p), Σ t·s
		for j, v := range t {
			if v != 0 {
				term, slope := focalTerm(y[j]-m, sum, gamma)
				cost += float64(v) * float64(term)
				pull += float64(v) * float64(slope)
			}
		}
		total += float64(float64(weight(w, i)) * float64(float64(alpha)*cost))
		if dy == nil {
			continue
		}
		c := factor(scale, weight(w, i), float64(alpha), 1)
		out := dy[i*f:][:f]
		for j, v := range y {
			// The slope at a score depends on itself alone, so dy may be y.
			d := -float64(float32(float64(scalar.Exp(v-m))/sum)) * float64(float32(pull))
			if t[j] != 0 {
				_, slope := focalTerm(v-m, sum, gamma)
				d += float64(t[j]) * float64(slope)
			}
			out[j] = c * float32(d)
		}
	}
	return total
}

// focalTerm returns (1 − p)ᵞ·(−ln p) of a class with score v below the largest, and p times its derivative by p, sum being
// that of the exponentials of all scores.
func focalTerm(v float32, sum float64, gamma float32) (term, slope float32) {
	e := float64(scalar.Exp(v))
	others := sum - e
	p, miss, logp := float32(e/sum), float32(others/sum), v-scalar.Log(float32(sum))
	if others <= e { // ln p = −ln(1 + others/e) does not cancel
		logp = -scalar.Softplus(scalar.Log(float32(others / e)))
	}
	focus := power(miss, gamma)
	slope = -focus
	if gamma > 0 && miss > 0 {
		slope += float32(float32(float32(gamma*p)*float32(focus/miss)) * logp)
	}
	return -float32(focus * logp), slope
}

// power returns xᵞ for x ≥ 0.
func power(x, gamma float32) float32 {
	switch gamma {
	case 0:
		return 1
	case 1:
		return x
	case 2:
		return x * x
	}
	return scalar.Exp(float32(gamma * scalar.Log(x)))
}
